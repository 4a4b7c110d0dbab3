package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

// Every Go snippet stands in a program that tests run, or is a file that its document
// has the reader save, which TestSessions compiles.
func TestGoSnippetsAreCompiled(t *testing.T) {
	programs := examples(t)
	for _, d := range documents(t) {
		for _, b := range d.of("go") {
			if _, save := b.saves(); !save && !strings.Contains(programs, unindented(b.text)) {
				t.Errorf("%s:%d: no example holds this snippet:\n%s", d.path, b.line, b.text)
			}
		}
	}
}

// examples returns the text of all programs whose output tests compare.
func examples(t *testing.T) string {
	t.Helper()
	var programs strings.Builder
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, _ fs.DirEntry, err error) error {
		name := filepath.Base(path)
		example := strings.HasPrefix(path, "examples/") && strings.HasSuffix(path, ".go") ||
			strings.HasPrefix(name, "example_") && strings.HasSuffix(name, "test.go")
		if err != nil || !example {
			return err
		}
		data, err := os.ReadFile(filepath.Join(root, path))
		programs.WriteString(unindented(string(data)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return programs.String()
}

func unindented(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

// Every order file is a whole one, and right, unless its session shows what is wrong.
func TestOrderFilesAreRight(t *testing.T) {
	for _, d := range documents(t) {
		for i, b := range d.blocks {
			shown := i+2 < len(d.blocks) && d.blocks[i+1].language == "sh" && d.blocks[i+2].language == "text"
			if b.language != "yaml" || shown {
				continue
			}
			if _, err := inspect.OfFile("order.yaml", []byte(b.text)); err != nil {
				t.Errorf("%s:%d: %v", d.path, b.line, err)
			}
		}
	}
}

// Each row of a table of rules gives the order that it says.
func TestRules(t *testing.T) {
	for path, least := range map[string]int{"README.md": 4, "docs/order.md": 9} {
		rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| (`+"`"+`[^|]+) \| ([a-z ]+) \|$`).FindAllStringSubmatch(read(t, path).text, -1)
		if len(rows) < least {
			t.Fatalf("%s: %d rows, want %d or more", path, len(rows), least)
		}
		for _, row := range rows {
			if diff := cmp.Diff(row[3], strings.Join(sorted(t, row[2]), " ")); diff != "" {
				t.Errorf("%s: %s: %s", path, row[1], diff)
			}
		}
	}
}

// sorted returns the order of listeners such as "`a`, `b after:"a"`".
func sorted(t *testing.T, declared string) []string {
	t.Helper()
	var items []ordering.Item
	for _, m := range regexp.MustCompile("`(\\w+) ?([^`]*)`").FindAllStringSubmatch(declared, -1) {
		fields, err := tags.Parse(tags.Tag(m[2]))
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, ordering.Item{ID: m[1], Placement: fields.Placement})
	}
	orders, err := ordering.Sort(items)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range orders[0].Placed {
		got = append(got, items[p.Item].ID)
	}
	return got
}
