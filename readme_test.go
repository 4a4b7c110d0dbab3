package rollcall_test

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

func readme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// blocks are the fenced blocks of a language, "" for all.
func blocks(text, language string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		if language == "" || m[1] == language {
			found = append(found, m[2])
		}
	}
	return found
}

func TestReadmeBeginsWithTwoCommands(t *testing.T) {
	if got, want := blocks(readme(t), "")[0], "go run ./examples/recipes\ngo test work\n"; got != want {
		t.Errorf("the first block is %q, want %q", got, want)
	}
}

// Every Go snippet stands in a program that tests run.
func TestReadmeSnippetsAreCompiled(t *testing.T) {
	var programs strings.Builder
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, _ fs.DirEntry, err error) error {
		example := strings.HasPrefix(path, "examples/") && strings.HasSuffix(path, ".go") || filepath.Base(path) == "example_test.go"
		if err != nil || !example {
			return err
		}
		data, err := os.ReadFile(path)
		programs.WriteString(unindented(string(data)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	snippets := blocks(readme(t), "go")
	if len(snippets) == 0 {
		t.Fatal("no snippets")
	}
	for _, s := range snippets {
		if !strings.Contains(programs.String(), unindented(s)) {
			t.Errorf("no example holds this snippet:\n%s", s)
		}
	}
}

// The first program can be pasted as it is.
func TestReadmeBeginsWithAProgram(t *testing.T) {
	if first := blocks(readme(t), "go")[0]; !strings.HasPrefix(first, "package main\n\nimport (") || !strings.HasSuffix(first, "\n}\n") {
		t.Errorf("the first snippet is no whole program:\n%s", first)
	}
}

func unindented(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

// Each row of the table of rules gives the order that it says.
func TestReadmeRules(t *testing.T) {
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| (`+"`"+`[^|]+) \| ([a-z ]+) \|$`).FindAllStringSubmatch(readme(t), -1)
	if len(rows) < 9 {
		t.Fatalf("%d rows, want 9 or more", len(rows))
	}
	for _, row := range rows {
		var items []ordering.Item
		for _, m := range regexp.MustCompile("`(\\w+) ?([^`]*)`").FindAllStringSubmatch(row[2], -1) {
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
		if diff := cmp.Diff(row[3], strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", row[1], diff)
		}
	}
}

// The order file gives the order printed below it, the bad one its problems.
func TestReadmeOrderFiles(t *testing.T) {
	files, texts := blocks(readme(t), "yaml"), blocks(readme(t), "text")
	if len(files) != 2 || len(texts) != 2 {
		t.Fatalf("%d order files, %d texts", len(files), len(texts))
	}
	report, err := inspect.OfFile("services.yaml", []byte(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := report.Write(&got, inspect.Text); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(texts[0], got.String()); diff != "" {
		t.Error(diff)
	}
	_, err = inspect.OfFile("services.yaml", []byte(files[1]))
	if err == nil {
		t.Fatal("the bad file has no problem")
	}
	if diff := cmp.Diff(texts[1], err.Error()+"\n"); diff != "" {
		t.Error(diff)
	}
}

// Every file that the documents link to exists.
func TestLinksLead(t *testing.T) {
	prose := regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(readme(t), "")
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(prose, -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		if _, err := os.Stat(m[1]); err != nil {
			t.Error(err)
		}
	}
}
