package vet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/transport"
)

// checkKeys reports receiver keys that no listener has, or that can't be used.
func (a *application) checkKeys() {
	a.checkAsync()
	if !a.complete() {
		return
	}
	known := a.keys()
	for i := range a.assembly.Children {
		if x := &a.assembly.Children[i]; x.Kind == subscription {
			a.unknownKeys(x, known, false)
		}
	}
	for _, x := range a.of(receive, inbox) {
		a.unknownKeys(x, known, true)
	}
	for _, e := range a.of(eventPart) {
		for _, x := range e.Children {
			if x.Hidden || x.Kind != published {
				return // its keys are not known
			}
			known = append(known, x.Keys...)
		}
	}
	for _, x := range a.of(elsewhere) {
		a.unknownKeys(x, known, true)
	}
}

// keys returns the receiver keys of the listeners, without those of fxevents.Published.
func (a *application) keys() []string {
	var known []string
	for _, g := range a.groups {
		for _, m := range g.listeners {
			if key := m.fields.Async; key != "" && m.Kind == listener && !slices.Contains(known, key) {
				known = append(known, key)
			}
		}
	}
	return known
}

func (a *application) unknownKeys(x *part, known []string, all bool) {
	what := x.Call + " at " + x.At
	if x.Hidden {
		return
	}
	if all && len(known) == 0 {
		a.problem(unknownKey, x, fmt.Sprintf("%s: no listener is asynchronous: give a listener's tag a receiver key, as async:%s, or drop this option",
			what, strconv.Quote(append(slices.Clip(x.Keys), "mail")[0])))
		return
	}
	for _, key := range x.Keys {
		if slices.Contains(known, key) {
			continue
		}
		near, _ := suggest.Name(key, known)
		a.inText(unknownKey, x, key, near, fmt.Sprintf("%s: no listener has the receiver key %q%s", what, key, suggest.Correction(key, known)))
	}
}

// checkAsync reports receiver keys that can't be used.
func (a *application) checkAsync() {
	for i, g := range a.groups {
		for _, m := range g.listeners {
			if m.fields.Async == "" {
				continue
			}
			if i > 0 {
				a.problem(badAsync, m.part, m.async(fmt.Sprintf("it is in the group %s, and only the provider without a name publishes events: drop the tag's async, or its group", g.part.Group)))
			} else if problem := subscriptionProblem(transport.Subscription{Event: "any", Key: m.fields.Async}); problem != "" {
				a.inText(badAsync, m.part, m.fields.Async, "", m.async(problem))
			}
			if e := a.catalog.declared(m); i == 0 && e != nil && e.Name != "" && !e.Type.Interface {
				if problem := subscriptionProblem(transport.Subscription{Event: e.Name}); problem != "" {
					a.problem(badAsync, m.part, m.async(fmt.Sprintf("its event %q%s can't be published: %s: declare it with another name", e.Name, callsite.At(e.At), problem)))
				}
			}
		}
	}
}

// async returns a message about an asynchronous listener.
func (m *member) async(problem string) string { return m.problem("is asynchronous, but %s", problem) }

func subscriptionProblem(s transport.Subscription) string {
	var problem *transport.SubscriptionError
	if _, err := s.Check(); errors.As(err, &problem) {
		return problem.Problem
	}
	return ""
}

const transportType = transportPath + ".Transport"

// checkTransport reports an asynchronous listener in an application without a transport.
func (a *application) checkTransport() {
	if !a.closed() || len(a.of(transporter)) > 0 {
		return
	}
	for _, x := range a.parts {
		if x.Func != nil && (x.Kind == provide || x.Kind == supply) {
			if x.Func.Unknown || slices.ContainsFunc(x.Func.Gives, func(t typeInfo) bool { return t.ID == transportType }) {
				return
			}
		}
	}
	for _, g := range a.groups {
		for _, m := range g.listeners {
			if m.fields.Async != "" {
				a.problem(noTransport, m.part, m.async("the application has no transport, or lacks something that the transport's constructor takes: provide a transport with fxevents.Transport, "+
					"or use fxnats.Module of github.com/rollcall-go/rollcall/transport/natsevents/fxnats instead of fxevents.Module for an embedded one"))
				return
			}
		}
	}
}
