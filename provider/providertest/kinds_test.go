package providertest_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
)

// simple is the simplest provider that keeps all promises. Broken ones replace
// a part of it.
type simple struct {
	listeners *atomic.Pointer[listeners]
	hears     func(k event.Key, ev any) bool
}

func newSimple(l ...rollcall.Listener) simple {
	s := simple{&atomic.Pointer[listeners]{}, hears}
	s.listeners.Store(&l)
	return s
}

func hears(k event.Key, ev any) bool {
	return hearsType(k, ev) || hearsInterface(k, ev) || hearsName(k, ev)
}

func hearsType(k event.Key, ev any) bool { return k.Type() == reflect.TypeOf(ev) }

func hearsInterface(k event.Key, ev any) bool {
	return k.IsInterface() && reflect.TypeOf(ev).Implements(k.Type())
}

func hearsName(k event.Key, ev any) bool {
	named, ok := ev.(event.Named)
	return ok && k == event.NameKey(named.EventName())
}

func (s simple) audience(ev any) listeners {
	return slices.DeleteFunc(s.All(), func(l rollcall.Listener) bool { return !s.hears(l.Event, ev) })
}

func (s simple) Listeners(ev any) (*rollcall.Listeners, error) {
	if ev == nil {
		return nil, &rollcall.NilError{What: "event"}
	}
	return rollcall.NewListeners(spec(s.audience(ev)))
}

func (s simple) All() []rollcall.Listener { return slices.Clone(*s.listeners.Load()) }

func (s simple) add(l rollcall.Listener) (remove func()) {
	old := s.All()
	s.set(append(s.All(), l))
	return func() { s.set(old) }
}

func (s simple) set(l listeners) { s.listeners.Store(&l) }

// ask is a provider that is a function.
type ask func(ev any) (*rollcall.Listeners, error)

func (a ask) Listeners(ev any) (*rollcall.Listeners, error) { return a(ev) }

// lister adds what All names.
type lister struct {
	rollcall.Provider
	all listeners
}

func (p lister) All() []rollcall.Listener { return p.all }

// changing adds what adds.
type changing struct {
	rollcall.Provider
	change func(l rollcall.Listener) (remove func())
}

func (c changing) add(l rollcall.Listener) (remove func()) { return c.change(l) }

// forgets is simple without some of what it hears.
func forgets(hears func(k event.Key, ev any) bool) func(...rollcall.Listener) rollcall.Provider {
	return func(l ...rollcall.Listener) rollcall.Provider {
		s := newSimple(l...)
		s.hears = hears
		return s
	}
}

// reorders gives each list in another order.
func reorders(reorder func(listeners)) func(...rollcall.Listener) rollcall.Provider {
	return func(l ...rollcall.Listener) rollcall.Provider {
		s := newSimple(l...)
		return ask(func(ev any) (*rollcall.Listeners, error) {
			all := s.audience(ev)
			reorder(all)
			return rollcall.NewListeners(spec(all))
		})
	}
}

func sortByKey(l listeners) {
	slices.SortStableFunc(l, func(a, b rollcall.Listener) int { return strings.Compare(a.Event.String(), b.Event.String()) })
}

func sortByID(l listeners) {
	slices.SortFunc(l, func(a, b rollcall.Listener) int { return strings.Compare(a.ID, b.ID) })
}

// mixesPointers takes an event for what it points to.
func mixesPointers(k event.Key, ev any) bool {
	t := reflect.TypeOf(ev)
	return hears(k, ev) || t.Kind() == reflect.Pointer && k.Type() == t.Elem()
}

func failsForNobody(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*rollcall.Listeners, error) {
		if list, err := s.Listeners(ev); err != nil || list.Len() > 0 {
			return list, err
		}
		return nil, errors.New("not found")
	})
}

func takesNil(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*rollcall.Listeners, error) {
		if ev == nil {
			return nil, nil
		}
		return s.Listeners(ev)
	})
}

func panicsForNil(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*rollcall.Listeners, error) {
		_ = reflect.TypeOf(ev).Kind()
		return s.Listeners(ev)
	})
}

func listensToNil(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*rollcall.Listeners, error) {
		if ev == nil {
			list, _ := rollcall.NewListeners(spec(l))
			return list, &rollcall.NilError{What: "event"}
		}
		return s.Listeners(ev)
	})
}

