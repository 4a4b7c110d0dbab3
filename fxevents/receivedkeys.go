package fxevents

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// ReceivedElsewhere says that another process receives the events of the receiver keys, or
// of all keys if none is given. There is then no warning that this process does not
// [Receive] them. For example, a web process leaves them to a worker:
//
//	fxevents.ReceivedElsewhere()             // all keys
//	fxevents.ReceivedElsewhere("mail", "pdf") // two of the keys
//
// A key that nothing in the application has is an error.
func ReceivedElsewhere(keys ...string) fx.Option {
	keys, at := slices.Clone(keys), callsite.Caller(0)
	return fx.Options(
		fx.Provide(fx.Annotated{Group: elsewhereGroup, Target: func(m module) elsewhere {
			return elsewhere{m.assembly().nextDeclared(), keys, at}
		}}),
		needsModule("fxevents.ReceivedElsewhere", at),
	)
}

// elsewhere is one call of ReceivedElsewhere.
type elsewhere struct {
	declared int
	keys     []string
	source   string
}

// keyUse is a receiver key with the first listener that has it.
type keyUse struct {
	key string
	by  *rollcall.Listener
}

// keyUses returns the receiver keys of this process's listeners, each once, in declared order.
func (a *Assembly) keyUses(groups []group) []keyUse {
	var uses []keyUse
	seen := map[string]bool{}
	for _, g := range groups {
		for i := range g.listeners {
			if l := &g.listeners[i]; l.Async != "" && !seen[l.Async] && !a.isForOthers(l.Event, l.Async) {
				seen[l.Async] = true
				uses = append(uses, keyUse{l.Async, l})
			}
		}
	}
	return uses
}

func keysOf(uses []keyUse) []string {
	var keys []string
	for _, u := range uses {
		keys = append(keys, u.key)
	}
	return keys
}

// unknownKeys returns an error for each key in a call of Subscription, Receive, Inbox or
// ReceivedElsewhere that no listener has, and for each call that means all keys if there
// are none. It returns none if a listener was lost to another problem.
func (a *Assembly) unknownKeys(in parts, known []string) []error {
	if a.lost {
		return nil
	}
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(a.settings.receivers)) {
		problems = append(problems, unknownKey("fxevents.Subscription at "+a.settings.receivers[key].source, key, known))
	}
	for _, r := range sortedBy(in.Receives, func(r receive) int { return r.declared }) {
		problems = append(problems, unknownIn("fxevents.Receive at "+r.source, r.keys, known)...)
	}
	for _, x := range sortedBy(in.Inboxes, func(x inbox) int { return x.declared }) {
		problems = append(problems, unknownIn("fxevents.Inbox at "+x.source, x.keys, known)...)
	}
	known = append(slices.Clone(known), publishedKeys(in.Events)...)
	for _, e := range sortedBy(in.Elsewhere, func(e elsewhere) int { return e.declared }) {
		problems = append(problems, unknownIn("fxevents.ReceivedElsewhere at "+e.source, e.keys, known)...)
	}
	return problems
}

func unknownIn(what string, keys, known []string) []error {
	if len(known) == 0 {
		return []error{fmt.Errorf("%s: no listener is asynchronous: give a listener's tag a receiver key, as async:%s, or drop this option",
			what, strconv.Quote(append(keys, "mail")[0]))}
	}
	var problems []error
	for _, key := range keys {
		problems = append(problems, unknownKey(what, key, known))
	}
	return problems
}

func unknownKey(what, key string, known []string) error {
	if slices.Contains(known, key) {
		return nil
	}
	return fmt.Errorf("%s: no listener has the receiver key %q%s", what, key, suggest.Correction(key, known))
}

// unreceived returns a warning for each receiver key that this process does not receive,
// or one for all keys if it receives none.
func (a *Assembly) unreceived(in parts, uses []keyUse) []error {
	left := slices.DeleteFunc(uses, func(u keyUse) bool {
		return slices.ContainsFunc(in.Receives, func(r receive) bool { return takes(r.keys, u.key) }) ||
			slices.ContainsFunc(in.Elsewhere, func(e elsewhere) bool { return takes(e.keys, u.key) })
	})
	if len(left) == 0 {
		return nil
	}
	if len(in.Receives) == 0 {
		return []error{nothingReceives(left)}
	}
	var received []string
	for _, r := range in.Receives {
		received = append(received, r.keys...)
	}
	slices.Sort(received)
	var warnings []error
	for _, u := range left {
		next := ": add"
		if near, ok := suggest.Name(u.key, received); ok {
			next = ", did you mean " + near + "? Otherwise add"
		}
		warnings = append(warnings, fmt.Errorf("no Receive takes key %s of %s%s fxevents.Receive(%q), or fxevents.ReceivedElsewhere(%q) if another process receives it",
			u.key, callsite.Named(u.by.ID, u.by.Source), next, u.key, u.key))
	}
	return warnings
}

// takes reports whether a call with these keys means the key.
func takes(keys []string, key string) bool { return len(keys) == 0 || slices.Contains(keys, key) }

// nothingReceives returns the warning for a process that receives nothing.
func nothingReceives(left []keyUse) error {
	by := callsite.Named(left[0].by.ID, left[0].by.Source)
	if len(left) == 1 {
		return fmt.Errorf("no fxevents.Receive takes the receiver key %s of %s: add fxevents.Receive(), or fxevents.ReceivedElsewhere(%q) if another process receives it",
			left[0].key, by, left[0].key)
	}
	keys := strings.Join(keysOf(left), ", ")
	return fmt.Errorf("no fxevents.Receive takes the receiver keys %s; the first one is that of %s: add fxevents.Receive(), or fxevents.ReceivedElsewhere(%s) if another process receives them",
		keys, by, `"`+strings.ReplaceAll(keys, ", ", `", "`)+`"`)
}
