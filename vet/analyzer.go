package vet

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer reports mistakes in the use of rollcall. It has no flags.
var Analyzer = &analysis.Analyzer{
	Name:      "rollcall",
	Doc:       "report mistakes in the use of rollcall\n\n" + about,
	URL:       "https://pkg.go.dev/github.com/rollcall-go/rollcall/vet",
	Run:       run,
	FactTypes: []analysis.Fact{(*summary)(nil)},
}

const about = "The analyzer checks tags, listeners, contributions and order files of each package. " +
	"Where an application is built, it checks what its modules say together, as fx.New does at start."

func run(pass *analysis.Pass) (any, error) {
	reaches := reach(pass)
	if reaches == nothing {
		return nil, nil
	}
	p := newPackage(pass)
	p.checkCalls()
	p.checkApplications()
	p.checkBuilders()
	p.export(reaches == reachesRollcall)
	return nil, nil
}

// reached says what a package may use.
type reached int

const (
	nothing reached = iota
	reachesFx
	reachesRollcall
)

// reach returns what a package may use: rollcall, if it or a package that it imports does,
// or only Fx. Fx itself and the packages of rollcall don't count.
func reach(pass *analysis.Pass) reached {
	if strings.HasSuffix(pass.Pkg.Path(), ".test") { // made by go test
		return nothing
	}
	if isOwn[pass.Pkg.Path()] || strings.HasPrefix(pass.Pkg.Path(), fxPath) {
		return nothing
	}
	found := nothing
	for _, imported := range pass.Pkg.Imports() {
		var s summary
		if isOwn[imported.Path()] || pass.ImportPackageFact(imported, &s) && s.Uses {
			return reachesRollcall
		}
		if imported.Path() == fxPath {
			found = reachesFx
		}
	}
	return found
}

// The import paths whose names the analyzer knows.
const (
	rootPath         = "github.com/rollcall-go/rollcall"
	fxeventsPath     = rootPath + "/fxevents"
	fxeventstestPath = rootPath + "/fxeventstest"
	tagsPath         = rootPath + "/tags"
	eventPath        = rootPath + "/event"
	transportPath    = rootPath + "/transport"
	fxnatsPath       = rootPath + "/transport/natsevents/fxnats"
	fxPath           = "go.uber.org/fx"
	fxtestPath       = fxPath + "/fxtest"
)

// isOwn has the packages of rollcall whose functions the analyzer knows by name.
var isOwn = map[string]bool{
	rootPath: true, fxeventsPath: true, tagsPath: true, eventPath: true, transportPath: true, fxnatsPath: true, fxeventstestPath: true,
}

// inTest reports whether a place is in a test.
func (p *pkg) inTest(pos token.Pos) bool {
	return strings.HasSuffix(p.pass.Fset.Position(pos).Filename, "_test.go")
}
