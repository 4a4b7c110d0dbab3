package orderfile

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// badBytes finds what no YAML parser should have to see.
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
		}
		i += size
	}
	return Position{}, ""
}

func positionAt(data []byte, offset int) Position {
	before := data[:offset]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return Position{bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[lineStart:]) + 1}
}

// syntaxError takes the line from the YAML parser's message. It says nothing of
// the column, so the line's first character stands for it.
func (p *parser) syntaxError(err error, data []byte) {
	line, message := splitLine(strings.TrimPrefix(err.Error(), "yaml: "))
	if anchor, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		anchor, _, _ = strings.Cut(anchor, "'")
		p.fail(KindSyntax, positionAt(data, aliasIn(data, anchor)),
			"unknown anchor %s: write &%s at the value that it stands for", anchor, anchor)
		return
	}
	lines := strings.Split(string(data), "\n")
	line = max(1, min(line, len(lines)))
	text := lines[line-1]
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	p.fail(KindSyntax, Position{line, indent + 1}, "%s", message)
}

// aliasIn is the offset of the first alias of that name, comments left out. A
// text that looks like one may come before it.
func aliasIn(data []byte, name string) int {
	pattern := regexp.MustCompile(`(?m)(?:^|[\s\[{,])(?:#.*$|(\*` + regexp.QuoteMeta(name) + `)(?:[\s\]},]|$))`)
	for _, m := range pattern.FindAllSubmatchIndex(data, -1) {
		if m[2] >= 0 {
			return m[2]
		}
	}
	return 0
}

// splitLine splits "line 3: did not find expected key". The parser's own
// messages count lines from 0, unlike those of its scanner.
func splitLine(message string) (line int, text string) {
	line, text = 1, message
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		number, after, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, after
		}
	}
	if strings.HasPrefix(text, "did not find expected") {
		line++
	}
	return line, text
}