// remembersByType remembers an answer that depends on the name, too.
func remembersByType(l ...rollcall.Listener) rollcall.Provider {
	s, known := newSimple(l...), map[reflect.Type]*rollcall.Listeners{}
	return ask(func(ev any) (*rollcall.Listeners, error) {
		if list, ok := known[reflect.TypeOf(ev)]; ok {
			return list, nil
		}
		list, err := s.Listeners(ev)
		known[reflect.TypeOf(ev)] = list
		return list, err
	})
}

// answersOnce gives each listener to one event only.
func answersOnce(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*rollcall.Listeners, error) {
		list, err := s.Listeners(ev)
		s.set(slices.DeleteFunc(s.All(), func(l rollcall.Listener) bool { return s.hears(l.Event, ev) }))
		return list, err
	})
}

func callsListeners(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*rollcall.Listeners, error) {
		list, err := s.Listeners(ev)
		_ = rollcall.NewDispatcher(s, rollcall.CollectErrors()).Dispatch(context.Background(), ev)
		return list, err
	})
}

// wraps gives other functions under the listeners' IDs. It makes the function
// for index i of a list.
func wraps(wrap func(all listeners, i int) func(context.Context, any) error) func(...rollcall.Listener) rollcall.Provider {
	return func(l ...rollcall.Listener) rollcall.Provider {
		s := newSimple(l...)
		return ask(func(ev any) (*rollcall.Listeners, error) {
			all := s.audience(ev)
			wrapped := slices.Clone(all)
			for i := range all {
				wrapped[i] = as(all[i], wrap(all, i))
			}
			return rollcall.NewListeners(spec(wrapped))
		})
	}
}

// as is a listener with another function.
func as(l rollcall.Listener, f func(context.Context, any) error) rollcall.Listener {
	wrapped := rollcall.NewListener[any](l.ID, f)
	wrapped.Event = l.Event
	return wrapped
}

// callOf calls a listener as a dispatcher does, and returns the listener's own error.
func callOf(l rollcall.Listener) func(context.Context, any) error {
	list, err := rollcall.NewListeners(spec(listeners{l}))
	return func(ctx context.Context, ev any) error {
		d := rollcall.NewDispatcher(ask(func(any) (*rollcall.Listeners, error) { return list, err }))
		return errors.Unwrap(d.Dispatch(ctx, ev))
	}
}

// spec has the listeners for one event.
func spec(l listeners) rollcall.Spec {
	var s rollcall.Spec
	for i := range l {
		s.Listeners = append(s.Listeners, &l[i])
	}
	return s
}

func swallowsErrors(all listeners, i int) func(context.Context, any) error {
	return func(ctx context.Context, ev any) error { _ = callOf(all[i])(ctx, ev); return nil }
}

func callsAnother(all listeners, i int) func(context.Context, any) error {
	return callOf(all[len(all)-1-i])
}

func dropsContext(all listeners, i int) func(context.Context, any) error {
	return func(_ context.Context, ev any) error { return callOf(all[i])(context.Background(), ev) }
}

func copiesEvents(all listeners, i int) func(context.Context, any) error {
	return func(ctx context.Context, ev any) error {
		if v := reflect.ValueOf(ev); v.Kind() == reflect.Pointer {
			c := reflect.New(v.Type().Elem())
			c.Elem().Set(v.Elem())
			ev = c.Interface()
		}
		return callOf(all[i])(ctx, ev)
	}
}

// reusesLists writes each answer where the one before it was.
func reusesLists(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	var latest listeners
	return ask(func(ev any) (*rollcall.Listeners, error) {
		latest = s.audience(ev)
		wrapped := slices.Clone(latest)
		for i := range wrapped {
			wrapped[i] = as(wrapped[i], func(ctx context.Context, ev any) error {
				if i < len(latest) {
					return callOf(latest[i])(ctx, ev)
				}
				return nil
			})
		}
		return rollcall.NewListeners(spec(wrapped))
	})
}

// looksAgain asks who listens when a function is called.
func looksAgain(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	all := ask(func(any) (*rollcall.Listeners, error) {
		one := rollcall.NewListener[any]("all", func(ctx context.Context, ev any) error {
			var err error
			for _, l := range s.audience(ev) {
				err = callOf(l)(ctx, ev)
			}
			return err
		})
		return rollcall.NewListeners(spec(listeners{one}))
	})
	return changing{all, s.add}
}

