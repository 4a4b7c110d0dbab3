package providertest_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// simple is the simplest provider that keeps all promises. Broken ones replace
// a part of it.
type simple struct {
	listeners *atomic.Pointer[listeners]
	hears     func(k event.Key, ev any) bool
}

func newSimple(l ...provider.Listener) simple {
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
	return slices.DeleteFunc(s.All(), func(l provider.Listener) bool { return !s.hears(l.Event, ev) })
}

func (s simple) Listeners(ev any) (*provider.List, error) {
	if ev == nil {
		return nil, &provider.NoEventError{}
	}
	return provider.NewList(s.audience(ev)...)
}

func (s simple) All() []provider.Listener { return slices.Clone(*s.listeners.Load()) }

func (s simple) add(l provider.Listener) (remove func()) {
	old := s.All()
	s.set(append(s.All(), l))
	return func() { s.set(old) }
}

func (s simple) set(l listeners) { s.listeners.Store(&l) }

// ask is a provider that is a function.
type ask func(ev any) (*provider.List, error)

func (a ask) Listeners(ev any) (*provider.List, error) { return a(ev) }

// typed adds a function that answers by type.
type typed struct {
	simple
	of func(t reflect.Type) (*provider.List, provider.Validity, error)
}

func (p typed) ListenersOf(t reflect.Type) (*provider.List, provider.Validity, error) { return p.of(t) }

// lister adds what All names.
type lister struct {
	provider.Provider
	all listeners
}

func (p lister) All() []provider.Listener { return p.all }

// changing adds what adds.
type changing struct {
	provider.Provider
	change func(l provider.Listener) (remove func())
}

func (c changing) add(l provider.Listener) (remove func()) { return c.change(l) }

// forgets is simple without some of what it hears.
func forgets(hears func(k event.Key, ev any) bool) func(...provider.Listener) provider.Provider {
	return func(l ...provider.Listener) provider.Provider {
		s := newSimple(l...)
		s.hears = hears
		return s
	}
}

// reorders gives each list in another order.
func reorders(reorder func(listeners)) func(...provider.Listener) provider.Provider {
	return func(l ...provider.Listener) provider.Provider {
		s := newSimple(l...)
		return ask(func(ev any) (*provider.List, error) {
			all := s.audience(ev)
			reorder(all)
			return provider.NewList(all...)
		})
	}
}

func sortByKey(l listeners) {
	slices.SortStableFunc(l, func(a, b provider.Listener) int { return strings.Compare(a.Event.String(), b.Event.String()) })
}

func sortByID(l listeners) {
	slices.SortFunc(l, func(a, b provider.Listener) int { return strings.Compare(a.ID, b.ID) })
}

// mixesPointers takes an event for what it points to.
func mixesPointers(k event.Key, ev any) bool {
	t := reflect.TypeOf(ev)
	return hears(k, ev) || t.Kind() == reflect.Pointer && k.Type() == t.Elem()
}

func failsForNobody(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*provider.List, error) {
		if list, err := s.Listeners(ev); err != nil || list.Len() > 0 {
			return list, err
		}
		return nil, errors.New("not found")
	})
}

func takesNil(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*provider.List, error) {
		if ev == nil {
			return nil, nil
		}
		return s.Listeners(ev)
	})
}

func panicsForNil(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*provider.List, error) {
		_ = reflect.TypeOf(ev).Kind()
		return s.Listeners(ev)
	})
}

func listensToNil(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*provider.List, error) {
		if ev == nil {
			list, _ := provider.NewList(l...)
			return list, &provider.NoEventError{}
		}
		return s.Listeners(ev)
	})
}

// remembersByType remembers an answer that depends on the name, too.
func remembersByType(l ...provider.Listener) provider.Provider {
	s, known := newSimple(l...), map[reflect.Type]*provider.List{}
	return ask(func(ev any) (*provider.List, error) {
		if list, ok := known[reflect.TypeOf(ev)]; ok {
			return list, nil
		}
		list, err := s.Listeners(ev)
		known[reflect.TypeOf(ev)] = list
		return list, err
	})
}

// answersOnce gives each listener to one event only.
func answersOnce(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*provider.List, error) {
		list, err := s.Listeners(ev)
		s.set(slices.DeleteFunc(s.All(), func(l provider.Listener) bool { return s.hears(l.Event, ev) }))
		return list, err
	})
}

func callsListeners(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return ask(func(ev any) (*provider.List, error) {
		list, err := s.Listeners(ev)
		for _, f := range provider.Funcs[any](list) {
			_ = f(context.Background(), ev)
		}
		return list, err
	})
}

// wraps gives other functions under the listeners' IDs. It makes the function
// for index i of a list.
func wraps(wrap func(all listeners, i int) func(context.Context, any) error) func(...provider.Listener) provider.Provider {
	return func(l ...provider.Listener) provider.Provider {
		s := newSimple(l...)
		return ask(func(ev any) (*provider.List, error) {
			all := s.audience(ev)
			wrapped := slices.Clone(all)
			for i := range all {
				wrapped[i] = as(all[i], wrap(all, i))
			}
			return provider.NewList(wrapped...)
		})
	}
}

// as is a listener with another function.
func as(l provider.Listener, f func(context.Context, any) error) provider.Listener {
	wrapped := provider.New[any](l.ID, f)
	wrapped.Event = l.Event
	return wrapped
}

