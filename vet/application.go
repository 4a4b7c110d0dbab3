package vet

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"

	"github.com/rollcall-go/rollcall/tags"
)

// application is the options of one call of fx.New, or of an option that applications may
// have.
type application struct {
	*pkg
	parts []*part // in declared order
	scale scale
	open  bool // not all options are understood

	assembly      *part
	rulesKnown    bool // all options of fxevents.Module are understood
	hiddenMembers bool // there are contributions whose IDs are not known
	hidden        bool // there are listeners whose IDs or events are not known
	lost          bool // a listener is missing because of a problem

	catalog     *catalog
	groups      []group // of the providers; the first is the default one
	lists       []*part
	strict      bool
	listMembers []*member // of the lists
}

// scale says how much of an application some parts are.
type scale int

const (
	whole     scale = iota
	validated       // by fx.ValidateApp, which assembles nothing without fxevents.Module
	partial         // more parts may come from elsewhere
)

// checkApplications checks each application that the package builds.
func (p *pkg) checkApplications() {
	for _, f := range p.pass.Files {
		for _, decl := range f.Decls {
			fn, _ := decl.(*ast.FuncDecl)
			ast.Inspect(decl, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					p.checkBuilt(call, fn)
				}
				return true
			})
		}
	}
}

// checkBuilt checks the application that a call builds in a function.
func (p *pkg) checkBuilt(call *ast.CallExpr, in *ast.FuncDecl) {
	from, as, ok := p.builds(call)
	if !ok {
		return
	}
	builders := p.testBuilders
	if path, _ := p.calls(call); path == fxPath {
		if p.inTest(call.Pos()) {
			return // the test may be about the application's error
		}
		builders = p.builders
	}
	parts := p.ofArgs(call, from)
	p.reportHeld(parts)
	p.checkApplication(parts, as)
	if in != nil && as != validated && hasParams(parts) {
		if fn, ok := p.info.Defs[in.Name].(*types.Func); ok {
			builders[fn] = parts
		}
	}
}

// hasParams reports whether some parts are what a function gets as its parameters.
func hasParams(parts []part) bool {
	return slices.ContainsFunc(parts, func(x part) bool { return x.Kind == param || hasParams(x.Children) })
}

// checkBuilders checks the applications that are built by calling a function that builds
// one of its parameters.
func (p *pkg) checkBuilders() {
	for _, f := range p.pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if fn := p.callee(call); fn != nil {
					if parts := p.built(fn, call); parts != nil {
						parts = p.substituted(call, fn, parts)
						p.reportHeld(parts)
						p.checkApplication(parts, whole)
					}
				}
			}
			return true
		})
	}
}

// built returns the parts of the application that a call of a function builds, or nil. In a
// test, the function must be one that fails the test by itself.
func (p *pkg) built(fn *types.Func, call *ast.CallExpr) []part {
	if fn.Pkg() == p.pass.Pkg {
		if parts := p.testBuilders[fn]; parts != nil || p.inTest(call.Pos()) {
			return parts
		}
		return p.builders[fn]
	}
	var s summary
	if fn.Pkg() == nil || !p.pass.ImportPackageFact(fn.Pkg(), &s) {
		return nil
	}
	parts, known := s.TestBuilders[keyOf(fn)]
	if !known && !p.inTest(call.Pos()) {
		parts, known = s.Builders[keyOf(fn)]
	}
	if !known {
		return nil
	}
	return located(parts, spanOf(call), fn.Pkg().Path()+"."+fn.Name())
}

// builds returns the index of the first option of a call that builds an application. It
// returns false for other calls.
func (p *pkg) builds(call *ast.CallExpr) (from int, as scale, ok bool) {
	path, name := p.calls(call)
	switch path + "." + name {
	case fxPath + ".New":
		return 0, whole, true
	case fxPath + ".ValidateApp":
		return 0, validated, true
	case fxtestPath + ".New", fxeventstestPath + ".Decided":
		return 1, whole, true
	case fxeventstestPath + ".Order":
		return 2, whole, true
	}
	return 0, whole, false
}

