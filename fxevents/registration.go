package fxevents

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/tags"
)

// registration is one call of Listen, AsListener, Contribute or ContributeValue.
type registration struct {
	source string // the place of the call
	target any    // the method or constructor
	name   string // of what AsListener's constructor returns
	list   bool   // by Contribute or ContributeValue
}

// listOf returns the group that a tag names, with the option "flatten" for a list of
// listeners.
func listOf(group string) string {
	if group == "" {
		return DefaultGroup + ",flatten"
	}
	return group + ",flatten"
}

// groupUse records that a tag names a group, so that a misspelt group is reported.
func (r registration) groupUse(group string) []any {
	if group == "" || group == DefaultGroup {
		return nil
	}
	return []any{fx.Annotated{Group: useGroup, Target: func(m module) groupUse {
		return groupUse{m.assembly().nextDeclared(), group, r}
	}}}
}

// groupUse is a tag that names a group, at its place in declared order.
type groupUse struct {
	declared int
	group    string
	by       registration
}

// problem keeps an error for the assembly, which reports all errors together.
func (r registration) problem(err error) fx.Annotated { return r.report(err, false) }

// loss is like problem, for an error that leaves out a listener.
func (r registration) loss(err error) fx.Annotated { return r.report(err, true) }

func (r registration) report(err error, lost bool) fx.Annotated {
	return fx.Annotated{Group: problemGroup, Target: func(m module) problem {
		a := m.assembly()
		a.lost = a.lost || lost
		return problem{a.nextDeclared(), r.error(err)}
	}}
}

func (r registration) error(err error) error {
	name, at := callsite.Func(r.target)
	return &RegistrationError{Target: name, TargetSource: at, Source: r.source, List: r.list, Err: err}
}

// problem is an error at its place in declared order.
type problem struct {
	declared int
	err      error
}

// listeners makes listeners from a value of the container. The assembly reports the
// problems with the value, together with all others.
func (r registration) listeners(a *Assembly, value any, fields tags.Fields) []rollcall.Listener {
	fields.Group = "" // the listener is already in its group
	listeners, err := rollcall.FromValue(value, fields)
	if err != nil {
		a.addProblem(r.error(err))
		a.lost = true
		return nil
	}
	for i := range listeners {
		listeners[i] = a.placed(listeners[i])
		switch {
		case !hasOwnSource(value):
			listeners[i].Source = r.source
		case !fields.Placement.IsZero():
			listeners[i].Placement.Source = r.source
		}
	}
	return listeners
}

// hasOwnSource reports whether a value's listeners have a Source of their own. They were
// made elsewhere, and their placements are written there.
func hasOwnSource(value any) bool {
	switch value.(type) {
	case rollcall.Listener, rollcall.Subscriber:
		return true
	}
	return false
}