func callOf(l provider.Listener) func(context.Context, any) error {
	list, _ := provider.NewList(l)
	return provider.Funcs[any](list)[0]
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
func reusesLists(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	var latest listeners
	return ask(func(ev any) (*provider.List, error) {
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
		return provider.NewList(wrapped...)
	})
}

// looksAgain asks who listens when a function is called.
func looksAgain(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	all := ask(func(any) (*provider.List, error) {
		one := provider.New[any]("all", func(ctx context.Context, ev any) error {
			var err error
			for _, l := range s.audience(ev) {
				err = callOf(l)(ctx, ev)
			}
			return err
		})
		return provider.NewList(one)
	})
	return changing{all, s.add}
}

// saysByType answers for an event type with what it gives for the zero event,
// whose name is "".
func saysByType(v provider.Validity) func(...provider.Listener) provider.Provider {
	return func(l ...provider.Listener) provider.Provider {
		s := newSimple(l...)
		return typed{s, func(t reflect.Type) (*provider.List, provider.Validity, error) {
			if t == nil || t.Kind() == reflect.Interface {
				return nil, provider.OncePerEvent, nil
			}
			list, err := s.Listeners(zero(t))
			return list, v, err
		}}
	}
}

func zero(t reflect.Type) any {
	if t.Kind() == reflect.Pointer {
		return reflect.New(t.Elem()).Interface()
	}
	return reflect.Zero(t).Interface()
}

func byType(list func(s simple, t reflect.Type) (*provider.List, provider.Validity, error)) func(...provider.Listener) provider.Provider {
	return func(l ...provider.Listener) provider.Provider {
		s := newSimple(l...)
		return typed{s, func(t reflect.Type) (*provider.List, provider.Validity, error) { return list(s, t) }}
	}
}

// saysForever answers rightly by type, but may change.
func saysForever(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return typed{s, foreverUnnamed(s)}
}

func foreverUnnamed(s simple) func(reflect.Type) (*provider.List, provider.Validity, error) {
	return func(t reflect.Type) (*provider.List, provider.Validity, error) {
		if t == nil || t.Kind() == reflect.Interface || t.Implements(reflect.TypeFor[event.Named]()) {
			return nil, provider.OncePerEvent, nil
		}
		list, err := s.Listeners(zero(t))
		return list, provider.Forever, err
	}
}

// saysForeverOnce says so of its first answer for a type only.
func saysForeverOnce(l ...provider.Listener) provider.Provider {
	s, asked := newSimple(l...), map[reflect.Type]bool{}
	return typed{s, func(t reflect.Type) (*provider.List, provider.Validity, error) {
		list, v, err := foreverUnnamed(s)(t)
		if v == provider.Forever && asked[t] {
			v = provider.ForNow
		}
		asked[t] = true
		return list, v, err
	}}
}

func reversedByType(s simple, t reflect.Type) (*provider.List, provider.Validity, error) {
	if t == nil || t.Kind() == reflect.Interface || t.Implements(reflect.TypeFor[event.Named]()) {
		return nil, provider.OncePerEvent, nil
	}
	all := s.audience(zero(t))
	slices.Reverse(all)
	list, err := provider.NewList(all...)
	return list, provider.ForNow, err
}

func failsByType(simple, reflect.Type) (*provider.List, provider.Validity, error) {
	return nil, provider.OncePerEvent, errors.New("ask for an event")
}

func panicsByType(simple, reflect.Type) (*provider.List, provider.Validity, error) { panic("no") }

func answersForInterfaces(s simple, t reflect.Type) (*provider.List, provider.Validity, error) {
	if t == nil || t.Kind() != reflect.Interface {
		return nil, provider.OncePerEvent, nil
	}
	list, err := provider.NewList(slices.DeleteFunc(s.All(), func(l provider.Listener) bool { return l.Event.Type() != t })...)
	return list, provider.Forever, err
}

func answersForNil(s simple, t reflect.Type) (*provider.List, provider.Validity, error) {
	if t != nil {
		return nil, provider.OncePerEvent, nil
	}
	list, err := provider.NewList(s.All()...)
	return list, provider.ForNow, err
}

func namesFewer(l ...provider.Listener) provider.Provider {
	return lister{newSimple(l...), l[:max(0, len(l)-1)]}
}

func namesTwice(l ...provider.Listener) provider.Provider {
	return lister{newSimple(l...), append(slices.Clone(l), l[:min(1, len(l))]...)}
}

// remembers notices no change.
func remembers(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return changing{newSimple(l...), s.add}
}

func keepsRemoved(l ...provider.Listener) provider.Provider {
	s := newSimple(l...)
	return changing{s, func(l provider.Listener) func() { s.add(l); return func() {} }}
}

// sharesAnswer gives who asks first the answer of who asks at the same time.
func sharesAnswer(l ...provider.Listener) provider.Provider {
	s, asked, second := newSimple(l...), &atomic.Int32{}, make(chan struct{})
	return ask(func(ev any) (*provider.List, error) {
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
func changesInSteps(l ...provider.Listener) provider.Provider {
	s, seen := newSimple(l...), make(chan struct{})
	var between atomic.Bool
	var once sync.Once
	p := ask(func(ev any) (*provider.List, error) {
		if ev == "text" && between.Load() {
			once.Do(func() { close(seen) })
			return nil, nil
		}
		return s.Listeners(ev)
	})
	return changing{p, func(l provider.Listener) func() {
		between.Store(true)
		<-seen
		between.Store(false)
		return s.add(l)
	}}
}
