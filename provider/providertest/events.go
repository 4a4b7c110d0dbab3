package providertest

import (
	"context"
	"fmt"
	"reflect"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
)

// The events of the kit, and the interfaces that some of them implement.
type (
	created struct{ id int }
	updated struct{ id int } // an event by value; a pointer to it is an event of another type
	moved   struct{ name string }

	change  interface{ change() }
	audited interface{ audited() }
)

func (*created) change()  {}
func (*created) audited() {}
func (updated) change()   {}
func (*moved) change()    {}
func (*moved) audited()   {}

// EventName returns the name.
func (m *moved) EventName() string { return m.name }

// sample is an event for the checks to dispatch.
type sample struct {
	event any
	// ways returns ways to dispatch the event through a provider: untyped, and with an
	// emitter of its type. Each way remembers answers.
	ways func(rollcall.Provider) []dispatch
}

// dispatch dispatches one event and returns the errors of all listeners.
type dispatch func(context.Context) error

// samples returns events of every kind. A type has several samples if its answer may
// depend on more than the type.
func samples() []sample {
	return []sample{
		sampleOf(&created{1}), sampleOf(&created{2}), sampleOf(created{3}),
		sampleOf(updated{4}), sampleOf(&updated{5}),
		sampleOf(&moved{"thing.moved"}), sampleOf(&moved{"thing.renamed"}), sampleOf(&moved{"thing.lost"}),
		sampleOf(&event.Generic{Name: "thing.moved"}), sampleOf("text"),
	}
}

func sampleOf[E any](e E) sample {
	return sample{e, func(p rollcall.Provider) []dispatch {
		d := rollcall.NewDispatcher(p, rollcall.CollectErrors())
		emitter := rollcall.NewEmitter[E](d)
		return []dispatch{
			func(ctx context.Context) error { return d.Dispatch(ctx, e) },
			func(ctx context.Context) error { return emitter.Emit(ctx, e) },
		}
	}}
}

// String returns the type of the event, and its name if it has one.
func (s sample) String() string {
	if named, ok := s.event.(event.Named); ok {
		return fmt.Sprintf("%T %q", s.event, named.EventName())
	}
	return fmt.Sprintf("%T", s.event)
}

// everybody returns listeners of every kind, mixed.
func everybody() []rollcall.Listener {
	return []rollcall.Listener{
		on[change]("change.A"), on[*created]("created.A"), on[any]("any"),
		onName("name.A", "thing.moved"), on[*moved]("moved.A"), on[audited]("audited"),
		on[updated]("updated"), on[*created]("created.B"), on[change]("change.B"),
		onName("othername", "thing.renamed"), onName("name.B", "thing.moved"), on[*moved]("moved.B"),
	}
}

// on returns a listener of all events of type E. Its function returns a *heard as its
// error.
func on[E any](id string) rollcall.Listener {
	return rollcall.NewListener[E](id, func(ctx context.Context, e E) error {
		return &heard{by: id, event: e, mark: ctx.Value(markKey{})}
	})
}

// onName returns a listener of the events that have the name.
func onName(id, name string) rollcall.Listener {
	l := on[event.Named](id)
	l.Event = event.NameKey(name)
	return l
}

// heard records the call of a listener. The listener returns a heard as its error, so
// that concurrent calls share no state.
type heard struct {
	by    string
	event any
	mark  any
}

func (h *heard) Error() string { return fmt.Sprintf("%s was called with a %T", h.by, h.event) }

type markKey struct{}

// hears reports whether a listener of the key must be returned for the event.
func hears(k event.Key, ev any) bool {
	switch {
	case k.Type() == nil:
		named, ok := ev.(event.Named)
		return ok && named.EventName() == k.Name()
	case k.IsInterface():
		return reflect.TypeOf(ev).Implements(k.Type())
	}
	return k.Type() == reflect.TypeOf(ev)
}

// audience returns the IDs of the listeners that an answer for the event must have, in
// order.
func audience(given []rollcall.Listener, ev any) []string {
	var ids []string
	for _, l := range given {
		if hears(l.Event, ev) {
			ids = append(ids, l.ID)
		}
	}
	return ids
}
