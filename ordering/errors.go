package ordering

import (
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/callsite"
)

// PriorityError reports a text that is not a priority. A priority is first, last or a
// whole number that fits an int.
type PriorityError struct {
	Text       string
	OutOfRange bool
}

func (e *PriorityError) Error() string {
	if e.OutOfRange {
		return fmt.Sprintf("invalid priority %s: it is out of range, write first or last", e.Text)
	}
	return fmt.Sprintf("invalid priority %q: write first, last or a whole number", e.Text)
}

// DuplicateError reports two items with the same ID and event.
type DuplicateError struct {
	Items [2]int // indexes of the two
	ID    string
	Event string
	// Sources are where the two are registered.
	Sources [2]string
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s listens%s twice%s: drop one, or give it an ID of its own",
		e.ID, toEvent(e.Event), callsite.Both(e.Sources[0], e.Sources[1]))
}

// UnknownTargetError reports a hint whose target is not the ID of any listener.
type UnknownTargetError struct {
	Hint       Hint
	Suggestion string // a listener with a similar ID, or ""
}

func (e *UnknownTargetError) Error() string {
	next := fmt.Sprintf("correct it, or write %q if it may be absent", "?"+e.Hint.Target)
	if e.Suggestion != "" {
		next = fmt.Sprintf("did you mean %s? Write %q if it may be absent", e.Suggestion, "?"+e.Hint.Target)
	}
	return fmt.Sprintf("%s%s must run %s %s, but no listener has that ID: %s",
		e.Hint.Listener, callsite.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, next)
}

// NotListeningError reports a hint whose target exists, but not for the same event.
type NotListeningError struct {
	Hint         Hint
	Event        string // the event of the item that gave the hint
	TargetSource string // where the target is registered
}

func (e *NotListeningError) Error() string {
	return fmt.Sprintf("%s%s must run %s %s on %s, but %s%s does not listen to that: drop the hint, or write %q if that is intended",
		e.Hint.Listener, callsite.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, e.Event,
		e.Hint.Target, callsite.At(e.TargetSource), "?"+e.Hint.Target)
}

// BandError reports a hint that contradicts the order of the bands, see [Band].
type BandError struct {
	Hint         Hint
	Target       int    // index of the target's item
	TargetSource string // where the target is registered
}

func (e *BandError) Error() string {
	return fmt.Sprintf("%s%s must run %s %s%s, but all listeners of its band run on the other side of that: drop the hint",
		e.Hint.Listener, callsite.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, callsite.At(e.TargetSource))
}

// CycleError reports a cycle of hints, which no order satisfies.
type CycleError struct {
	Event string // the first one if several events were sorted together
	// Hints are the hints of the cycle, each starting at the listener where the one before
	// it ends: a before b, then c after b, then c before a.
	Hints []Hint
}

// maxHints limits the hints that a message lists. CycleError.Hints has all of them.
const maxHints = 20

func (e *CycleError) Error() string {
	if len(e.Hints) == 1 {
		h := e.Hints[0]
		return fmt.Sprintf("%s%s must run %s itself: drop the hint", h.Listener, callsite.At(h.Source), h.Side)
	}
	shown := e.Hints[:min(len(e.Hints), maxHints)]
	clauses := make([]string, len(shown))
	for i, h := range shown {
		clauses[i] = h.inCycle()
	}
	if left := len(e.Hints) - len(shown); left > 0 {
		clauses = append(clauses, fmt.Sprintf("so on for %d more hints, back to the first", left))
	}
	return strings.Join(clauses, ",\nand ") + ": drop one of the hints"
}

// inCycle returns the hint in words. It adds the listener's own place if the hint is
// written elsewhere.
func (h Hint) inCycle() string {
	own := ""
	if h.Registered != h.Source {
		own = callsite.At(h.Registered)
	}
	return fmt.Sprintf("%s%s must run %s %s%s", h.Listener, own, h.Side, h.Target, callsite.At(h.Source))
}

func toEvent(event string) string {
	if event == "" {
		return ""
	}
	return " to " + event
}
