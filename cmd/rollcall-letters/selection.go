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
func (s selection) has(l transport.DeadLetter, now time.Time) bool {
	return s.hasAge(l.At, now) && (len(s.ids) == 0 || slices.Contains(s.ids, l.ID)) && strings.Contains(l.Reason, s.reason)
}

// hasAge reports whether a letter that died at a time is meant. One whose time is unknown is
// neither old nor new, but -older 0s means all. The clock of the server may be ahead.
func (s selection) hasAge(died, now time.Time) bool {
	switch age := max(0, now.Sub(died)); {
	case s.older.value == 0 && !s.newer.set:
		return true
	case died.IsZero():
		return false
	default:
		return age >= s.older.value && (!s.newer.set || age <= s.newer.value)
	}
}

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
