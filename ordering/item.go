package ordering

import (
	"strconv"
	"strings"
)

// Item is one listener of one event, as the sort sees it. A listener of two
// events is two items with the same ID. The order of a slice of items is the declared
// order.
type Item struct {
	ID        string
	Event     string // what it listens to
	Placement Placement
	Band      Band
	Key       string // the receiver key of an asynchronous listener; for reasons and sequences
	Forgiving bool   // all of its targets are optional
	Source    string // where the listener is registered, such as "recipes/module.go:21"; only for messages
}

// hintSource returns where the item's hints are written.
func (it Item) hintSource() string {
	if it.Placement.Source != "" {
		return it.Placement.Source
	}
	return it.Source
}

// Band is a section of an event's order, such as the listeners that provider.Mutable
// prepends. All items of one band run before those of the next, whatever their placements
// say. A hint that contradicts this is a [BandError]. An item whose anchor is in another
// band stays in its own band. It is sorted there as if it had the anchor's place, so it
// need not be the item nearest to the anchor.
type Band int8

// The bands, in the order in which they run. Items are Normal by default.
const (
	Prepended Band = iota - 1
	Normal
	Appended
	Asynchronous
)

// Side says on which side of its target a hint puts a listener.
type Side string

// The two sides.
const (
	Before Side = "before"
	After  Side = "after"
)

// Hint is one before or after of one listener. A sequence of the application counts as
// hints of its later listeners, see [Sequence].
type Hint struct {
	Listener   string // ID of the listener that gave it
	Item       int    // index of the listener's item; -1 if no listener gave it
	Side       Side
	Target     string // an ID, or "@" and a label
	Source     string // where it is written
	Registered string // where the listener is registered

	Sequence *Sequence // the sequence that gave it, or nil
	// Members are the IDs of the listeners with the label of Target. In a cycle, Member is
	// the one that the cycle goes through, and MemberSource is the place of its registration.
	Members              []string
	Member, MemberSource string
}

// means reports whether both are hints of one listener that mean the same, in whatever way
// they are given.
func (h Hint) means(other Hint) bool {
	return h.Item == other.Item && h.Side == other.Side && h.Target == other.Target
}

// target returns the target for a reason: with the members of a label, and with the place
// of a sequence.
func (h Hint) target() string {
	var notes []string
	if len(h.Members) > 0 {
		notes = append(notes, listed(h.Members))
	}
	if h.Sequence != nil && h.Source != "" {
		notes = append(notes, h.Source)
	}
	if len(notes) == 0 {
		return h.Target
	}
	return h.Target + " (" + strings.Join(notes, "; ") + ")"
}

// maxMembers limits the members of a label that a text names.
const maxMembers = 3

func listed(ids []string) string {
	if more := len(ids) - maxMembers; more > 1 {
		return strings.Join(ids[:maxMembers], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(ids, ", ")
}

// String is the hint in words, such as "audit.Log before recipes.Indexer".
func (h Hint) String() string {
	return h.Listener + " " + string(h.Side) + " " + h.Target
}

// Order is one event's listeners in the order in which they run.
type Order struct {
	Event  string
	Placed []Placed
	Off    []SwitchedOff // in declared order
	// Sequences are those that hold for the event.
	Sequences []Sequence
}

// Placed is one item of an order, with the reason for its place.
type Placed struct {
	Item   int // index into the slice passed to Sort or NewSet
	Reason Reason
}

// Reason explains why a listener is at its place.
type Reason struct {
	// Priority is what placed it if Beside is nil.
	Priority Priority
	// Beside is the listener's own hint that put it next to its target instead. It is nil
	// if the priority placed the listener.
	Beside *Hint
	// Apart says that the target of Beside has been moved away since, or is in another
	// band.
	Apart bool
	// Moved is the hint that moved the listener away from that place, or nil. A Before of
	// its own moves a listener up. An After of its own, or a Before of another listener,
	// moves it down.
	Moved *Hint
	// Tie is the ID of the next listener if only declared order puts it later, or "".
	Tie string

	id, key string
}

// String is the reason in one short sentence, such as "priority 10",
// "right after recipes.Indexer",
// "priority 10, moved down to run after audit.Log" or
// "priority 0 (default), before search.Indexer as declared". For an asynchronous listener, it says
// that the priority counts among the listeners of one receiver key only:
// "asynchronous, first of key mail".
func (r Reason) String() string {
	text := r.place()
	if r.key != "" {
		text = "asynchronous, " + text
	}
	switch {
	case r.Tie != "":
		text += ", before " + r.Tie + " as declared"
	case r.Moved == nil:
	case r.Moved.Listener != r.id:
		text += ", moved down because " + r.Moved.Listener + " must run before " + r.Moved.it()
	case r.Moved.Side == Before:
		text += ", moved up to run before " + r.Moved.target()
	default:
		text += ", moved down to run after " + r.Moved.target()
	}
	return text
}

// it returns how a reason of its target calls the target.
func (h Hint) it() string {
	if _, isLabel := labelOf(h.Target); isLabel {
		return h.Target
	}
	return "it"
}

func (r Reason) place() string {
	switch {
	case r.Beside == nil && r.key != "":
		return r.Priority.describe() + " of key " + r.key
	case r.Beside == nil:
		return r.Priority.describe()
	case r.Apart:
		return string(r.Beside.Side) + " " + r.Beside.Target
	}
	return "right " + string(r.Beside.Side) + " " + r.Beside.Target
}
