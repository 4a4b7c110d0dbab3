package provider_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

type listeners = []rollcall.Listener

func TestProviderFromMap(t *testing.T) {
	p := coretest.Must[*provider.Map](t)(provider.NewMap(map[event.Key][]rollcall.Listener{
		changeKey:  {onChange("c"), onChange("d")},
		createdKey: {on("b", `priority:"last"`), on("a", `priority:"first"`)},
	}))
	coretest.Check(t, "its lists are the order", called(t, p), "b a c d")
	coretest.Check(t, "another event", coretest.IDsFor(t, p, &deleted{}), "c d")
	coretest.Check(t, "an event nobody hears", coretest.IDsFor(t, p, 7), "")
	if n := len(p.All()); n != 4 {
		t.Errorf("All: %d", n)
	}
	_, err := provider.NewMap(map[event.Key][]rollcall.Listener{createdKey: {{}}})
	checkError[*rollcall.InvalidListenerError](t, err, "listener without ID can't be used: it has no function: make it with rollcall.NewListener")
	_, err = provider.NewMap(map[event.Key][]rollcall.Listener{event.KeyOf[*deleted](): {on("x")}})
	checkError[*rollcall.EventError](t, coretest.Here(err), "x (HERE) takes *provider_test.created, but listens to *provider_test.deleted, which is a *provider_test.deleted: correct the tag's event or the parameter")
}

func TestMapRefusesAnIDTwice(t *testing.T) {
	_, err := provider.NewMap(map[event.Key][]rollcall.Listener{createdKey: {on("a"), on("b"), on("a")}, changeKey: {onChange("a")}})
	checkError[*ordering.DuplicateError](t, coretest.Here(err), "a listens to *provider_test.created twice (HERE and HERE): drop one, or give it an ID of its own")
}

func newContainer(t testing.TB, ids map[event.Key][]string, get func(string) (any, error)) *provider.Container {
	t.Helper()
	return coretest.Must[*provider.Container](t)(provider.NewContainer(ids, get))
}

// shelf is a container of values by ID that counts what is taken.
type shelf struct {
	values map[string]any
	taken  atomic.Int32
}

func (s *shelf) Get(id string) (any, error) {
	s.taken.Add(1)
	if v, ok := s.values[id]; ok {
		return v, nil
	}
	return nil, errors.New("no such thing")
}

func TestProviderFromContainer(t *testing.T) {
	s := &shelf{values: map[string]any{"a": on("a"), "f": func(c *created) { c.note("f") }}}
	p := newContainer(t, map[event.Key][]string{createdKey: {"a", "h", "f"}, event.KeyOf[*deleted](): {"x"}}, s.Get)
	if s.taken.Load() != 0 {
		t.Fatal("taken before the first event")
	}
	_, err := p.Listeners(&created{})
	checkError[*provider.ContainerError](t, err, "listener h of *provider_test.created can't be provided by its container: no such thing")

	s.values["h"] = handler{} // notes "called"
	coretest.Check(t, "once it can be had", called(t, p), "a called f")
	taken := s.taken.Load()
	coretest.Check(t, "the second event", called(t, p), "a called f")
	if s.taken.Load() != taken {
		t.Error("taken again")
	}
	coretest.Check(t, "their IDs", coretest.IDsFor(t, p, &created{}), "a h f")
}

// Each is taken once, whatever events it hears, and only for an event that needs
// it.
func TestContainerTakesWhatIsNeeded(t *testing.T) {
	s := &shelf{values: map[string]any{"any": rollcall.NewListener[change]("any", func(change) {}), "a": func(*moved) {}}}
	p := newContainer(t, map[event.Key][]string{
		event.KeyOf[change](): {"any"}, event.NameKey("a"): {"a"}, event.NameKey("b"): {"b"},
	}, s.Get)
	for range 2 {
		coretest.Check(t, "one type", coretest.IDsFor(t, p, &created{}), "any")
		coretest.Check(t, "another", coretest.IDsFor(t, p, &deleted{}), "any")
		coretest.Check(t, "a name", coretest.IDsFor(t, p, &moved{"a"}), "a")
		coretest.Check(t, "a name that nobody listens to", coretest.IDsFor(t, p, &moved{"c"}), "")
	}
	if n := s.taken.Load(); n != 2 {
		t.Errorf("taken %d times", n)
	}
	if _, err := p.Listeners(&moved{"b"}); err == nil {
		t.Error("b was had")
	}
}

