package orderfile

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// badBytes returns the position and description of the first invalid character, or "" if
// there is none. It also refuses files that are too large.
func badBytes(data []byte) (Position, string) {
	if len(data) > MaxSize {
		return Position{1, 1}, fmt.Sprintf("the file is larger than %d MiB", MaxSize>>20)
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return positionAt(data, i), fmt.Sprintf("byte 0x%02x is not UTF-8", data[i])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f:
			return positionAt(data, i), fmt.Sprintf("control character %q is not allowed", r)
		case r == '\r' && !bytes.HasPrefix(data[i:], []byte("\r\n")):
			return positionAt(data, i), "a carriage return without a line feed: end lines with a line feed"
		case isUnseen(r) || r == '\ufeff' && i > 0:
			return positionAt(data, i), fmt.Sprintf("character %q is not allowed: write it as an escape, in double quotes", r)
		}
		i += size
	}
	return Position{}, ""
}

// isUnseen reports whether the YAML parser rejects a character without a position, or
// treats it as a line break although editors don't.
func isUnseen(r rune) bool {
	return r >= 0x80 && r <= 0x9f || r == '\u2028' || r == '\u2029' || r == '\ufffe' || r == '\uffff'
}

func positionAt(data []byte, offset int) Position {
	before := data[:offset]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return Position{bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[lineStart:]) + 1}
}

// syntaxError reports an error of the YAML parser. The parser's message has the line, but
// not the column. syntaxError tries to find the exact place, and otherwise uses the first
// character of the line.
func (p *parser) syntaxError(err error, data []byte) {
	line, message := splitLine(strings.TrimPrefix(err.Error(), "yaml: "))
	line = max(1, min(line, len(p.lines)))
	text := p.lines[line-1]
	switch anchor, isAnchor := strings.CutPrefix(message, "unknown anchor '"); {
	case isAnchor:
		anchor, _, _ = strings.Cut(anchor, "'")
		p.fail(KindSyntax, positionAt(data, aliasIn(data, anchor)),
			"unknown anchor %s: write &%s at the value that it stands for", anchor, anchor)
		return
	case message == "found a tab character that violates indentation", message == "found character that cannot start any token" && isTabbed(text):
		if at, found := p.tabIn(line); found {
			p.fail(KindSyntax, at, "a tab can't indent: indent with spaces")
			return
		}
	case message == "did not find expected node content":
		if target, column, found := unquotedIn(text); found {
			p.failUnquoted(Position{line, column}, target)
			return
		}
	}
	p.fail(KindSyntax, Position{line, len(text) - len(strings.TrimLeft(text, " \t")) + 1}, "%s", message)
}

func isTabbed(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), "\t") }

// aliasIn returns the offset of the first alias of that name outside of comments. It may
// find other text that looks like an alias.
func aliasIn(data []byte, name string) int {
	pattern := regexp.MustCompile(`(?m)(?:^|[\s\[{,])(?:#.*$|(\*` + regexp.QuoteMeta(name) + `)(?:[\s\]},]|$))`)
	for _, m := range pattern.FindAllSubmatchIndex(data, -1) {
		if m[2] >= 0 {
			return m[2]
		}
	}
	return 0
}

// splitLine splits a message such as "line 3: did not find expected key". The YAML
// parser's own messages count lines from 0, unlike those of its scanner.
func splitLine(message string) (line int, text string) {
	line, text = 1, message
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		number, after, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, after
			if strings.HasPrefix(text, "did not find expected") {
				line++
			}
		}
	}
	return line, text
}
