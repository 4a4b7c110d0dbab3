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
	List    bool // Event is a list, see package fxevents; for the message
}

func (e *DuplicateError) Error() string {
	if e.List {
		return fmt.Sprintf("%s is contributed%s twice%s: drop one, or give it an ID of its own",
			e.ID, toEvent(e.Event), callsite.Both(e.Sources[0], e.Sources[1]))
	}
	return fmt.Sprintf("%s listens%s twice%s: drop one, or give it an ID of its own",
		e.ID, toEvent(e.Event), callsite.Both(e.Sources[0], e.Sources[1]))
}

// UnknownTargetError reports a hint whose target is not the ID of any listener, or a label
// that no listener has. If Rule is set, an entry of the application has the target, and
// Hint has only Target and Source.
type UnknownTargetError struct {
	Hint       Hint
	Rule       RuleKind
	Suggestion string // a similar ID or label, or ""
	List       bool   // the listener is in a list; for the message
}

func (e *UnknownTargetError) Error() string {
	has := "ID"
	if _, isLabel := labelOf(e.Hint.Target); isLabel {
		has = "label"
	}
	if e.Rule != "" {
		return e.rule(has)
	}
	next := fmt.Sprintf("correct it, or write %q if it may be absent", "?"+e.Hint.Target)
	if e.Suggestion != "" {
		next = fmt.Sprintf("did you mean %s? Write %q if it may be absent", e.Suggestion, "?"+e.Hint.Target)
	}
	nobody := "no listener"
	if e.List {
		nobody = "nothing in a list"
	}
	return fmt.Sprintf("%s%s must run %s %s, but %s has that %s: %s",
		e.Hint.Listener, callsite.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, nobody, has, next)
}

// rule returns the message for an entry of the application.
func (e *UnknownTargetError) rule(has string) string {
	next := fmt.Sprintf("correct it, or write %q if it may be absent", "?"+e.Hint.Target)
	if e.Suggestion != "" {
		next = fmt.Sprintf("did you mean %s? Write %q if it may be absent", e.Suggestion, "?"+e.Hint.Target)
	}
	return fmt.Sprintf("%s%s names %s, but no listener has that %s: %s", e.Rule.subject(), callsite.At(e.Hint.Source), e.Hint.Target, has, next)
}

// subject returns how messages call a rule.
func (k RuleKind) subject() string {
	if k == InOff {
		return "off"
	}
	return "a sequence"
}

// NotListeningError reports a hint whose target exists, but not for the same event. If
// Rule is set, an entry of the application has the target, and Hint has only Target and
// Source.
type NotListeningError struct {
	Hint         Hint
	Rule         RuleKind
	Event        string // the event of the item that gave the hint, or of the rule
	TargetSource string // where the target is registered
	List         bool   // Event is a list; for the message
}

func (e *NotListeningError) Error() string {
	if e.List {
		return e.notInList()
	}
	if e.Rule != "" {
		return fmt.Sprintf("%s%s names %s on %s, but %s%s does not listen to that: drop it, or write %q if that is intended",
			e.Rule.subject(), callsite.At(e.Hint.Source), e.Hint.Target, e.Event, e.Hint.Target, callsite.At(e.TargetSource), "?"+e.Hint.Target)
	}
	return fmt.Sprintf("%s%s must run %s %s on %s, but %s%s does not listen to that: drop the hint, or write %q if that is intended",
		e.Hint.Listener, callsite.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, e.Event,
		e.Hint.Target, callsite.At(e.TargetSource), "?"+e.Hint.Target)
}

// notInList returns the message for a list.
func (e *NotListeningError) notInList() string {
	who, drop := e.Hint.Listener+callsite.At(e.Hint.Source)+" must run "+string(e.Hint.Side), "the hint"
	if e.Rule != "" {
		who, drop = e.Rule.subject()+callsite.At(e.Hint.Source)+" names", "it"
	}
	return fmt.Sprintf("%s %s, but %s%s is not in the list %s: drop %s, or write %q if that is intended",
		who, e.Hint.Target, e.Hint.Target, callsite.At(e.TargetSource), e.Event, drop, "?"+e.Hint.Target)
}

// BandError reports a hint or a sequence that contradicts the order of the bands, see
// [Band].
type BandError struct {
	Hint         Hint
	Target       int // index of the target's item
	TargetID     string
	TargetSource string    // where the target is registered
	Band         Band      // of the target
	Keys         [2]string // the receiver keys of the target and of the listener
}

func (e *BandError) Error() string {
	if e.Hint.Sequence != nil {
		return e.sequence()
	}
	return fmt.Sprintf("%s%s must run %s %s%s, but all listeners of its band run on the other side of that: drop the hint",
		e.Hint.Listener, callsite.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, callsite.At(e.TargetSource))
}

// sequence returns the message for a sequence.
func (e *BandError) sequence() string {
	why := "all listeners of its band run on the other side of that"
	switch {
	case e.Band == Asynchronous && e.Keys[1] != "":
		why = fmt.Sprintf("their receiver keys differ, %s and %s, so they run independently of each other", e.Keys[0], e.Keys[1])
	case e.Band == Asynchronous:
		why = "asynchronous listeners such as that run after all others"
	}
	return fmt.Sprintf("a sequence%s has %s%s after %s, but %s: change the sequence", callsite.At(e.Hint.Source),
		e.Hint.Listener, callsite.At(e.Hint.Registered), callsite.Named(e.TargetID, e.TargetSource), why)
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
		return e.Hints[0].ofItself()
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

// ofItself returns the message for a hint of a listener that means itself.
func (h Hint) ofItself() string {
	if h.Sequence != nil {
		return fmt.Sprintf("a sequence means %s twice%s, also as %s: drop one of the entries", h.Listener, callsite.At(h.Source), h.Target)
	}
	if h.Target != h.Listener {
		return fmt.Sprintf("%s%s must run %s %s, but has that label itself: drop the hint or the label", h.Listener, callsite.At(h.Source), h.Side, h.Target)
	}
	return fmt.Sprintf("%s%s must run %s itself: drop the hint", h.Listener, callsite.At(h.Source), h.Side)
}

// inCycle returns the hint in words. It adds the listener's own place if the hint is
// written elsewhere, and the member of a label that is meant.
func (h Hint) inCycle() string {
	own, target := "", h.Target
	if h.Registered != h.Source {
		own = callsite.At(h.Registered)
	}
	if h.Sequence != nil {
		target += ", by a sequence"
	}
	text := fmt.Sprintf("%s%s must run %s %s%s", h.Listener, own, h.Side, target, callsite.At(h.Source))
	if h.Member != "" && h.Member != h.Target {
		text += ", a label of " + callsite.Named(h.Member, h.MemberSource)
	}
	return text
}

func toEvent(event string) string {
	if event == "" {
		return ""
	}
	return " to " + event
}