func TestContainerRefusesWhatIsNoListener(t *testing.T) {
	s := &shelf{values: map[string]any{"n": 7, "s": &log{}, "0": several{}, "d": rollcall.NewListener[*deleted]("d", func(*deleted) {})}}
	for id, want := range map[string]string{
		"n": "int has no method Handle",
		"s": "it lists 3 subscriptions, not one: make the container return one listener for this ID",
		"0": "it lists 0 subscriptions, not one: make the container return one listener for this ID",
		"d": "takes *provider_test.deleted, but listens to *provider_test.created",
	} {
		_, err := newContainer(t, map[event.Key][]string{createdKey: {id}}, s.Get).Listeners(&created{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// A subscriber of one subscription is a listener as good as any.
func TestContainerTakesASubscriberOfOne(t *testing.T) {
	s := &shelf{values: map[string]any{"s": several{on("its own ID")}}}
	p := newContainer(t, map[event.Key][]string{createdKey: {"s"}}, s.Get)
	coretest.Check(t, "by the container's ID", coretest.IDsFor(t, p, &created{}), "s")
}

// First events that come at once may each ask for a listener; all keep the first
// that was given.
func TestContainerKeepsTheFirst(t *testing.T) {
	var p *provider.Container
	asked := 0
	p = newContainer(t, map[event.Key][]string{changeKey: {"a"}}, (func(string) (any, error) {
		asked++
		name := fmt.Sprint("number ", asked)
		if asked == 1 {
			coretest.IDsFor(t, p, &created{}) // as another goroutine would
		}
		return func(c change) { c.note(name) }, nil
	}))
	coretest.Check(t, "an event", called(t, p), "number 2")
	other := &deleted{}
	call(t, p, other)
	coretest.Check(t, "one of another type", strings.Join(other.log, " "), "number 2")
}

func TestMutableAppendPrependRemove(t *testing.T) {
	m := &provider.Mutable{}
	coretest.Check(t, "empty", called(t, m), "")
	coretest.Must[func()](t)(m.Append(on("b")))
	removeC := coretest.Must[func()](t)(m.Append(on("c")))
	removeA := coretest.Must[func()](t)(m.Prepend(on("a")))
	coretest.Must[func()](t)(m.Prepend(on("z")))
	coretest.Check(t, "all", called(t, m), "z a b c")
	removeA()
	removeA()
	coretest.Check(t, "a removed, twice", called(t, m), "z b c")
	coretest.Must[func()](t)(m.Append(on("a")))
	removeA()
	coretest.Check(t, "the new a is another", called(t, m), "z b c a")
	removeC()
	coretest.Check(t, "c removed", called(t, m), "z b a")
	if !m.Remove(createdKey, "b") || m.Remove(createdKey, "b") || m.Remove(changeKey, "a") {
		t.Error("Remove tells wrongly what was there")
	}
	coretest.Check(t, "b removed", called(t, m), "z a")
}

func TestSameIDTwiceIsAnError(t *testing.T) {
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Append(on("a")))
	for name, add := range map[string]func(rollcall.Listener) (func(), error){
		"Append": m.Append, "Prepend": m.Prepend, "Add": m.Add,
	} {
		_, err := add(on("a"))
		var problem *ordering.DuplicateError
		if !errors.As(err, &problem) || problem.ID != "a" {
			t.Errorf("%s: %v", name, err)
		}
	}
	coretest.Check(t, "nothing was added", called(t, m), "a")
	if _, err := m.Append(onChange("a")); err != nil {
		t.Errorf("the ID is free for another event: %v", err)
	}
}

func TestOnceListeners(t *testing.T) {
	m := &provider.Mutable{}
	var calls atomic.Int32
	once := rollcall.Once(rollcall.NewListener[*created]("once", func(*created) { calls.Add(1) }))
	coretest.Must[func()](t)(m.Append(once))
	coretest.Must[func()](t)(m.Append(on("always")))
	list := coretest.Must[*rollcall.Listeners](t)(m.Listeners(&created{}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = coretest.CallAt[*created](list, 0)(context.Background(), &created{}) })
	}
	wg.Wait()
	if calls.Load() != 1 {
		t.Errorf("called %d times", calls.Load())
	}
	coretest.Check(t, "who is left", coretest.IDsFor(t, m, &created{}), "always")

	coretest.Must[func()](t)(m.Append(once))
	coretest.Check(t, "added again", coretest.IDsFor(t, m, &created{}), "always once")
	called(t, m)
	if calls.Load() != 2 {
		t.Errorf("added again, it was called %d times in all", calls.Load())
	}
	fixed := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{rollcall.Once(on("x"))}, nil))
	coretest.Check(t, "in a fixed provider", called(t, fixed)+"|"+called(t, fixed), "x|")
}

