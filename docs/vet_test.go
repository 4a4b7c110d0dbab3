package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The table of reports in docs/vet.md has the categories of package vet. Each example and
// each report is one of the analyzer's tests.
func TestTableOfReports(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| (\\w+) \\| (`+) ?(.+?) ?`+ \\| `([^`]+)` \\|$").FindAllStringSubmatch(read(t, "docs/vet.md").text, -1)
	tested := vetTests(t)
	var categories []string
	for _, row := range rows {
		categories = append(categories, row[1])
		for _, text := range []string{row[3], row[4]} {
			if !strings.Contains(tested, text) {
				t.Errorf("%s: no test of package vet has\n%s", row[1], text)
			}
		}
	}
	if diff := cmp.Diff(vetCategories(t), categories); diff != "" {
		t.Errorf("the table does not have the categories of vet/doc.go (-doc.go +table):\n%s", diff)
	}
}

// vetCategories returns the categories that the documentation of package vet lists.
func vetCategories(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "vet/doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range regexp.MustCompile(`(?m)^//\t(\w+) +\S`).FindAllStringSubmatch(string(data), -1) {
		if m[1] != "go" {
			list = append(list, m[1])
		}
	}
	return list
}

// vetTests returns the packages that the analyzer's tests look at. Reports that they want
// are regular expressions there, and are returned without their backslashes.
func vetTests(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(filepath.Join(root, "vet/testdata")), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(root, "vet/testdata", path))
		all.WriteString(strings.ReplaceAll(string(data), `\`, ""))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
