package rollcall_test

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"os"
)

const modulePath = "github.com/rollcall-go/rollcall"

// allowed lists what each package may import besides the standard library and internal/.
var allowed = map[string][]string{
	".": {"event", "ordering", "tags"},

	"ordering":                {},
	"event":                   {},
	"tags":                    {"event", "ordering"},
	"orderfile":               {"ordering", "gopkg.in/yaml.v3"},
	"provider":                {".", "event", "ordering", "tags"},
	"provider/providertest":   {".", "event"},
	"inspect":                 {".", "event", "orderfile", "ordering", "provider"},
	"monitor":                 {".", "inspect", "transport"},
	"fxevents":                {".", "event", "inspect", "orderfile", "ordering", "provider", "tags", "transport", "go.uber.org/fx", "go.uber.org/dig"},
	"fxeventstest":            {".", "event", "fxevents", "inspect", "ordering", "provider", "tags", "go.uber.org/fx"},
	"transport":               {},
	"transport/transporttest": {"transport"},
	"cmd/rollcall":            {"inspect", "orderfile"},
}

// Imports run one way. A new package must be entered above.
func TestImportDirections(t *testing.T) {
	found := map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && ignored(file) {
			return fs.SkipDir
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			found[path.Dir(file)] = true
			checkImports(t, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range allowed {
		if !found[pkg] {
			t.Errorf("package %s is entered but does not exist", pkg)
		}
	}
}

// ignored are folders that are not packages of the library, or are modules of
// their own.
func ignored(dir string) bool {
	if dir == "examples" || strings.HasSuffix(dir, "/testdata") || strings.HasPrefix(dir, ".") && dir != "." {
		return true
	}
	_, err := os.Stat(path.Join(dir, "go.mod"))
	return err == nil && dir != "."
}

func checkImports(t *testing.T, file string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	pkg := path.Dir(file)
	rules, known := allowed[pkg]
	internal := strings.HasPrefix(pkg, "internal/")
	if !known && !internal {
		t.Errorf("package %s is not entered in this test", pkg)
	}
	for _, spec := range f.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		own, ours := strings.CutPrefix(imported+"/", modulePath+"/")
		own = cmp.Or(strings.TrimSuffix(own, "/"), ".")
		switch {
		case !ours && !strings.Contains(strings.Split(imported, "/")[0], "."):
		case strings.HasPrefix(own, "internal/") && !internal:
		case !slices.Contains(rules, own):
			t.Errorf("%s must not import %s", file, imported)
		}
	}
}