func TestAddAndRemoveWithPriority(t *testing.T) {
	m := &provider.Mutable{}
	for _, l := range []rollcall.Listener{
		on("zero"), on("ten", `priority:"10"`), on("minus", `priority:"-5"`), on("ten too", `priority:"10"`),
		on("last", `priority:"last"`), on("first", `priority:"first"`), on("beside", `after:"ten"`),
	} {
		coretest.Must[func()](t)(m.Add(l))
	}
	coretest.Check(t, "by priority, equal ones in the order added", called(t, m), "first ten beside ten too zero minus last")
	coretest.Must[func()](t)(m.Append(on("end")))
	coretest.Must[func()](t)(m.Prepend(on("start")))
	coretest.Must[func()](t)(m.Add(on("five", `priority:"5"`)))
	coretest.Check(t, "between prepended and appended", called(t, m), "start first ten beside ten too five zero minus last end")
	var all []string
	for _, l := range m.All() {
		all = append(all, l.ID)
	}
	coretest.Check(t, "all: in the order in which they run", strings.Join(all, " "), called(t, m))
	m.Remove(createdKey, "ten")
	coretest.Check(t, "a removed target counts as not written", called(t, m), "start first ten too five zero beside minus last end")
}

func TestMutableRefusesBadHints(t *testing.T) {
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Add(on("a", `before:"?b"`)))
	_, err := m.Add(on("x", `after:"nobody"`))
	checkError[*ordering.UnknownTargetError](t, coretest.Here(err), `x (HERE) must run after nobody, but no listener has that ID: correct it, or write "?nobody" if it may be absent`)
	_, err = m.Add(on("b", `before:"a"`))
	var cycle *ordering.CycleError
	if !errors.As(err, &cycle) {
		t.Errorf("got %v", err)
	}
	coretest.Check(t, "nothing was added", called(t, m), "a")
	if _, err := m.Add(rollcall.Listener{}); err == nil {
		t.Error("an invalid listener was added")
	}
}

// A target may stand in another zone, but not on the other side.
func TestMutableHintsAtOtherZones(t *testing.T) {
	const wrongZone = "listener %s (HERE) can't be used: it must run %s %s (HERE), which was %sed and runs %[2]s all that are added: drop the hint, or %[4]s this one, too"
	for _, tt := range []struct {
		placement, want string
	}{
		{`after:"p"`, "p x a"},
		{`before:"a"`, "p x a"},
		{`after:"?p" before:"?a,?nobody"`, "p x a"},
		{`before:"p"`, fmt.Sprintf(wrongZone, "x", "before", "p", "prepend")},
		{`before:"?p"`, fmt.Sprintf(wrongZone, "x", "before", "p", "prepend")},
		{`after:"?a"`, fmt.Sprintf(wrongZone, "x", "after", "a", "append")},
		{`after:"d"`, `x (HERE) must run after d on *provider_test.created, but d (HERE) does not listen to that: drop the hint, or write "?d" if that is intended`},
		{`after:"?d"`, "p x a"},
		{`before:"n"`, `x (HERE) must run before n, but no listener has that ID: correct it, or write "?n" if it may be absent`},
	} {
		m := &provider.Mutable{}
		coretest.Must[func()](t)(m.Prepend(on("p")))
		coretest.Must[func()](t)(m.Append(on("a")))
		coretest.Must[func()](t)(m.Append(rollcall.NewListener[*deleted]("d", func(*deleted) {})))
		_, err := m.Add(on("x", tt.placement))
		got := called(t, m)
		if err != nil {
			got = coretest.Here(err).Error()
		}
		coretest.Check(t, tt.placement, got, tt.want)
	}
}

// Who comes later into a zone may be the wrong target of one that is there.
func TestMutableZonesAgainstHintsThatAreThere(t *testing.T) {
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Add(on("x", `before:"?p" after:"?a"`)))
	_, err := m.Prepend(on("p"))
	checkError[*rollcall.InvalidListenerError](t, coretest.Here(err), "listener p (HERE) can't be used: it would be prepended and run before all that were added, but x (HERE) must run before it: add this one instead, or drop that hint")
	_, err = m.Append(on("a"))
	checkError[*rollcall.InvalidListenerError](t, coretest.Here(err), "listener a (HERE) can't be used: it would be appended and run after all that were added, but x (HERE) must run after it: add this one instead, or drop that hint")
	coretest.Must[func()](t)(m.Prepend(on("a")))
	coretest.Must[func()](t)(m.Append(on("p")))
	coretest.Check(t, "each in the other zone", called(t, m), "a x p")
}

// log subscribes several methods to one event, and one to another.
type log struct{}

func (l *log) Subscriptions() []rollcall.Listener {
	return listeners{
		rollcall.NewListener[*created]("", l.Late, `priority:"-10"`),
		rollcall.NewListener[*created]("", l.Early, `priority:"10"`),
		rollcall.NewListener[*deleted]("log", func(d *deleted) { d.note("log") }),
	}
}

