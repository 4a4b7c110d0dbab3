package vet

import (
	"fmt"
	"slices"
)

// checkNeeds reports emitters of events that nobody declares, and components of Listen that
// nobody provides. The container builds a component only if something needs it, so only what
// listeners, contributions and invoked functions need counts.
func (a *application) checkNeeds() {
	if !a.closed() {
		return
	}
	n := &needs{application: a, providers: a.providers(), events: map[string]bool{}, seen: map[*function]bool{}}
	for _, x := range a.parts {
		if x.Kind == foreign || x.Func != nil && x.Func.Unknown {
			n.hidden = true // it may provide any type
		}
	}
	for _, e := range a.of(eventPart) {
		n.events[e.Type.ID] = true
	}
	for _, x := range a.parts {
		switch x.Kind {
		case invoke, listener, contribution:
			n.visit(x, x.Func)
		}
	}
}

// providers returns what provides each type, by the type's identity. What fx.Replace and
// fx.Decorate make needs nothing.
func (a *application) providers() map[string]*function {
	providers := map[string]*function{}
	add := func(of []*part, f func(*part) *function) {
		for _, x := range of {
			if x.Func != nil {
				for _, t := range x.Func.Gives {
					providers[t.ID] = f(x)
				}
			}
		}
	}
	add(a.of(provide, supply, transporter), func(x *part) *function { return x.Func })
	add(a.of(harmless), func(*part) *function { return &function{} })
	return providers
}

// needs follows what is needed to what provides it.
type needs struct {
	*application
	providers map[string]*function // by the identity of the type
	events    map[string]bool      // that are declared
	seen      map[*function]bool
	hidden    bool // not all that is provided is known
}

// visit checks what a function needs that a part of the application makes necessary.
func (n *needs) visit(by *part, f *function) {
	if f == nil || n.seen[f] {
		return
	}
	n.seen[f] = true
	for _, need := range f.Needs {
		provider := n.providers[need.Type.ID]
		switch {
		case provider != nil:
			n.visit(by, provider)
		case need.EventID != "" && !n.events[need.EventID] && !n.foreignEvents():
			n.problem(noEvent, by, fmt.Sprintf("no fxevents.Event declares %s, whose emitter is injected%s: add fxevents.Event[%s](\"a.name\") to the module that defines the type",
				need.Emitter, injectedBy(f), need.Emitter))
		case by.Call == "fxevents.Listen" && f == by.Func && !n.hidden && !n.isBuiltIn(need.Type):
			n.problem(noComponent, by, fmt.Sprintf("%s: fxevents.Listen needs a %s, which nothing provides: pass its constructor to fx.Provide", by.At, need.Type.Text))
		}
	}
}

// foreignEvents reports whether something may provide emitters that is not understood.
func (n *needs) foreignEvents() bool {
	return slices.ContainsFunc(n.parts, func(x *part) bool { return x.Func != nil && x.Func.Unknown && x.Kind != invoke })
}

// isBuiltIn reports whether Fx or rollcall provides a type.
func (n *needs) isBuiltIn(t typeInfo) bool { return t.of(fxPath) || t.ofRollcall() }

// injectedBy returns the place of the constructor that injects an emitter.
func injectedBy(f *function) string {
	if f.Name == "" {
		return ""
	}
	return fmt.Sprintf(" into %s (%s)", f.Name, f.At)
}
