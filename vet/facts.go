package vet

import (
	"bytes"
	"encoding/gob"
	"go/types"
	"maps"
	"slices"
)

// summary is the fact of a package: whether it reaches rollcall, and the options that its
// exported functions and variables have.
type summary struct {
	Uses         bool
	Options      named
	Builders     named // functions that build applications of their parameters
	TestBuilders named // those that fail a test if the application does not start
}

func (*summary) AFact() {}

func (s *summary) String() string {
	if s.Uses {
		return "uses rollcall"
	}
	return "uses fx"
}

// export exports the summary of the package.
func (p *pkg) export(uses bool) {
	s := &summary{Uses: uses, Options: named{}}
	names := p.pass.Pkg.Scope()
	for _, name := range names.Names() {
		o := names.Lookup(name)
		switch o := o.(type) {
		case *types.Var:
			if isOption(o.Type()) {
				if init := p.initOf(o); init != nil {
					p.exportParts(s, o, p.ofObject(o, init))
				}
			}
		case *types.Func:
			if out := o.Signature().Results(); out.Len() == 1 && isOption(out.At(0).Type()) {
				p.exportParts(s, o, p.ofFunction(o))
			}
		}
	}
	s.Builders, s.TestBuilders = exported(p.builders), exported(p.testBuilders)
	if uses || len(s.Options)+len(s.Builders)+len(s.TestBuilders) > 0 {
		p.pass.ExportPackageFact(s)
	}
}

// exported returns the functions that other packages can call.
func exported(builders map[*types.Func][]part) named {
	list := named{}
	for fn, parts := range builders {
		if fn.Exported() {
			list[keyOf(fn)] = bare(parts)
		}
	}
	return list
}

// exportParts adds the parts of an option to the summary of the package. It checks what holds
// for each application that has the option. Other packages can't use unexported ones.
func (p *pkg) exportParts(s *summary, o types.Object, parts []part) {
	if !p.inTest(o.Pos()) {
		p.checkApplication(parts, partial)
	}
	if o.Exported() {
		s.Options[keyOf(o)] = bare(parts)
	}
}

// bare returns parts without what only their own package may use. Some drivers pass facts
// on as they are.
func bare(parts []part) []part {
	list := make([]part, len(parts))
	for i, x := range parts {
		x.local = local{}
		x.Children = bare(x.Children)
		if x.Func != nil {
			f := *x.Func
			f.emits = span{}
			x.Func = &f
		}
		list[i] = x
	}
	return list
}

// keyOf returns the key of a function or variable in the facts of its package.
func keyOf(o types.Object) string {
	if fn, ok := o.(*types.Func); ok && fn.Signature().Recv() != nil {
		return types.TypeString(fn.Signature().Recv().Type(), func(*types.Package) string { return "" }) + "." + fn.Name()
	}
	return o.Name()
}

// named has options by the names of what has them. Equal ones have equal encodings, so that
// go vet can cache the results of packages that import the package.
type named map[string][]part

// entry is one of named.
type entry struct {
	Name  string
	Parts []part
}

// GobEncode returns the entries in the order of their names.
func (n named) GobEncode() ([]byte, error) {
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(n)) {
		entries = append(entries, entry{name, n[name]})
	}
	var data bytes.Buffer
	err := gob.NewEncoder(&data).Encode(entries)
	return data.Bytes(), err
}

// GobDecode is the opposite of GobEncode.
func (n *named) GobDecode(data []byte) error {
	var entries []entry
	err := gob.NewDecoder(bytes.NewReader(data)).Decode(&entries)
	*n = named{}
	for _, e := range entries {
		(*n)[e.Name] = e.Parts
	}
	return err
}
