package vet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// categories returns the categories in the source.
func categories(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, isName := spec.Type.(*ast.Ident); isName && name.Name == "category" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, text)
		}
		return true
	})
	slices.Sort(list)
	return list
}

// The table in the package's documentation has each category, once.
func TestTableIsComplete(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "# Reports")
	var listed []string
	for _, row := range regexp.MustCompile(`(?m)^//\t(\w+) +\S`).FindAllStringSubmatch(table, -1) {
		listed = append(listed, row[1])
	}
	slices.Sort(listed)
	if want := categories(t); !slices.Equal(listed, want) {
		t.Errorf("the table has\n%q, want\n%q", listed, want)
	}
}