// saysEveryEvent answers rightly for each event, and says that the answer holds for
// every event of the type but those with the names.
func saysEveryEvent(names map[string]bool) func(...rollcall.Listener) rollcall.Provider {
	return func(l ...rollcall.Listener) rollcall.Provider {
		s := newSimple(l...)
		return ask(func(ev any) (*rollcall.Listeners, error) { return forEveryEvent(s, ev, names) })
	}
}

func forEveryEvent(s simple, ev any, names map[string]bool, leases ...*rollcall.Lease) (*rollcall.Listeners, error) {
	list, err := s.Listeners(ev)
	if err != nil {
		return nil, err
	}
	spec := list.Spec()
	spec.Event = rollcall.Declaration{Key: event.TypeKey(reflect.TypeOf(ev))}
	spec.EveryEvent, spec.Names, spec.Leases = true, names, leases
	return rollcall.NewListeners(spec)
}

// turnsAround reverses each second answer.
func turnsAround(l ...rollcall.Listener) rollcall.Provider {
	s, asked := newSimple(l...), 0
	all := map[string]bool{"thing.moved": true, "thing.renamed": true}
	return ask(func(ev any) (*rollcall.Listeners, error) {
		list, err := forEveryEvent(s, ev, all)
		if asked++; asked%2 == 0 || err != nil {
			return list, err
		}
		spec := list.Spec()
		spec.Listeners = slices.Clone(spec.Listeners)
		slices.Reverse(spec.Listeners)
		return rollcall.NewListeners(spec)
	})
}

// saysForEver answers rightly, but may change.
func saysForEver(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	names := map[string]bool{"thing.moved": true, "thing.renamed": true}
	return changing{ask(func(ev any) (*rollcall.Listeners, error) { return forEveryEvent(s, ev, names) }), s.add}
}

// endsLeaseTooEarly has the next event ask before there is anything new.
func endsLeaseTooEarly(l ...rollcall.Listener) rollcall.Provider {
	s, lease := newSimple(l...), &rollcall.Lease{}
	names := map[string]bool{"thing.moved": true, "thing.renamed": true}
	p := ask(func(ev any) (*rollcall.Listeners, error) { return forEveryEvent(s, ev, names, lease) })
	d := rollcall.NewDispatcher(p)
	return changing{p, func(l rollcall.Listener) func() {
		old := lease
		lease = &rollcall.Lease{}
		old.End()
		_ = d.Dispatch(context.Background(), "text") // as any goroutine may
		return s.add(l)
	}}
}

func namesFewer(l ...rollcall.Listener) rollcall.Provider {
	return lister{newSimple(l...), l[:max(0, len(l)-1)]}
}

func namesTwice(l ...rollcall.Listener) rollcall.Provider {
	return lister{newSimple(l...), append(slices.Clone(l), l[:min(1, len(l))]...)}
}

// remembers notices no change.
func remembers(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return changing{newSimple(l...), s.add}
}

func keepsRemoved(l ...rollcall.Listener) rollcall.Provider {
	s := newSimple(l...)
	return changing{s, func(l rollcall.Listener) func() { s.add(l); return func() {} }}
}

// sharesAnswer gives who asks first the answer of who asks at the same time.
func sharesAnswer(l ...rollcall.Listener) rollcall.Provider {
	s, asked, second := newSimple(l...), &atomic.Int32{}, make(chan struct{})
	return ask(func(ev any) (*rollcall.Listeners, error) {
		switch asked.Add(1) {
		case 1:
			<-second
			return s.Listeners("text")
		case 2:
			close(second)
		}
		return s.Listeners(ev)
	})
}

// changesInSteps has no listeners of "text" from the first change on until somebody
// has seen it.
func changesInSteps(l ...rollcall.Listener) rollcall.Provider {
	s, seen := newSimple(l...), make(chan struct{})
	var between atomic.Bool
	var once sync.Once
	p := ask(func(ev any) (*rollcall.Listeners, error) {
		if ev == "text" && between.Load() {
			once.Do(func() { close(seen) })
			return nil, nil
		}
		return s.Listeners(ev)
	})
	return changing{p, func(l rollcall.Listener) func() {
		between.Store(true)
		<-seen
		between.Store(false)
		return s.add(l)
	}}
}
