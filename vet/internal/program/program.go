// Package program analyses a program again and again after changes of its files. It loads
// the program once. After a change, it checks only the packages that the change reaches.
package program

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
)

// Program is a loaded program. It must not be used concurrently.
type Program struct {
	fset     *token.FileSet
	roots    []*packages.Package
	own      []*packages.Package // those that are read from source, dependencies first
	isOwn    map[*packages.Package]bool
	exported map[string]string // the files with export data, by path
	others   types.Importer    // of packages with export data
}

// Load loads the packages below a directory with their tests. Packages for whose path
// source returns true are read from source, and the others from export data, without facts.
func Load(dir string, env []string, source func(path string) bool) (*Program, error) {
	p := &Program{fset: token.NewFileSet(), isOwn: map[*packages.Package]bool{}}
	p.others = importer.ForCompiler(p.fset, "gc", p.exportData)
	const mode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
		packages.NeedDeps | packages.NeedTypesSizes | packages.NeedModule
	config := &packages.Config{Mode: mode, Dir: dir, Env: env, Fset: p.fset, Tests: true}
	loaded, err := load(config, "./...")
	if err != nil {
		return nil, err
	}
	var others []string // that the own packages import
	packages.Visit(loaded, nil, func(pkg *packages.Package) {
		if !source(pkg.PkgPath) || len(pkg.CompiledGoFiles) == 0 {
			return
		}
		p.own, p.isOwn[pkg] = append(p.own, pkg), true
		for path, dep := range pkg.Imports {
			if !p.isOwn[dep] && path != "unsafe" {
				others = append(others, dep.PkgPath)
			}
		}
	})
	slices.Sort(others)
	if p.exported, err = exportFiles(config, slices.Compact(others)); err != nil {
		return nil, err
	}
	for _, pkg := range loaded {
		if p.isOwn[pkg] {
			p.roots = append(p.roots, pkg)
		}
	}
	return p, p.check(p.own)
}

func load(config *packages.Config, patterns ...string) (loaded []*packages.Package, err error) {
	loaded, err = packages.Load(config, patterns...)
	packages.Visit(loaded, nil, func(pkg *packages.Package) {
		for _, e := range pkg.Errors {
			err = cmp.Or(err, error(e))
		}
	})
	return loaded, err
}

// exportFiles returns the files with export data of packages.
func exportFiles(config *packages.Config, paths []string) (map[string]string, error) {
	with := *config
	with.Mode, with.Tests = packages.NeedName|packages.NeedExportFile, false
	loaded, err := load(&with, paths...)
	files := map[string]string{}
	for _, pkg := range loaded {
		files[pkg.PkgPath] = pkg.ExportFile
	}
	return files, err
}

// check reads packages from source.
func (p *Program) check(all []*packages.Package) error {
	for _, pkg := range all {
		if err := p.checkOne(pkg); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) checkOne(pkg *packages.Package) error {
	pkg.Fset, pkg.Syntax = p.fset, nil
	for _, name := range pkg.CompiledGoFiles {
		file, err := parser.ParseFile(p.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg.Syntax = append(pkg.Syntax, file)
	}
	pkg.TypesInfo = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{},
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes: map[ast.Node]*types.Scope{}, FileVersions: map[*ast.File]string{},
	}
	config := types.Config{Importer: importerFunc(func(path string) (*types.Package, error) { return p.importFor(pkg, path) }), Sizes: pkg.TypesSizes}
	var err error
	pkg.Types, err = config.Check(pkg.PkgPath, p.fset, pkg.Syntax, pkg.TypesInfo)
	return err
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

func (p *Program) importFor(pkg *packages.Package, path string) (*types.Package, error) {
	dep := pkg.Imports[path]
	switch {
	case path == "unsafe":
		return types.Unsafe, nil
	case dep == nil:
		return nil, fmt.Errorf("%s does not import %s", pkg.ID, path)
	case p.isOwn[dep]:
		return dep.Types, nil
	}
	return p.others.Import(dep.PkgPath)
}

// exportData opens the file with the export data of a package.
func (p *Program) exportData(path string) (io.ReadCloser, error) {
	file, known := p.exported[path]
	if !known {
		return nil, fmt.Errorf("no export data of %s", path)
	}
	return os.Open(file)
}

// Finding is a diagnostic with its place.
type Finding struct {
	Position token.Position
	Message  string
	Fixes    [][]Edit // the edits of each suggested fix
}

// Edit replaces the bytes of a file from Start to End.
type Edit struct {
	File       string
	Start, End int
	NewText    string
}

// Analyze runs an analyzer after changes of Go files, which may be undone afterwards: the
// next call begins with the program as it was loaded. The findings are sorted by place.
func (p *Program) Analyze(a *analysis.Analyzer, changed ...string) ([]Finding, error) {
	reached := p.reached(changed)
	before := make([]packages.Package, len(reached))
	for i, pkg := range reached {
		before[i] = *pkg
	}
	defer func() {
		for i, pkg := range reached {
			*pkg = before[i]
		}
	}()
	if err := p.check(reached); err != nil {
		return nil, err
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{a}, p.analyzed(), &checker.Options{SanityCheck: len(changed) == 0})
	if err != nil {
		return nil, err
	}
	return p.findings(graph)
}

// reached returns the packages that contain changed files or import one that does.
func (p *Program) reached(changed []string) []*packages.Package {
	var reached []*packages.Package
	for _, pkg := range p.own {
		is := slices.ContainsFunc(pkg.CompiledGoFiles, func(file string) bool { return slices.Contains(changed, file) })
		for _, dep := range pkg.Imports {
			is = is || slices.Contains(reached, dep)
		}
		if is {
			reached = append(reached, pkg)
		}
	}
	return reached
}

// analyzed returns copies of the root packages that import nothing but packages that are
// read from source.
func (p *Program) analyzed() []*packages.Package {
	copies := map[*packages.Package]*packages.Package{}
	for _, pkg := range p.own {
		c := *pkg
		c.Imports = map[string]*packages.Package{}
		for path, dep := range pkg.Imports {
			if copies[dep] != nil {
				c.Imports[path] = copies[dep]
			}
		}
		copies[pkg] = &c
	}
	var roots []*packages.Package
	for _, pkg := range p.roots {
		roots = append(roots, copies[pkg])
	}
	return roots
}

func (p *Program) findings(graph *checker.Graph) ([]Finding, error) {
	var all []Finding
	for action := range graph.All() {
		if action.Err != nil {
			return nil, fmt.Errorf("%s: %w", action.Package.ID, action.Err)
		}
		for _, d := range action.Diagnostics {
			all = append(all, p.finding(d))
		}
	}
	slices.SortStableFunc(all, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Position.Filename, y.Position.Filename), cmp.Compare(x.Position.Offset, y.Position.Offset), cmp.Compare(x.Message, y.Message))
	})
	return slices.CompactFunc(all, func(x, y Finding) bool { // a package and its variant for tests
		return x.Position == y.Position && x.Message == y.Message
	}), nil
}

func (p *Program) finding(d analysis.Diagnostic) Finding {
	f := Finding{Position: p.fset.Position(d.Pos), Message: d.Message}
	for _, fix := range d.SuggestedFixes {
		var edits []Edit
		for _, e := range fix.TextEdits {
			file := p.fset.File(e.Pos)
			end := e.End
			if !end.IsValid() {
				end = e.Pos
			}
			edits = append(edits, Edit{file.Name(), file.Offset(e.Pos), file.Offset(end), string(e.NewText)})
		}
		f.Fixes = append(f.Fixes, edits)
	}
	return f
}
