package vet

import (
	"go/ast"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/go/analysis"
)

// span is a part of a file.
type span struct{ pos, end token.Pos }

func spanOf(n ast.Node) span { return span{n.Pos(), n.End()} }

// renamed returns the place of a word in the string literals of an expression, and the fix
// that replaces it by another word. There is no fix if that is empty or the place not found.
func renamed(e ast.Expr, word, near string) (span, []analysis.SuggestedFix) {
	at, found := find(e, word)
	if !found || near == "" {
		return at, nil
	}
	return at, []analysis.SuggestedFix{replace(at, word, near)}
}

// find returns the place of a word in the string literals of an expression. It returns
// that of the expression, and false, if the word is not there, or there twice.
func find(e ast.Expr, word string) (span, bool) {
	var found []span
	ast.Inspect(e, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			for _, at := range occurrences(literal.Value, word) {
				pos := literal.Pos() + token.Pos(at)
				found = append(found, span{pos, pos + token.Pos(len(word))})
			}
		}
		return true
	})
	if len(found) != 1 {
		return spanOf(e), false
	}
	return found[0], true
}

// occurrences returns where a text has a word, as a whole.
func occurrences(text, word string) []int {
	var list []int
	for at := 0; word != ""; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			break
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if !inWord(before) && !inWord(after) {
			list = append(list, at)
		}
		at += len(word)
	}
	return list
}

func inWord(r rune) bool {
	return r == '_' || r == '.' || r == '/' || r == '-' || r == '@' || unicode.IsLetter(r) || unicode.IsDigit(r)
}
