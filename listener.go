package rollcall

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

// Listener is one function for one event key. Make it with [NewListener], [Lazy],
// [FromFunc] or [FromValue]. The exported fields may be changed until the listener
// is given to a provider. The zero Listener has no function, and every provider
// refuses it.
type Listener struct {
	ID        string    // unique in its provider for each event
	Event     event.Key // what it listens to
	Placement ordering.Placement
	Source    string // where it was made, such as "recipes/module.go:21"

	// Async is the receiver key of an asynchronous listener, such as "mail". A receiver
	// of that key calls the listener. Async is "" if a dispatch calls it. When all other
	// listeners have succeeded, a dispatch publishes the event once for all asynchronous
	// listeners, with [Declaration].Publish.
	Async string

	fn          *function // nil in the zero Listener
	once        *once     // set by Once, otherwise nil
	publication *publication
	declared    int // see bridge.PlaceListener
}

// Func lists the forms of a function that listens to the event type E. The forms
// without an error never fail. Those with an [Origin] learn the event's name and
// can dispatch further events.
type Func[E any] interface {
	func(E) | func(E) error |
		func(context.Context, E) | func(context.Context, E) error |
		func(context.Context, E, Origin) | func(context.Context, E, Origin) error
}

// NewListener returns a listener to the event type E, or to the event that the tag names.
// The optional tag may have the keys event, priority, labels, before, after and async, see
// package tags. If id is empty, the ID is the function's name, such as
// "recipes.Indexer.OnCreated". Give a function literal an id: its own name, such as
// "recipes.Module.func1", changes with the code around it.
//
// NewListener never fails. [Listener.Err] and every provider report a nil function, a
// bad tag or more than one tag.
func NewListener[E any, F Func[E]](id string, f F, tag ...tags.Tag) Listener {
	fn := functionOf[E](f)
	if reflect.ValueOf(f).IsNil() {
		fn.err = errors.New("its function is nil")
	}
	if id == "" {
		id, _ = callsite.Func(f)
	}
	return newListener[E](id, fn, tag)
}

// FromFunc is NewListener for code that parses tags itself. It uses the ID, Event,
// Placement and Async of fields, ignores the others, and leaves Source empty. It never
// fails, see [Listener.Err], and costs two allocations.
func FromFunc[E any](f func(context.Context, E) error, fields tags.Fields) Listener {
	fn := typedFunction(f, false)
	if f == nil {
		fn.err = errors.New("its function is nil")
	}
	return Listener{ID: fields.ID, Event: keyFor(event.KeyOf[E](), fields.Event), Placement: fields.Placement, Async: fields.Async, fn: fn}
}

// Lazy is like [NewListener], but the first event calls build to get the function. The
// id must not be empty. If build fails, the listener fails with that error, and the next
// event calls build again. Events that arrive meanwhile wait, so build must not wait for
// a dispatch that reaches the same listener.
func Lazy[E any](id string, build func() (func(context.Context, E) error, error), tag ...tags.Tag) Listener {
	fn := typedFunction(lazily(build), false)
	switch {
	case build == nil:
		fn.err = errors.New("its build function is nil")
	case id == "":
		fn.err = errors.New("a lazy listener needs an ID")
	}
	return newListener[E](id, fn, tag)
}

func newListener[E any](id string, fn *function, tag []tags.Tag) Listener {
	l := Listener{ID: id, Event: event.KeyOf[E](), Source: callsite.Caller(1), fn: fn}
	if len(tag) == 0 {
		return l
	}
	fields, err := tags.Parse(tag[0])
	l.Placement, l.Async = fields.Placement, fields.Async
	l.Event = keyFor(l.Event, fields.Event)
	if fields.ID != "" || fields.Method != "" || fields.Group != "" {
		err = errors.Join(err, errors.New("its tag may have the keys event, priority, labels, before, after and async only"))
	}
	if len(tag) > 1 {
		err = errors.Join(err, errors.New("it has more than one tag: write one, or make a listener of each"))
	}
	fn.err = errors.Join(fn.err, err)
	return l
}

// keyFor returns the key for the event in a tag. The argument key is that of the
// listener's parameter type. If the text is empty or matches key, keyFor returns key,
// otherwise a key of the name.
func keyFor(key event.Key, text string) event.Key {
	if text == "" || key.Matches(text) {
		return key
	}
	return event.NameKey(text)
}

// Once returns a copy of l that is called at most once, even if dispatches are
// concurrent and even if that call fails. A provider.Mutable removes it before the call.
// Providers refuse a Once of an asynchronous listener.
func Once(l Listener) Listener {
	l.once = &once{}
	return l
}

// once lets one call through.
type once struct {
	done  atomic.Bool
	spent func() // called before the only call; may be nil
}

func onlyFirst[E any](o *once, f func(context.Context, E) error) func(context.Context, E) error {
	return func(ctx context.Context, e E) error {
		if !o.done.CompareAndSwap(false, true) {
			return nil
		}
		if o.spent != nil {
			o.spent()
		}
		return f(ctx, e)
	}
}

// Takes returns the type of the function's event parameter, or nil for a Listener
// without a function, such as the zero one.
func (l Listener) Takes() reflect.Type {
	if l.fn == nil {
		return nil
	}
	return l.fn.takes
}

// Err returns nil, or an *InvalidListenerError that says what is wrong with the
// listener itself. Providers refuse a listener that has an error.
func (l Listener) Err() error {
	var err error
	switch {
	case l.fn == nil:
		err = errors.New("it has no function: make it with rollcall.NewListener")
	case l.fn.err != nil:
		err = l.fn.err
	case strings.TrimSpace(l.ID) == "":
		err = errors.New("it has no ID")
	case l.Event == event.Key{}:
		err = errors.New("it has no event")
	default:
		err = listenerid.Check(l.ID)
	}
	if err == nil {
		return nil
	}
	return &InvalidListenerError{ID: l.ID, Source: l.Source, Err: err}
}
