package provider

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/source"
)

// invalid joins what is wrong with each listener by itself.
func invalid(listeners []rollcall.Listener) error {
	var problems []error
	for _, l := range listeners {
		problems = append(problems, l.Err())
	}
	return errors.Join(problems...)
}

// mistaken joins what is wrong with the listeners of a provider without declarations:
// those that are invalid, asynchronous, or unable to take their event.
func mistaken(listeners []rollcall.Listener) error {
	problems := []error{invalid(listeners)}
	for _, l := range listeners {
		if l.Async != "" {
			problems = append(problems, &rollcall.AsyncError{Listener: l.ID, Source: l.Source,
				Problem: "only a provider that provider.Build makes publishes events: drop the tag's async"})
		}
	}
	_, err := catalogOf(nil).Resolve(slices.Clone(listeners))
	return errors.Join(append(problems, err)...)
}

// duplicates joins an *ordering.DuplicateError for each ID that an event has twice.
func duplicates(listeners []rollcall.Listener) error {
	members := make([]member, len(listeners))
	for i := range listeners {
		bare := listeners[i]
		bare.Placement.Before, bare.Placement.After = nil, nil
		members[i].Listener = &bare
	}
	_, err := newSorter(members, nil)
	return err
}

// copied returns deep copies of listeners.
func copied(listeners []rollcall.Listener) []rollcall.Listener {
	listeners = slices.Clone(listeners)
	for i := range listeners {
		p := &listeners[i].Placement
		p.Before, p.After = slices.Clone(p.Before), slices.Clone(p.After)
	}
	return listeners
}

// badDeclarations joins a *DeclarationError for each event that can't be declared like
// that.
func badDeclarations(events []rollcall.Declaration) error {
	var problems []error
	byKey, byName := map[event.Key]rollcall.Declaration{}, map[string]rollcall.Declaration{}
	for _, e := range events {
		first, twice := byKey[e.Key]
		namesake, taken := byName[e.Name]
		switch {
		case e.Key == event.Key{}:
			problems = append(problems, &DeclarationError{Event: e, Problem: fmt.Sprintf(
				"event %q%s has no key: declare it with rollcall.Declare", e.Name, source.At(e.Source))})
			continue
		case e.Key.Type() == nil && e.Name != "":
			problems = append(problems, &DeclarationError{Event: e, Problem: fmt.Sprintf(
				"event %q%s has the key of a name, %v, where its type belongs: declare it with rollcall.Declare", e.Name, source.At(e.Source), e.Key)})
			continue
		case twice:
			problems = append(problems, &DeclarationError{Event: e, Other: first, Problem: fmt.Sprintf(
				"event %v is declared twice%s: declare it once, where it is defined", e.Key, source.Both(first.Source, e.Source))})
			continue
		case taken && e.Name != "":
			problems = append(problems, &DeclarationError{Event: e, Other: namesake, Problem: fmt.Sprintf(
				"events %v and %v are both named %s%s: give each a name of its own", namesake.Key, e.Key, e.Name, source.Both(namesake.Source, e.Source))})
		}
		byKey[e.Key], byName[e.Name] = e, e
	}
	return errors.Join(problems...)
}