func (p *pkg) checkApplication(parts []part, as scale) {
	a := &application{pkg: p, scale: as, open: as == partial}
	a.add(parts)
	if !slices.ContainsFunc(a.parts, (*part).ofRollcall) {
		return
	}
	a.findAssembly()
	a.catalog = newCatalog(a.events())
	a.check()
}

// add adds parts in declared order: those of a module stand before those of the modules
// inside it.
func (a *application) add(parts []part) {
	for i := range parts {
		switch x := parts[i]; x.Kind {
		case unknown, param:
			a.open = true
		case scope:
		default:
			a.open = a.open || x.Kind == decorate || x.Hidden && (x.Kind == eventPart || x.Kind == list)
			a.hidden = a.hidden || x.Kind == listener && x.Hidden
			a.lost = a.lost || x.Broken
			a.parts = append(a.parts, &x)
		}
	}
	for i := range parts {
		if parts[i].Kind == scope {
			a.add(parts[i].Children)
		}
	}
}

// ofRollcall reports whether the part is one that package fxevents makes.
func (x *part) ofRollcall() bool { return x.Kind >= assembly }

// of returns the parts of a kind.
func (a *application) of(kinds ...kind) []*part {
	var list []*part
	for _, x := range a.parts {
		if slices.Contains(kinds, x.Kind) {
			list = append(list, x)
		}
	}
	return list
}

// certainly returns the parts of some kinds that the application always has.
func (a *application) certainly(kinds ...kind) []*part {
	return slices.DeleteFunc(a.of(kinds...), func(x *part) bool { return x.Maybe })
}

func (a *application) events() []*part {
	return slices.DeleteFunc(a.of(eventPart), func(x *part) bool { return x.Hidden })
}

// findAssembly finds fxevents.Module and what its options say.
func (a *application) findAssembly() {
	a.groups = []group{{part: part{Group: defaultGroup}}}
	found := a.of(assembly)
	if len(found) != 1 || found[0].Maybe {
		a.open = a.open || len(found) > 0
		return
	}
	a.assembly, a.rulesKnown = found[0], true
	for i := range a.assembly.Children {
		x := &a.assembly.Children[i]
		a.strict = a.strict || x.Kind == strict
		switch {
		case x.Maybe, x.Kind == unknown, x.Kind == param, x.Hidden && x.Kind != subscription, x.Kind == orderFile && x.Broken:
			a.rulesKnown = false
		case x.Kind == namedProvider:
			a.groups = append(a.groups, group{part: *x})
		}
	}
}

// closed reports whether nothing can be in the application that is not known here, so that
// what is not known here is absent.
func (a *application) closed() bool { return !a.open }

// complete reports whether all listeners are known, so that what none of them has is absent.
func (a *application) complete() bool { return a.closed() && !a.hidden && !a.lost }

// reportedElsewhere reports whether two parts are in one option of another package, where
// problems that they have with each other are reported.
func reportedElsewhere(x, y *part) bool { return x.origin != "" && x.origin == y.origin }

const defaultGroup = "event_listener"

// group is the listeners of one provider.
type group struct {
	part      part // fxevents.NamedProvider; of the default one, only the group is set
	listeners []*member
}

// member is a listener of an application.
type member struct {
	*part
	id     string
	event  string // the text by which package ordering knows it
	fields tags.Fields
	lost   bool      // its event is not known
	placed *placedBy // the order file that places it, or nil
}

// members returns the listeners in their groups.
func (a *application) members() {
	for _, x := range a.of(listener) {
		if x.Hidden || x.Broken {
			continue
		}
		m := &member{part: x, id: x.ID, fields: x.fields()}
		index := slices.IndexFunc(a.groups, func(g group) bool { return g.part.Group == cmp.Or(m.fields.Group, defaultGroup) })
		if index >= 0 {
			a.groups[index].listeners = append(a.groups[index].listeners, m)
		}
	}
}
