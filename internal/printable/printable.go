// Package printable makes names and texts from outside safe to show: in a table, on a page,
// in an error or on a terminal.
package printable

import (
	"strings"
	"unicode"
)

// Line returns s with "�" instead of each character that would break its line or
// change the direction of the text around it.
func Line(s string) string { return strings.Map(safe, s) }

// Text is [Line] for a text of several lines: it keeps line breaks and tabs.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return safe(r)
	}, s)
}

// safe returns a rune, or '�' instead of one that is not safe in a line.
func safe(r rune) rune {
	if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r&0xfffe == 0xfffe || turns(r) {
		return '�'
	}
	return r
}

// turns reports whether a rune changes the direction of the text around it.
func turns(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
}

// Cut returns a text, or its first bytes and an ellipsis if it has more than most bytes. It
// then copies them, so that the long text is not kept.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
