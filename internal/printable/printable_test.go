package printable_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/internal/printable"
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"recipes.Indexer":           "recipes.Indexer",
		"調理法 مستمع <b>":             "調理法 مستمع <b>",
		"two\nlines\r\nand\ta tab":  "two�lines��and�a tab",
		"page\u2028break\u2029":     "page�break�",
		"safe\u202egnp.exe\u202c":   "safe�gnp.exe�",
		"\u2066a\u2069\u200e\u061c": "�a���",
		"no character: \uffff":      "no character: �",
		"\x1b[31mred":               "�[31mred",
	} {
		if got := printable.Line(text); got != want {
			t.Errorf("Line(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestText(t *testing.T) {
	const text, want = "two\nlines\r\nand\ta tab\x1b[2J\u202e", "two\nlines�\nand\ta tab�[2J�"
	if got := printable.Text(text); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
