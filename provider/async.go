package provider

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
)

// hintsAcrossKeys returns an error for each hint that puts a listener after an
// asynchronous one, unless both have the same receiver key. For why asynchronous listeners
// come last, see docs/decisions/async-last.md.
func (s *sorter) hintsAcrossKeys() error {
	if !slices.ContainsFunc(s.members, func(m member) bool { return m.Async != "" }) {
		return nil
	}
	byTarget := s.byTarget()
	var problems []error
	check := func(earlier, later member) {
		if earlier.Async != "" && earlier.Async != later.Async && s.matcher.overlap(earlier.Event, later.Event) {
			problems = append(problems, notAfter(earlier, later))
		}
	}
	for _, m := range s.members {
		for _, t := range m.Placement.Before {
			for _, later := range byTarget[t.ID] {
				check(m, later)
			}
		}
		for _, t := range m.Placement.After {
			for _, earlier := range byTarget[t.ID] {
				check(earlier, m)
			}
		}
	}
	return errors.Join(problems...)
}

// byTarget returns the members that each target means. Of a label, it has one for each
// event and receiver key.
func (s *sorter) byTarget() map[string][]member {
	type kind struct {
		label, async string
		key          event.Key
	}
	byTarget, seen := map[string][]member{}, map[kind]bool{}
	for _, m := range s.members {
		byTarget[m.ID] = append(byTarget[m.ID], m)
		for _, label := range m.Placement.Labels {
			if k := (kind{label, m.Async, m.Event}); !seen[k] {
				seen[k] = true
				byTarget["@"+label] = append(byTarget["@"+label], m)
			}
		}
	}
	return byTarget
}

// notAfter returns the error for a hint that makes later run after earlier. That is
// impossible, because earlier runs independently of later.
func notAfter(earlier, later member) error {
	way, next := "a dispatch does not wait for", "make "+later.ID+" asynchronous with the same key"
	switch {
	case later.Async != "":
		way, next = fmt.Sprintf("the receivers of %s do not wait for", later.Async), "give both the same key"
	case earlier.forgive || later.forgive: // one of them is added at run time, and can't be asynchronous
		next = "don't add " + later.ID
	}
	return &rollcall.EventError{Listener: later.ID, Source: later.Source, Event: later.Event.String(), Problem: fmt.Sprintf(
		"must run after %s, which %s, because its receiver key is %s: drop the hint, or %s", callsite.Named(earlier.ID, earlier.Source), way, earlier.Async, next)}
}
