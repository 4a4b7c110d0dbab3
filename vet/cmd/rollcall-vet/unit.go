package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"
)

// Most packages of a program don't use rollcall, and go vet runs its tool on each of them,
// also on those of the standard library. Package unitchecker type-checks all of them. A unit
// is checked here instead where go vet passes the compiler's export data: packages that
// can't use rollcall then cost next to nothing, and others their own type check.

// unit is a package that go vet passes to its tool.
type unit struct {
	unitchecker.Config
	json  bool                     // go vet reads what is printed
	facts map[string]analysis.Fact // of imported packages, by path
	fset  *token.FileSet
}

// unitOf returns the unit of a call by go vet. It returns nil if package unitchecker must
// check it: if there are other flags than -json, or no export data.
func unitOf(args []string) *unit {
	u := &unit{facts: map[string]analysis.Fact{}, fset: token.NewFileSet()}
	if len(args) > 0 && args[0] == "-json" {
		u.json, args = true, args[1:]
	}
	if len(args) != 1 || !strings.HasSuffix(args[0], ".cfg") {
		return nil
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return nil
	}
	if json.Unmarshal(data, &u.Config) != nil || len(u.GoFiles) == 0 || len(u.PackageFile) == 0 || u.VetxOutput == "" {
		return nil
	}
	return u
}

// check analyzes the unit and prints what it finds. It returns the exit code.
func (u *unit) check(a *analysis.Analyzer) int {
	found, err := u.run(a)
	if err != nil {
		if !u.VetxOnly {
			fmt.Fprintln(os.Stderr, err)
		}
		return 1
	}
	switch {
	case u.VetxOnly, len(found) == 0 && !u.json:
		return 0
	case u.json:
		return u.printJSON(a, found)
	}
	for _, d := range found {
		fmt.Fprintf(os.Stderr, "%s: %s\n", u.fset.Position(d.Pos), d.Message)
		for _, related := range d.Related {
			fmt.Fprintf(os.Stderr, "%s: \t%s\n", u.fset.Position(related.Pos), related.Message)
		}
	}
	return 1
}

// printJSON prints the reports for go vet, and returns the exit code.
func (u *unit) printJSON(a *analysis.Analyzer, found []analysis.Diagnostic) int {
	out := os.Stdout
	if u.Stdout != "" {
		f, err := os.Create(u.Stdout)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer f.Close()
		out = f
	}
	if err := writeJSON(out, u.fset, u.ID, a.Name, found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// run returns the reports about the unit, and writes its fact for the units that import it.
func (u *unit) run(a *analysis.Analyzer) ([]analysis.Diagnostic, error) {
	for _, t := range a.FactTypes {
		gob.Register(t)
	}
	if err := u.readFacts(); err != nil {
		return nil, err
	}
	if !u.mayUse() {
		return nil, os.WriteFile(u.VetxOutput, nil, 0o666)
	}
	files, err := u.parse()
	if err != nil {
		return nil, err
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}
	config := &types.Config{Importer: u.importer(), Sizes: types.SizesFor("gc", build.Default.GOARCH), GoVersion: u.GoVersion}
	pkg, err := config.Check(u.ImportPath, u.fset, files, info)
	if err != nil {
		return nil, err
	}
	return u.analyze(a, &analysis.Pass{Analyzer: a, Fset: u.fset, Files: files, OtherFiles: u.NonGoFiles, IgnoredFiles: u.IgnoredFiles,
		Pkg: pkg, TypesInfo: info, TypesSizes: config.Sizes, ResultOf: map[*analysis.Analyzer]any{}, ReadFile: os.ReadFile, Module: u.Module})
}

// analyze runs the analyzer, which has package facts only.
func (u *unit) analyze(a *analysis.Analyzer, pass *analysis.Pass) ([]analysis.Diagnostic, error) {
	var found []analysis.Diagnostic
	var own analysis.Fact
	pass.Report = func(d analysis.Diagnostic) { found = append(found, d) }
	pass.ExportPackageFact = func(f analysis.Fact) { own = f }
	pass.ImportPackageFact = func(p *types.Package, f analysis.Fact) bool {
		fact, known := u.facts[p.Path()]
		if known {
			reflect.ValueOf(f).Elem().Set(reflect.ValueOf(fact).Elem())
		}
		return known
	}
	if _, err := a.Run(pass); err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if own != nil {
		if err := gob.NewEncoder(&data).Encode(&own); err != nil {
			return nil, err
		}
	}
	return found, os.WriteFile(u.VetxOutput, data.Bytes(), 0o666)
}

// readFacts reads the facts of the imported packages that have one.
func (u *unit) readFacts() error {
	for _, path := range u.ImportMap {
		name, known := u.PackageVetx[path]
		if !known {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if len(data) == 0 || bytes.HasPrefix(data, []byte("vetx")) { // of package unitchecker: a package without imports
			continue
		}
		var f analysis.Fact
		if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&f); err != nil {
			return fmt.Errorf("reading what is known of %s: %w", path, err)
		}
		u.facts[path] = f
	}
	return nil
}

// mayUse reports whether the unit may use Fx or rollcall.
func (u *unit) mayUse() bool {
	if len(u.facts) > 0 {
		return true
	}
	for _, path := range u.ImportMap {
		if isFx(path) && !isFx(u.ImportPath) || strings.HasPrefix(path, "github.com/rollcall-go/rollcall") {
			return true
		}
	}
	return false
}

func isFx(path string) bool {
	return path == "go.uber.org/fx" || strings.HasPrefix(path, "go.uber.org/fx/")
}

func (u *unit) parse() ([]*ast.File, error) {
	var files []*ast.File
	for _, name := range u.GoFiles {
		f, err := parser.ParseFile(u.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// importer returns an importer that reads the compiler's export data.
func (u *unit) importer() types.Importer {
	imported := importer.ForCompiler(u.fset, "gc", func(path string) (io.ReadCloser, error) {
		name, known := u.PackageFile[path]
		if !known {
			return nil, fmt.Errorf("no export data of %q", path)
		}
		return os.Open(name)
	})
	return importerFunc(func(path string) (*types.Package, error) {
		if resolved, ok := u.ImportMap[path]; ok {
			path = resolved
		}
		return imported.Import(path)
	})
}

type importerFunc func(string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }
