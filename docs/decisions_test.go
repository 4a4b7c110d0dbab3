package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The code names the page of each decision, and only pages that exist.
func TestCodeNamesDecisions(t *testing.T) {
	named := map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasPrefix(path, "docs/") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		for _, after := range strings.Split(string(text), "docs/decisions/")[1:] {
			page, _, _ := strings.Cut(after, ".md")
			named[page+".md"] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := os.ReadDir("decisions")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if !named[p.Name()] {
			t.Errorf("no code names docs/decisions/%s", p.Name())
		}
		delete(named, p.Name())
	}
	for page := range named {
		t.Errorf("the code names docs/decisions/%s, which does not exist", page)
	}
}
