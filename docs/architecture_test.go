package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const modulePath = "github.com/rollcall-go/rollcall"

// The picture of the packages shows what the code imports.
func TestArchitecturePicture(t *testing.T) {
	d := read(t, "docs/architecture.md")
	want := picture(imports(t))
	got := d.of("mermaid")[0].text
	if got == want {
		return
	}
	if *update {
		text := strings.Replace(d.text, "```mermaid\n"+got, "```mermaid\n"+want, 1)
		if err := os.WriteFile(filepath.Join(root, d.path), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the picture differs from the imports (-doc +code); run go test with -update:\n%s", cmp.Diff(got, want))
}

// Every package that the picture shows has a row in the table that says what it knows.
func TestArchitectureTable(t *testing.T) {
	text := read(t, "docs/architecture.md").text
	for pkg := range imports(t) {
		if parent := path.Dir(pkg); !strings.Contains(text, "\n| `"+pkg+"` |") && parent == "." {
			t.Errorf("the table has no row for %s", pkg)
		}
	}
}

// imports returns what each package of the root module imports of the others. Of
// internal ones, it has only the order file's: the others are small helpers.
func imports(t *testing.T) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir := path.Dir(file)
		if d.IsDir() && (isModule(file) || strings.HasPrefix(file, ".") && file != "." || file == "examples" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || hidden(dir) {
			return nil
		}
		if found[named(dir)] == nil {
			found[named(dir)] = map[string]bool{}
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if own, ok := strings.CutPrefix(imported+"/", modulePath+"/"); ok && !hidden(path.Clean(own)) {
				found[named(dir)][named(path.Clean(own))] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(root, dir, "go.mod"))
	return err == nil && dir != "."
}

func hidden(dir string) bool {
	return strings.HasPrefix(dir, "internal/") && dir != "internal/orderfile"
}

func named(dir string) string {
	if dir == "." {
		return "rollcall"
	}
	return dir
}

// picture returns a diagram without the arrows that follow from others.
func picture(imports map[string]map[string]bool) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		for _, imported := range slices.Sorted(maps.Keys(imports[pkg])) {
			if !follows(imports, pkg, imported) {
				fmt.Fprintf(&b, "    %s --> %s\n", node(pkg), node(imported))
			}
		}
	}
	return b.String()
}

func node(pkg string) string {
	return strings.ReplaceAll(pkg, "/", "_") + "[" + pkg + "]"
}

// follows reports whether another import of pkg leads to imported, too.
func follows(imports map[string]map[string]bool, pkg, imported string) bool {
	for between := range imports[pkg] {
		if between != imported && (imports[between][imported] || follows(imports, between, imported)) {
			return true
		}
	}
	return false
}

// Each step of the two ways names a function of the file that it links to.
func TestWaysNameFunctions(t *testing.T) {
	steps := regexp.MustCompile("(?m)^\\d+\\. \\[[^]]+\\]\\(\\.\\./([^)]+\\.go)\\)[^`\n]*(?:`(\\w+)`)?").FindAllStringSubmatch(read(t, "docs/architecture.md").text, -1)
	if len(steps) < 12 {
		t.Fatalf("%d steps, want 12 or more", len(steps))
	}
	for _, step := range steps {
		if step[2] != "" && !declares(t, step[1], step[2]) {
			t.Errorf("%s has no function %s", step[1], step[2])
		}
	}
}

func declares(t *testing.T, file, name string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		function, ok := d.(*ast.FuncDecl)
		return ok && function.Name.Name == name
	})
}
