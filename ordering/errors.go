package ordering

import (
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/source"
)

// Kind names a sort of problem; the values are those of the order command.
type Kind string

// The kinds of problem that this package finds.
const (
	KindInvalidPriority Kind = "invalid_priority"
	KindDuplicate       Kind = "duplicate"
	KindUnknownTarget   Kind = "unknown_target"
	KindNotListening    Kind = "not_listening"
	KindBand            Kind = "band"
	KindCycle           Kind = "cycle"
)

// Error is what every problem of this package is. Use errors.As with one of
// the concrete types for its parts; several problems come joined, as by
// errors.Join.
type Error interface {
	error
	Kind() Kind
}

// PriorityError is a priority that is neither first nor last nor a whole number,
// or a number that is too large.
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

// Kind is KindInvalidPriority.
func (*PriorityError) Kind() Kind { return KindInvalidPriority }

// DuplicateError is a listener that stands twice for one event.
type DuplicateError struct {
	Items [2]int // indexes of the two
	ID    string
	Event string
	// Sources are where the two are registered.
	Sources [2]string
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s listens%s twice%s: drop one, or give it an ID of its own",
		e.ID, toEvent(e.Event), source.Both(e.Sources[0], e.Sources[1]))
}

// Kind is KindDuplicate.
func (*DuplicateError) Kind() Kind { return KindDuplicate }

// UnknownTargetError is a hint whose target is no listener at all.
type UnknownTargetError struct {
	Item       int // index of the item that gave the hint
	Hint       Hint
	Suggestion string // a listener with a similar ID, or ""
}

func (e *UnknownTargetError) Error() string {
	next := fmt.Sprintf("correct it, or write %q if it may be absent", "?"+e.Hint.Target)
	if e.Suggestion != "" {
		next = fmt.Sprintf("did you mean %s? Write %q if it may be absent", e.Suggestion, "?"+e.Hint.Target)
	}
	return fmt.Sprintf("%s%s must run %s %s, but no listener has that ID: %s",
		e.Hint.Listener, source.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, next)
}

// Kind is KindUnknownTarget.
func (*UnknownTargetError) Kind() Kind { return KindUnknownTarget }

// NotListeningError is a hint between listeners that share no event.
type NotListeningError struct {
	Item         int // index of the item that gave the hint
	Hint         Hint
	Event        string // the event of that item
	TargetSource string // where the target is registered
}

func (e *NotListeningError) Error() string {
	return fmt.Sprintf("%s%s must run %s %s on %s, but %s%s does not listen to that: drop the hint, or write %q if that is intended",
		e.Hint.Listener, source.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, e.Event,
		e.Hint.Target, source.At(e.TargetSource), "?"+e.Hint.Target)
}

// Kind is KindNotListening.
func (*NotListeningError) Kind() Kind { return KindNotListening }

// BandError is a hint that the order of the bands contradicts.
type BandError struct {
	Item, Target int // indexes of the item that gave the hint, and of its target
	Hint         Hint
	TargetSource string // where the target is registered
}

func (e *BandError) Error() string {
	return fmt.Sprintf("%s%s must run %s %s%s, but all listeners of its band run on the other side of that: drop the hint",
		e.Hint.Listener, source.At(e.Hint.Source), e.Hint.Side, e.Hint.Target, source.At(e.TargetSource))
}

// Kind is KindBand.
func (*BandError) Kind() Kind { return KindBand }

// CycleError is a ring of hints that no order satisfies.
type CycleError struct {
	Event string
	// Steps are the hints around the ring: what one step puts later, the
	// next puts earlier, and the last leads back to the first.
	Steps []Step
}

// Step is one hint of a cycle.
type Step struct {
	Hint   Hint
	Item   int    // index of the item that gave the hint
	Source string // where that item is registered
}

// maxSteps bounds the steps that a message spells out; Steps has them all.
const maxSteps = 20

func (e *CycleError) Error() string {
	if len(e.Steps) == 1 {
		s := e.Steps[0]
		return fmt.Sprintf("%s%s must run %s itself: drop the hint", s.Hint.Listener, source.At(s.Hint.Source), s.Hint.Side)
	}
	shown := e.Steps[:min(len(e.Steps), maxSteps)]
	clauses := make([]string, len(shown))
	for i, s := range shown {
		clauses[i] = s.String()
	}
	if left := len(e.Steps) - len(shown); left > 0 {
		clauses = append(clauses, fmt.Sprintf("so on for %d more hints, back to the first", left))
	}
	return strings.Join(clauses, ",\nand ") + ": drop one of the hints"
}

// String is the step in words. A listener's own place is told where the hint
// is written elsewhere.
func (s Step) String() string {
	own := ""
	if s.Source != s.Hint.Source {
		own = source.At(s.Source)
	}
	return fmt.Sprintf("%s%s must run %s %s%s", s.Hint.Listener, own, s.Hint.Side, s.Hint.Target, source.At(s.Hint.Source))
}

// Kind is KindCycle.
func (*CycleError) Kind() Kind { return KindCycle }

func toEvent(event string) string {
	if event == "" {
		return ""
	}
	return " to " + event
}
