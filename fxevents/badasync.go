package fxevents

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
)

// badAsync is what is wrong with an asynchronous listener of the provider at an
// index: its place, its receiver key or its event.
func (a *Assembly) badAsync(l *provider.Listener, index int, events []provider.Event) error {
	if p := a.settings.providers[index]; p.name != "" {
		return asyncError(l, "it is in the group %s: only the provider without a name publishes events, since receivers know no providers", p.group)
	}
	var problems []error
	if problem := subscriptionProblem(transport.Subscription{Event: "any", Key: l.Async}); problem != "" {
		problems = append(problems, asyncError(l, "%s", problem))
	}
	if i := slices.IndexFunc(events, func(e provider.Event) bool { return e.Key == l.Event }); i >= 0 {
		problems = append(problems, a.badEvent(l, events[i]))
	}
	return errors.Join(problems...)
}

// badEvent is why an event that is declared can't travel as it is. That it has
// no name, or no one type, provider.Build tells.
func (a *Assembly) badEvent(l *provider.Listener, e provider.Event) error {
	if e.Name == "" || e.Key.IsInterface() {
		return nil
	}
	if problem := subscriptionProblem(transport.Subscription{Event: e.Name}); problem != "" {
		return asyncError(l, "its event %q%s can't leave the process: %s: declare it with another", e.Name, source.At(e.Source), problem)
	}
	if _, ok := a.outbox.codec.(transport.JSON); ok && isEmptyInJSON(e.Key.Type()) {
		return asyncError(l, "its event %v%s would arrive empty, as JSON has the exported fields and it has none: "+
			"export some, give it MarshalJSON and UnmarshalJSON, or give fxevents.Module an fxevents.Codec", e.Key, source.At(e.Source))
	}
	return nil
}

func asyncError(l *provider.Listener, format string, args ...any) error {
	return &provider.AsyncError{Listener: l.ID, Source: l.Source, Problem: fmt.Sprintf(format, args...)}
}

func subscriptionProblem(s transport.Subscription) string {
	var problem *transport.SubscriptionError
	if _, err := s.Check(); errors.As(err, &problem) {
		return problem.Problem
	}
	return ""
}

// isEmptyInJSON says whether events of a type have something in them of which
// encoding/json writes nothing. What an embedded type hides is that type's own
// matter: an event.Propagation means nothing to a receiver.
func isEmptyInJSON(t reflect.Type) bool {
	if t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return false
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	hidden := false
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Anonymous: // its own fields are visible too
			if !isStruct(f.Type) && f.IsExported() {
				return false
			}
		case f.IsExported():
			return false
		case len(f.Index) == 1 && f.Name != "_":
			hidden = true
		}
	}
	return hidden
}

func isStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}
