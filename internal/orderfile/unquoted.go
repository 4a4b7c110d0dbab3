package orderfile

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Between brackets or braces, YAML reads a question mark as the start of a mapping key.
// An optional target without quotes is then not read as text.

// maxLine limits the search for a question mark in a line, in characters.
const maxLine = 4096

// unquoted reports whether n is an optional target that was read as a mapping. If it is,
// unquoted adds a problem.
func (p *parser) unquoted(n *yaml.Node) bool {
	value := n
	for value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	if value.Kind != yaml.MappingNode || len(value.Content) != 2 || !isNull(value.Content[1]) || p.characterAt(position(value)) != '?' {
		return false // such as { b }
	}
	p.failUnquoted(position(value), "?"+value.Content[0].Value)
	return true
}

// characterAt returns the character at a position. It returns 0 if there is none, or if
// it is too far along its line.
func (p *parser) characterAt(at Position) rune {
	if at.Line > len(p.lines) || at.Column > maxLine {
		return 0
	}
	column := 0
	for _, r := range p.lines[at.Line-1] {
		if column++; column == at.Column {
			return r
		}
	}
	return 0
}

func (p *parser) failUnquoted(at Position, text string) {
	p.fail(KindSyntax, at, "put %q in quotes: here, YAML reads the question mark as the start of a key", text)
}

var optionalTarget = regexp.MustCompile(`[:\[{,]\s+(\?[^\s,\[\]{}"']+)`)

// unquotedIn finds an optional target without quotes in a line that YAML can't read.
func unquotedIn(line string) (text string, column int, found bool) {
	m := optionalTarget.FindStringSubmatchIndex(line)
	if m == nil {
		return "", 0, false
	}
	return line[m[2]:m[3]], len([]rune(line[:m[2]])) + 1, true
}

// tabIn finds the first line that is indented with a tab, beginning at the line from.
func (p *parser) tabIn(from int) (Position, bool) {
	for i, line := range p.lines[from-1:] {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 && len(indent) < len(strings.TrimRight(line, "\r")) {
			return Position{from + i, tab + 1}, true
		}
	}
	return Position{}, false
}