func (*log) Early(c *created) { c.note("early") }
func (*log) Late(c *created)  { c.note("late") }

func TestSubscribers(t *testing.T) {
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Add(on("zero")))
	remove := coretest.Must[func()](t)(m.AddSubscriber(&log{}))
	coretest.Check(t, "several methods on one event", called(t, m), "early zero late")
	coretest.Check(t, "and another event", coretest.IDsFor(t, m, &deleted{}), "log")
	if _, err := m.AddSubscriber(&log{}); err == nil {
		t.Error("added twice")
	}
	remove()
	coretest.Check(t, "the subscriber removed", called(t, m)+coretest.IDsFor(t, m, &deleted{}), "zero")
}

func TestSubscriberIsAddedWholeOrNotAtAll(t *testing.T) {
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Add(rollcall.NewListener[*deleted]("log", func(*deleted) {})))
	if _, err := m.AddSubscriber(&log{}); err == nil {
		t.Error("no error")
	}
	coretest.Check(t, "none of it", called(t, m), "")
}

func TestChain(t *testing.T) {
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Append(on("m")))
	fixed := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("b"), on("a", `priority:"first"`)}, nil))
	c := provider.NewChain(fixed)
	coretest.Check(t, "one", called(t, c), "a b")
	c.Append(m, &provider.Mutable{})
	coretest.Check(t, "appended", called(t, c), "a b m")
	c.Prepend(coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("z")}, nil)))
	coretest.Check(t, "prepended", called(t, c), "z a b m")
	coretest.Must[func()](t)(m.Append(on("n")))
	coretest.Check(t, "its parts may change", called(t, c), "z a b m n")
	if n := len(c.All()); n != 5 {
		t.Errorf("All: %d", n)
	}
	coretest.Check(t, "the zero chain", called(t, &provider.Chain{}), "")
}

func TestChainsOfChains(t *testing.T) {
	one := func(id string) rollcall.Provider {
		return coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on(id)}, nil))
	}
	inner := provider.NewChain(one("b"), one("c"))
	c := provider.NewChain(one("a"), inner, one("e"))
	inner.Append(one("d"))
	coretest.Check(t, "called", called(t, c), "a b c d e")
	d, ev := rollcall.NewDispatcher(c), &moved{}
	if n := testing.AllocsPerRun(100, func() { _ = d.Dispatch(context.Background(), ev) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var theEvent any = &created{}

func TestChainReportsAllErrors(t *testing.T) {
	broken := newContainer(t, map[event.Key][]string{createdKey: {"x"}}, (&shelf{}).Get)
	c := provider.NewChain(broken, &provider.Mutable{}, broken)
	_, err := c.Listeners(&created{})
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 2 {
		t.Errorf("got %v", err)
	}
}

func TestFilter(t *testing.T) {
	fixed := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), on("b"), on("c"), onChange("d")}, nil))
	f := provider.NewFilter(fixed, func(ev any, l rollcall.Listener) bool {
		_, isCreated := ev.(*created)
		return !isCreated || l.ID != "b"
	})
	coretest.Check(t, "left out for one event", called(t, f), "a c d")
	coretest.Check(t, "admitted for another", coretest.IDsFor(t, f, &deleted{}), "d")
	if n := len(f.All()); n != 4 {
		t.Errorf("All: %d", n)
	}
	list := coretest.Must[*rollcall.Listeners](t)(f.Listeners(theEvent))
	if r, ok := list.Reason(1); !ok || r.String() != "priority 0 (default), before d as declared" {
		t.Errorf("its reason: %v, %t", r, ok)
	}
	all := func(any, rollcall.Listener) bool { return true }
	_, err := provider.NewFilter(newContainer(t, map[event.Key][]string{createdKey: {"x"}}, (&shelf{}).Get), all).Listeners(theEvent)
	checkError[*provider.ContainerError](t, err, "listener x of *provider_test.created can't be provided by its container: no such thing")
	if _, err := provider.NewFilter(fixed, nil).Listeners(theEvent); err == nil {
		t.Error("no predicate is needed")
	}
}

// Everything may be used while everything changes.
func TestConcurrentUse(t *testing.T) {
	m := &provider.Mutable{}
	c := provider.NewChain(m, coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), onChange("b")}, nil)))
	f := provider.NewFilter(c, func(any, rollcall.Listener) bool { return true })
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				id := strings.Repeat("x", i+1)
				remove, err := m.Add(on(id))
				if err != nil {
					t.Error(err)
					return
				}
				called(t, f)
				coretest.IDsFor(t, f, &deleted{})
				remove()
			}
			c.Append(&provider.Mutable{})
		})
	}
	wg.Wait()
	coretest.Check(t, "in the end", called(t, f), "a b")
}
