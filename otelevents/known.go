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

// The attributes. No name extends another one by a dot and a further part, because some
// stores would then need both a string and an object of the same name.
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

// The limits of the cache. Entries beyond them are replaced, and made again when needed.
const (
	rows          = 128 // rows of the table, by a hash of the event's name
	perRow        = 4   // events in a row
	listenersKept = 256 // listeners of an event, besides those of its current list
)

// known caches the attributes of events and listeners, so that a dispatch does not create
// them. Event names may be made at run time, and providers may change their lists. The
// cache is therefore bounded, and holds no lists or listeners. It is a table in which an
// event has one of four places. If all four are taken, the event replaces another one.
// Reading the table takes no lock.
type known struct {
	seed  maphash.Seed
	turn  atomic.Uint32 // counts replacements, to select the next place
	table [rows][perRow]atomic.Pointer[knownEvent]
}

func newKnown() *known { return &known{seed: maphash.MakeSeed()} }

// event returns the attributes of the event of this name.
func (k *known) event(name string) *knownEvent {
	row := &k.table[maphash.String(k.seed, name)%rows]
	for i := range row {
		switch e := row[i].Load(); {
		case e == nil:
			e = newKnownEvent(name)
			row[i].CompareAndSwap(nil, e) // if that fails, a later call caches the event
			return e
		case e.name == name:
			return e
		}
	}
	e := newKnownEvent(name)
	row[k.turn.Add(1)%perRow].Store(e)
	return e
}

// knownEvent has the attributes of an event for spans and metrics.
type knownEvent struct {
	name   string
	span   string // the span's name
	start  []trace.SpanStartOption
	add    []metric.AddOption
	record []metric.RecordOption

	listeners atomic.Pointer[map[place]*knownListener] // the map is replaced, never changed
}

// place identifies a listener of an event.
type place struct {
	id    string
	index int
}

// knownListener has the attributes of a listener for spans and metrics.
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

// listener returns the attributes of the listener at an index of a list.
func (e *knownEvent) listener(list *rollcall.Listeners, i int) *knownListener {
	at := place{list.At(i).ID, i}
	if learned := e.listeners.Load(); learned != nil {
		if l, ok := (*learned)[at]; ok {
			return l
		}
	}
	return e.learn(list)[at]
}

// learn adds all listeners of a list at once. Listeners that another goroutine adds at
// the same time may be lost. They are added again when they are next needed.
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
