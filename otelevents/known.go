package otelevents

import (
	"hash/maphash"
	"maps"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/rollcall-go/rollcall"
)

// The attributes. A name that is also the beginning of another would be a
// string and an object at once in some stores, hence the last parts.
const (
	eventKey     = attribute.Key("rollcall.event.name")
	listenerKey  = attribute.Key("rollcall.listener.id")
	indexKey     = attribute.Key("rollcall.listener.index")
	notCalledKey = attribute.Key("rollcall.dispatch.not_called")
	stoppedKey   = attribute.Key("rollcall.dispatch.stopped")
	stoppedByKey = attribute.Key("rollcall.dispatch.stopped_by")
	errorTypeKey = attribute.Key("error.type")
	stackKey     = attribute.Key("exception.stacktrace")
)

// How much is remembered. Beyond it, things are forgotten and made anew.
const (
	rows          = 128 // events, by a hash of the name,
	perRow        = 4   // in each
	listenersKept = 256 // of an event, beyond those of its present list
)

// known remembers the attributes of events and listeners, so that a dispatch
// makes none. Names may be made at run time and providers may change their
// lists, so it is bounded and holds neither lists nor listeners. It is a table in
// which an event has one of four places. If all four are full, it replaces another
// event. Reading the table takes no lock.
type known struct {
	seed  maphash.Seed
	turn  atomic.Uint32 // whose place is taken next
	table [rows][perRow]atomic.Pointer[knownEvent]
}

func newKnown() *known { return &known{seed: maphash.MakeSeed()} }

// event returns what is known about the event of this name.
func (k *known) event(name string) *knownEvent {
	row := &k.table[maphash.String(k.seed, name)%rows]
	for i := range row {
		switch e := row[i].Load(); {
		case e == nil:
			e = newKnownEvent(name)
			row[i].CompareAndSwap(nil, e) // else it is remembered the next time
			return e
		case e.name == name:
			return e
		}
	}
	e := newKnownEvent(name)
	row[k.turn.Add(1)%perRow].Store(e)
	return e
}

// knownEvent is what spans and metrics say about an event.
type knownEvent struct {
	name   string
	span   string // the span's name
	start  []trace.SpanStartOption
	add    []metric.AddOption
	record []metric.RecordOption

	listeners atomic.Pointer[map[place]*knownListener] // never changed, but replaced
}

// place identifies a listener of an event.
type place struct {
	id    string
	index int
}

// knownListener is what spans and metrics say about a listener.
type knownListener struct {
	span   string
	start  []trace.SpanStartOption
	add    []metric.AddOption
	record []metric.RecordOption
}

func newKnownEvent(name string) *knownEvent {
	set := metric.WithAttributeSet(attribute.NewSet(eventKey.String(name)))
	return &knownEvent{
		name:   name,
		span:   "dispatch " + name,
		start:  []trace.SpanStartOption{trace.WithAttributes(eventKey.String(name))},
		add:    []metric.AddOption{set},
		record: []metric.RecordOption{set},
	}
}

func newKnownListener(event string, at place) *knownListener {
	set := metric.WithAttributeSet(attribute.NewSet(eventKey.String(event), listenerKey.String(at.id)))
	return &knownListener{
		span: "call " + at.id,
		start: []trace.SpanStartOption{trace.WithAttributes(
			eventKey.String(event), listenerKey.String(at.id), indexKey.Int(at.index))},
		add:    []metric.AddOption{set},
		record: []metric.RecordOption{set},
	}
}

// listener returns what is known about the listener at an index of a list.
func (e *knownEvent) listener(list *rollcall.Listeners, i int) *knownListener {
	at := place{list.At(i).ID, i}
	if learned := e.listeners.Load(); learned != nil {
		if l, ok := (*learned)[at]; ok {
			return l
		}
	}
	return e.learn(list)[at]
}

// learn adds all listeners of a list at once. What another goroutine learns in the
// meantime may be lost, and is then learned again.
func (e *knownEvent) learn(list *rollcall.Listeners) map[place]*knownListener {
	learned := make(map[place]*knownListener, list.Len())
	if old := e.listeners.Load(); old != nil && len(*old) < listenersKept {
		maps.Copy(learned, *old)
	}
	for i, l := range list.All() {
		at := place{l.ID, i}
		if learned[at] == nil {
			learned[at] = newKnownListener(e.name, at)
		}
	}
	e.listeners.Store(&learned)
	return learned
}
