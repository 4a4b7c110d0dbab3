package fxevents

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/transport"
)

// Inbox handles the events of the receiver keys, or of all keys if none is given, once in
// effect. All listeners of a key run in one call of Once of a transport.Handled. Its ID
// consists of the key, the message's ID and its source: see transport.HandleOnce. The
// listeners get the context of Once. If one of them fails, Once fails, and the event is
// redelivered as without an inbox.
//
// The first argument is a transport.Handled, or a function that returns one, or one and an
// error. The function may have any parameters that Fx can provide. A method of the outbox is
// such a function:
//
//	fxevents.Inbox((*sqlevents.Transport).Inbox)         // all keys
//	fxevents.Inbox((*sqlevents.Transport).Inbox, "mail") // one key
//	fxevents.Inbox(&transport.Recent{Limit: 1000}, "mail")
//
// With the first, the listeners of a key run in one transaction of the database, and what
// they emit is part of it. Without it, an event can be handled twice: see [Receive].
//
// An inbox of another form, a key that no listener has, and a second Inbox of a key are
// reported by fx.New, in an [*AssemblyError]. For a parameter that nothing provides, fx.New
// returns the container's error.
func Inbox(h any, keys ...string) fx.Option {
	at := callsite.Caller(0)
	return fx.Options(
		fx.Provide(inboxBy(h, slices.Clone(keys), at, callsite.PC(0))),
		needsModule("fxevents.Inbox", at),
	)
}

// inbox is one call of Inbox.
type inbox struct {
	declared int
	keys     []string
	source   string
	handled  transport.Handled
}

// inboxes is an inbox in its value group.
type inboxes struct {
	fx.Out

	Inbox inbox `group:"rollcall.inbox"`
}

// inboxBy returns the constructor that Inbox provides.
func inboxBy(h any, keys []string, at string, pc uintptr) any {
	enter := func(m module, h transport.Handled) inboxes {
		return inboxes{Inbox: inbox{m.assembly().nextDeclared(), keys, at, h}}
	}
	if err := checkInbox(h); err != nil {
		return fx.Annotated{Group: problemGroup, Target: func(m module) problem {
			return problem{m.assembly().nextDeclared(), fmt.Errorf("fxevents.Inbox at %s: %w", at, err)}
		}}
	}
	if handled, ok := h.(transport.Handled); ok {
		return func(m module) inboxes { return enter(m, handled) }
	}
	constructor := reflect.ValueOf(h)
	in := append([]reflect.Type{reflect.TypeFor[module]()}, parametersOf(constructor.Type())...)
	out := []reflect.Type{reflect.TypeFor[inboxes](), reflect.TypeFor[error]()}
	body := func(args []reflect.Value) []reflect.Value {
		results := constructor.Call(args[1:])
		err := problemWith(results, "fxevents.Inbox at "+at, "a transport.Handled")
		var entered inboxes
		if err == nil {
			entered = enter(args[0].Interface().(module), results[0].Interface().(transport.Handled))
		}
		return []reflect.Value{reflect.ValueOf(entered), reflect.ValueOf(&err).Elem()}
	}
	return locatedAt(pc, reflect.MakeFunc(reflect.FuncOf(in, out, false), body).Interface())
}

// checkInbox returns an error if something is neither a transport.Handled nor a constructor
// of one.
func checkInbox(h any) error {
	t, wanted := reflect.TypeOf(h), reflect.TypeFor[transport.Handled]()
	const next = "pass a transport.Handled, or a function that returns one, such as (*sqlevents.Transport).Inbox"
	switch {
	case t == nil:
		return errors.New("it is nil: " + next)
	case isNil(reflect.ValueOf(h)):
		return fmt.Errorf("the %s is nil: %s", t, next)
	case t.Implements(wanted):
		return nil
	case t.Kind() != reflect.Func:
		return fmt.Errorf("a %s is not a transport.Handled: %s", t, next)
	case !returnsOne(t) || t.Out(0) == reflect.TypeFor[error]():
		return fmt.Errorf("the function must return one transport.Handled, or one and an error, but it is %s", t)
	case !t.Out(0).Implements(wanted):
		return notAMember(t.Out(0), wanted)
	}
	return nil
}

// inboxesByKey returns the inbox of each known receiver key that has one. The errors are
// those of keys with two.
func inboxesByKey(in parts, known []string) (map[string]inbox, []error) {
	of := map[string]inbox{}
	var problems []error
	for _, x := range sortedBy(in.Inboxes, func(x inbox) int { return x.declared }) {
		for _, key := range known {
			if !takes(x.keys, key) {
				continue
			}
			if first, twice := of[key]; twice {
				problems = append(problems, fmt.Errorf("fxevents.Inbox at %s: the receiver key %s has another inbox, from %s: give each key one", x.source, key, first.source))
				break // the others of these calls need no error of their own
			}
			of[key] = x
		}
	}
	return of, problems
}

// handledOnce is the dispatcher of a receiver key that has an inbox.
type handledOnce struct {
	rollcall.Dispatcher
	key     string
	handled transport.Handled
}

// Dispatch dispatches an event unless it was handled before.
func (d handledOnce) Dispatch(ctx context.Context, ev any) error {
	return transport.HandleOnce(ctx, d.handled, d.key, func(ctx context.Context) error { return d.Dispatcher.Dispatch(ctx, ev) })
}
