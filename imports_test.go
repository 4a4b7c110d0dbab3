package rollcall_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/rollcall-go/rollcall"

// allowed lists what each package may import besides the standard library and internal/.
var allowed = map[string][]string{
	".": {"event", "ordering", "tags"},

	"ordering":                {},
	"event":                   {},
	"tags":                    {"event", "ordering"},
	"internal/orderfile":      {"ordering", "gopkg.in/yaml.v3"},
	"internal/coretest":       {"."},
	"provider":                {".", "event", "ordering", "tags"},
	"provider/providertest":   {".", "event"},
	"inspect":                 {".", "event", "ordering", "provider"},
	"monitor":                 {".", "inspect", "transport"},
	"fxevents":                {".", "event", "inspect", "ordering", "provider", "tags", "transport", "go.uber.org/fx", "go.uber.org/dig"},
	"fxeventstest":            {".", "event", "fxevents", "inspect", "ordering", "provider", "tags", "go.uber.org/fx"},
	"transport":               {},
	"transport/transporttest": {"transport"},
	"cmd/rollcall":            {"inspect"},
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
		case strings.HasPrefix(own, "internal/") && (!internal || own != "internal/orderfile"):
		case !slices.Contains(rules, own):
			t.Errorf("%s must not import %s", file, imported)
		}
	}
}

// What a user sees names nothing that a user can't import.
func TestNoExportedSignatureNamesAnInternalType(t *testing.T) {
	fset := token.NewFileSet()
	for pkg := range allowed {
		if strings.HasPrefix(pkg, "internal/") || pkg == "cmd/rollcall" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pkg, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			checkSignatures(t, fset, f)
		}
	}
}

func checkSignatures(t *testing.T, fset *token.FileSet, f *ast.File) {
	t.Helper()
	internal := map[string]bool{}
	for _, spec := range f.Imports {
		if imported, _ := strconv.Unquote(spec.Path.Value); strings.Contains(imported, "/internal/") {
			internal[path.Base(imported)] = true
		}
	}
	check := func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := x.X.(*ast.Ident); ok && internal[pkg.Name] {
					t.Errorf("%v names %s.%s", fset.Position(x.Pos()), pkg.Name, x.Sel.Name)
				}
			}
			return true
		})
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || isExported(d.Recv.List[0].Type)) {
				check(d.Type)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if x, ok := spec.(*ast.TypeSpec); ok && x.Name.IsExported() {
					checkType(x.Type, check)
				}
				if x, ok := spec.(*ast.ValueSpec); ok && x.Names[0].IsExported() && x.Type != nil {
					check(x.Type)
				}
			}
		}
	}
}

// checkType leaves out unexported fields and methods.
func checkType(x ast.Expr, check func(ast.Node)) {
	fields := []*ast.Field(nil)
	switch x := x.(type) {
	case *ast.StructType:
		fields = x.Fields.List
	case *ast.InterfaceType:
		fields = x.Methods.List
	default:
		check(x)
	}
	for _, f := range fields {
		if len(f.Names) == 0 || f.Names[0].IsExported() {
			check(f.Type)
		}
	}
}

// isExported reports whether a receiver is of an exported type.
func isExported(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.StarExpr:
		return isExported(x.X)
	case *ast.IndexExpr:
		return isExported(x.X)
	case *ast.Ident:
		return x.IsExported()
	}
	return false
}
