package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// fxevents is what an application imports, in its own package or in one that it imports.
const fxevents = "github.com/rollcall-go/rollcall/fxevents"

// goPackage is what go list prints of a package.
type goPackage struct {
	Dir, ImportPath, Name string
	GoFiles, CgoFiles     []string
	IgnoredGoFiles        []string // by build constraints
	TestGoFiles           []string
	XTestGoFiles          []string
	Deps                  []string
	Module                *struct{ Main bool }
}

// find finds what -app names in a source. It reports what the go command reports.
func (b *builder) find(s *source) (f *failure) {
	if f := b.list(s); f != nil {
		return f
	}
	s.declared, f = s.pkg.declaration(b.name)
	return f
}

// list sets the package of a source.
func (b *builder) list(s *source) *failure {
	args := slices.Concat([]string{"list", "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Deps,Module"}, b.buildFlags(s), []string{s.pattern})
	out, err := b.goCommand(s, args...)
	if err != nil {
		return quoted(kindBuild, err.Error())
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	if err := decoder.Decode(&s.pkg); err != nil {
		return failed(kindBuild, "go list does not find the package %s: %v", s.pattern, err)
	}
	if err := decoder.Decode(&goPackage{}); !errors.Is(err, io.EOF) {
		return failed(kindBuild, "%s is several packages: name one", s.pattern)
	}
	if s.pkg.Module == nil || !s.pkg.Module.Main {
		return failed(kindBuild, "the package %s is not in a main module: run the command in the module of the package, or add the module to go.work", s.pkg.ImportPath)
	}
	return nil
}

// buildFlags returns the flags of a build.
func (b *builder) buildFlags(s *source) []string {
	flags := s.flags
	if b.tags != "" {
		flags = append(slices.Clip(flags), "-tags="+b.tags)
	}
	return flags
}

// declaration is a name that a package declares.
type declaration struct {
	name string // with the package's name
	what string // "", or what it is if it is neither a function nor a variable
	at   token.Position
}

// String returns the name with its place.
func (d declaration) String() string {
	return d.name + callsite.At(callsite.Place(d.at.Filename, d.at.Line))
}

// wanted says what -app takes.
const wanted = "-app takes a func() fx.Option or a variable of type fx.Option"

// declaration finds a name in the files of a package.
func (p goPackage) declaration(name string) (declaration, *failure) {
	declared, broken := p.declarations(slices.Concat(p.GoFiles, p.CgoFiles))
	d, ok := declared[name]
	switch {
	case ok && d.what != "":
		return d, failed(kindBuild, "%s is %s: %s", d, d.what, wanted)
	case ok && !slices.Contains(p.Deps, fxevents):
		return d, failed(kindBuild, "%s is no application: neither its package nor one that it imports imports %s", d, fxevents)
	case ok:
		return d, nil
	case broken != nil:
		return d, quoted(kindBuild, broken.Error())
	}
	tests, _ := p.declarations(slices.Concat(p.TestGoFiles, p.XTestGoFiles))
	if d, ok := tests[name]; ok {
		return d, failed(kindBuild, "%s is declared in a test, and tests are left out: move it to another file", d)
	}
	ignored, _ := p.declarations(p.IgnoredGoFiles)
	if d, ok := ignored[name]; ok {
		return d, failed(kindBuild, "%s is in a file that the build leaves out: set its build tag with -tags", d)
	}
	return d, failed(kindBuild, "the package %s has no %s%s", p.ImportPath, name, orWhat(name, declared))
}

// orWhat returns a suggestion for a name that is not declared.
func orWhat(name string, declared map[string]declaration) string {
	var usable []string
	for _, other := range slices.Sorted(maps.Keys(declared)) {
		if declared[other].what == "" {
			usable = append(usable, other)
		}
	}
	return suggest.DidYouMean(name, usable)
}

// declarations returns what files declare for the whole package, and the syntax errors.
func (p goPackage) declarations(files []string) (map[string]declaration, error) {
	found := map[string]declaration{}
	fset := token.NewFileSet()
	var problems []error
	for _, file := range files {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
		problems = append(problems, err)
		if f == nil {
			continue
		}
		for _, d := range f.Decls {
			for ident, what := range namesOf(d) {
				found[ident.Name] = declaration{p.Name + "." + ident.Name, what, fset.Position(ident.Pos())}
			}
		}
	}
	return found, errors.Join(problems...)
}

// namesOf returns the names that a declaration declares, each with what it is if that is
// neither a function nor a variable.
func namesOf(d ast.Decl) map[*ast.Ident]string {
	names := map[*ast.Ident]string{}
	switch d := d.(type) {
	case *ast.FuncDecl:
		switch {
		case d.Recv != nil:
		case d.Type.TypeParams != nil:
			names[d.Name] = "a generic function"
		default:
			names[d.Name] = ""
		}
	case *ast.GenDecl:
		what := map[token.Token]string{token.CONST: "a constant", token.TYPE: "a type"}[d.Tok]
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names[spec.Name] = what
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names[name] = what
				}
			}
		}
	}
	return names
}
