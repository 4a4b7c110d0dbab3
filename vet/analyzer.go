package vet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer reports mistakes in the use of rollcall. It has no flags.
var Analyzer = &analysis.Analyzer{
	Name:      "rollcall",
	Doc:       "report mistakes in the use of rollcall\n\n" + summary,
	URL:       "https://pkg.go.dev/github.com/rollcall-go/rollcall/vet",
	Run:       run,
	FactTypes: []analysis.Fact{(*uses)(nil), (*options)(nil)},
}

const summary = "The analyzer checks tags, listeners, contributions and order files of each package. " +
	"Where an application is built, it checks what its modules say together, as fx.New does at start."

func run(pass *analysis.Pass) (any, error) {
	if !concerns(pass) {
		return nil, nil
	}
	pass.ExportPackageFact(&uses{})
	p := newPackage(pass)
	p.checkCalls()
	p.exportOptions()
	p.checkApplications()
	return nil, nil
}

// concerns reports whether a package uses rollcall, or imports one that does. Fx itself and
// the packages of rollcall are none of its users.
func concerns(pass *analysis.Pass) bool {
	if isOwn(pass.Pkg.Path()) {
		return false
	}
	for _, imported := range pass.Pkg.Imports() {
		if isOwn(imported.Path()) || pass.ImportPackageFact(imported, &uses{}) {
			return true
		}
	}
	return false
}

// uses is the fact that a package uses rollcall, or imports one that does.
type uses struct{}

func (*uses) AFact()         {}
func (*uses) String() string { return "uses rollcall" }

// The import paths whose names the analyzer knows.
const (
	rootPath      = "github.com/rollcall-go/rollcall"
	fxeventsPath  = rootPath + "/fxevents"
	tagsPath      = rootPath + "/tags"
	eventPath     = rootPath + "/event"
	transportPath = rootPath + "/transport"
	fxnatsPath    = rootPath + "/transport/natsevents/fxnats"
	fxPath        = "go.uber.org/fx"
	fxtestPath    = "go.uber.org/fx/fxtest"
	fxeventstest  = rootPath + "/fxeventstest"
)

// own has the packages whose functions the analyzer knows by name.
var own = map[string]bool{
	rootPath: true, fxeventsPath: true, tagsPath: true, eventPath: true, transportPath: true, fxnatsPath: true, fxeventstest: true,
}

// isOwn reports whether a package is one of rollcall whose functions the analyzer knows.
func isOwn(path string) bool {
	return own[strings.TrimSuffix(path, "_test")] && !strings.HasSuffix(path, "_test")
}

// isTest reports whether a file is a test.
func (p *pkg) isTest(f *ast.File) bool {
	return strings.HasSuffix(p.pass.Fset.Position(f.FileStart).Filename, "_test.go")
}

var _ = types.Universe
