package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Each package of the root module that users import has an example whose output is
// compared.
func TestEveryPackageHasAnExample(t *testing.T) {
	example := regexp.MustCompile(`(?ms)^func Example\w*\(\) \{.*?// Output:`)
	packages := 0
	for pkg := range imports(t) {
		if pkg == "internal/orderfile" || pkg == "cmd/rollcall" {
			continue
		}
		packages++
		dir := pkg
		if pkg == "rollcall" {
			dir = "."
		}
		files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || example.Match(text)
		}
		if !found {
			t.Errorf("package %s has no example", pkg)
		}
	}
	if packages < 12 {
		t.Errorf("%d packages were found, want at least 12", packages)
	}
}
