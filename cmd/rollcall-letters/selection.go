package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// selection says which dead letters are meant: those that meet all conditions that are set.
type selection struct {
	event, key   text
	reason       string // a part of the reason
	older, newer duration
	ids          []string
}

func (s *selection) flags(flags *flag.FlagSet) {
	flags.Var(&s.event, "event", "")
	flags.Var(&s.key, "key", "")
	flags.StringVar(&s.reason, "reason", "", "")
	flags.Var(&s.older, "older", "")
	flags.Var(&s.newer, "newer", "")
}

// isNamed reports whether the selection names one receiver.
func (s selection) isNamed() bool { return s.event.set && s.key.set }

// any reports whether there is any condition.
func (s selection) any() bool {
	return s.event.set || s.key.set || s.reason != "" || s.older.set || s.newer.set || len(s.ids) > 0
}

// has reports whether a dead letter meets all conditions. Its receiver was chosen before.
// A letter whose time is unknown is neither old nor new.
func (s selection) has(l transport.DeadLetter, now time.Time) bool {
	age := now.Sub(l.At)
	switch {
	case (s.older.set || s.newer.set) && l.At.IsZero() && !s.all():
		return false
	case s.older.set && !l.At.IsZero() && age < s.older.value:
		return false
	case s.newer.set && age > s.newer.value:
		return false
	case len(s.ids) > 0 && !slices.Contains(s.ids, l.ID):
		return false
	}
	return strings.Contains(l.Reason, s.reason)
}

// all reports whether the ages select all letters: -older 0s does.
func (s selection) all() bool { return s.older.set && s.older.value == 0 && !s.newer.set }

// missing returns an error if no letter with one of the IDs was selected.
func (s selection) missing(found map[string]bool) error {
	var absent []string
	for _, id := range s.ids {
		if !found[id] {
			absent = append(absent, word(id))
		}
	}
	switch len(absent) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("no selected dead letter has the ID %s", absent[0])
	}
	return fmt.Errorf("no selected dead letter has one of the IDs %s", strings.Join(absent, ", "))
}
