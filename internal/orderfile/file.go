package orderfile

import (
	"fmt"

	"github.com/rollcall-go/rollcall/ordering"
)

// File is an order file that has been read.
type File struct {
	Name      string // as given to Parse; for messages
	Providers []Provider
	Listeners []Listener // in the file's order, which is declared order
	Sequences []Rule
	Off       []Rule
	Ties      []Tie
}

// Rule is what sequence or off says of one event or list.
type Rule struct {
	Event    string // Every for all events and lists
	Position Position
	Entries  []Entry
}

// Every is what a rule for all events and lists is for.
const Every = "*"

// Entry is a target in a rule.
type Entry struct {
	ordering.Entry
	Position Position
}

// Tie accepts the ties of one event or list.
type Tie struct {
	Event    string
	Position Position
}

// Provider is a service that collects listeners.
type Provider struct {
	ID          string
	ListenerTag string // the tag that its listeners carry
	Position    Position
}

// Listener is one tag of a service: a listener of one event, or a contribution to a list.
type Listener struct {
	ID        string
	Tag       string // the tag's name, which is the listener_tag of its provider
	Event     string // or the name of the list
	List      bool
	Placement ordering.Placement // its Source is the tag's place
	Optional  bool               // the application need not have it
	Position  Position           // of the tag

	EventPosition Position
	targets       map[ordering.Side][]Position // in the order of the placement's lists
}

// Position is a place in a file. Lines and columns count from 1, columns in
// characters.
type Position struct{ Line, Column int }

// DefaultListenerTag is the listener tag of a provider that sets none. DefaultProvider is
// the ID of the provider in a file that declares none.
const (
	DefaultListenerTag = "event_listener"
	DefaultProvider    = "default"
)

const providerTag = "listener_provider"

// MaxSize is the maximum size of a file in bytes.
const MaxSize = 10 << 20

// source returns a place as messages show it.
func (f *File) source(p Position) string { return fmt.Sprintf("%s:%d", f.Name, p.Line) }

// TargetPosition returns the position of a hint of the listener, or that of the tag if
// the listener has no such hint. If the hint is written twice, it prefers the target that
// is not optional.
func (l Listener) TargetPosition(h ordering.Hint) Position {
	targets := l.Placement.Before
	if h.Side == ordering.After {
		targets = l.Placement.After
	}
	at := l.Position
	for i, t := range targets {
		if t.ID != h.Target || i >= len(l.targets[h.Side]) {
			continue
		}
		if !t.Optional {
			return l.targets[h.Side][i]
		}
		if at == l.Position {
			at = l.targets[h.Side][i]
		}
	}
	return at
}
