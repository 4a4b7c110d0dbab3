package provider_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// A hint whose target was removed, or was for once, blocks no later change.
func TestMutableGoesOnAfterATargetIsGone(t *testing.T) {
	m := &provider.Mutable{}
	remove := coretest.Must[func()](t)(m.Add(on("a")))
	coretest.Must[func()](t)(m.Add(rollcall.Once(on("once"))))
	coretest.Must[func()](t)(m.Add(on("b", `after:"a,once"`)))
	remove()
	called(t, m)
	coretest.Must[func()](t)(m.Add(on("c", `priority:"first"`)))
	coretest.Must[func()](t)(m.Append(on("d")))
	coretest.Check(t, "called", called(t, m), "c b d")
	list := coretest.Must[*rollcall.Listeners](t)(m.Listeners(&created{}))
	if b, _ := find(list, "b"); b.Placement.String() != "after a,once" {
		t.Errorf("b's placement became %q", b.Placement)
	}
	coretest.Must[func()](t)(m.Add(on("a")))
	coretest.Check(t, "the target is back", called(t, m), "c a b d")
}

// What the caller does with its slices later changes nothing.
func TestMutableKeepsNoSlices(t *testing.T) {
	first := on("a", `labels:"checks"`)
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Add(first))
	first.Placement.Labels[0] = "changed"
	coretest.Must[func()](t)(m.Add(on("b", `before:"@checks"`)))
	coretest.Check(t, "called", called(t, m), "b a")
}

// A cycle between a type and a name that its events may have shows at once, and
// at run time would hit that name alone.
func TestCycleBetweenATypeAndAName(t *testing.T) {
	byType := rollcall.NewListener[*event.Generic]("l1", func(*event.Generic) {}, `before:"l2"`)
	byName := rollcall.NewListener[*event.Generic]("l2", func(*event.Generic) {}, `event:"x.done" before:"l1"`)
	_, err := provider.Build(listeners{byType, byName}, nil)
	var cycle *ordering.CycleError
	if !errors.As(err, &cycle) {
		t.Errorf("Build: %v", err)
	}
	m := &provider.Mutable{}
	coretest.Must[func()](t)(m.Add(placed(byType, `before:"?l2"`)))
	if _, err := m.Add(byName); !errors.As(err, &cycle) {
		t.Errorf("Add: %v", err)
	}
}

// placed is the listener with another placement.
func placed(l rollcall.Listener, tag tags.Tag) rollcall.Listener {
	fields, _ := tags.Parse(tag)
	l.Placement = fields.Placement
	return l
}

// Listeners of the name of a declared interface hear what implements it.
func TestNameOfADeclaredInterface(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{
		rollcall.NewListener[change]("by name", func(change) {}, `event:"recipe.changed"`), onChange("by type"),
		rollcall.NewListener[any]("any", func(any) {}, `event:"recipe.changed" priority:"last"`),
	}, []rollcall.Declaration{rollcall.Declare[change]("recipe.changed")}))
	coretest.Check(t, "called", coretest.IDsFor(t, p, &created{}), "by name by type any")
}

// By its type or by its declared name, it is one subscription.
func TestSameIDByTypeAndByName(t *testing.T) {
	_, err := provider.Build(listeners{on("a"), on("a", `event:"recipe.created"`)},
		[]rollcall.Declaration{rollcall.Declare[*created]("recipe.created")})
	var duplicate *ordering.DuplicateError
	if !errors.As(err, &duplicate) {
		t.Errorf("got %v", err)
	}
}

func TestMutableAndMapRefuseANameThatNobodyCanHave(t *testing.T) {
	m := &provider.Mutable{}
	_, err := m.Append(on("a", `event:"recipe.created"`))
	var unknown *rollcall.EventError
	if !errors.As(err, &unknown) {
		t.Errorf("Append: %v", err)
	}
	_, err = provider.NewMap(map[event.Key][]rollcall.Listener{event.NameKey("x"): {on("a")}})
	if !errors.As(err, &unknown) {
		t.Errorf("NewMap: %v", err)
	}
}

// A filter makes a list for each event that it leaves one out of; a chain does
// not remember these.
func TestChainOverAFilterStaysCheap(t *testing.T) {
	fixed := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), on("b")}, nil))
	f := provider.NewFilter(fixed, func(_ any, l rollcall.Listener) bool { return l.ID != "b" })
	c := provider.NewChain(f, fixed)
	for range 2000 {
		coretest.Check(t, "called", coretest.IDsFor(t, c, theEvent), "a a b")
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Listeners(theEvent) }); n > 20 {
		t.Errorf("%v allocations", n)
	}
}

// Building a listener may dispatch through the provider that asks for it.
func TestContainerMayDispatchWhileItBuilds(t *testing.T) {
	var p *provider.Container
	p = newContainer(t, map[event.Key][]string{createdKey: {"a"}, event.KeyOf[*deleted](): {"b"}}, (func(id string) (any, error) {
		if id == "a" {
			if _, err := p.Listeners(&deleted{}); err != nil {
				return nil, err
			}
			return on("a"), nil
		}
		return rollcall.NewListener[*deleted]("b", func(*deleted) {}), nil
	}))
	coretest.Check(t, "called", called(t, p), "a")
}

func TestContainerPanicsAreErrors(t *testing.T) {
	{
		g := (func(string) (any, error) { panic("no") })
		_, err := newContainer(t, map[event.Key][]string{createdKey: {"a"}}, g).Listeners(&created{})
		var problem *provider.ContainerError
		if !errors.As(err, &problem) || !strings.Contains(err.Error(), "panic: ") {
			t.Errorf("got %v", err)
		}
	}
}

func TestNilIsAnError(t *testing.T) {
	m := &provider.Mutable{}
	for name, p := range map[string]rollcall.Provider{
		"zero Mutable": m, "zero Chain": &provider.Chain{}, "Chain of nil": provider.NewChain(nil), "Filter of nil": provider.NewFilter(nil, nil),
	} {
		if _, err := p.Listeners(nil); err == nil {
			t.Errorf("%s has listeners for nothing", name)
		}
	}
	coretest.Check(t, "a chain of nil", coretest.IDsFor(t, provider.NewChain(nil), &created{}), "")
	if _, err := m.AddSubscriber(nil); err == nil {
		t.Error("nil subscribed")
	}
	var nilSubscriber *brittle
	if _, err := rollcall.FromValue(nilSubscriber, tags.Fields{}); err == nil {
		t.Error("a nil pointer subscribed")
	}
	if _, err := event.Argument[int](nil, "x"); err == nil {
		t.Error("nil has an argument")
	}
	if _, err := rollcall.FromValue(on("a"), tags.Fields{Method: "On"}); err == nil {
		t.Error("the method of a listener is ignored")
	}
}

// brittle is a subscriber that can't be nil.
type brittle struct{ list []rollcall.Listener }

func (b *brittle) Subscriptions() []rollcall.Listener { return b.list }

// Local types may share a name; the order of a map does not depend on chance.
func TestMapOfTypesOfOneName(t *testing.T) {
	first := func(id string) (event.Key, rollcall.Listener) {
		type local interface{ note(string) }
		return event.KeyOf[local](), rollcall.NewListener[local](id, func(l local) { l.note(id) })
	}
	second := func(id string) (event.Key, rollcall.Listener) {
		type local interface{ note(string) }
		return event.KeyOf[local](), rollcall.NewListener[local](id, func(l local) { l.note(id) })
	}
	one, oneListener := first("one")
	two, twoListener := second("two")
	for range 50 {
		p := coretest.Must[*provider.Map](t)(provider.NewMap(map[event.Key][]rollcall.Listener{one: {oneListener}, two: {twoListener}}))
		coretest.Check(t, "called", called(t, p), "one two")
	}
}

// A lazy listener is built once, however many events come first.
func TestLazyIsBuiltOnce(t *testing.T) {
	var mu sync.Mutex
	built := 0
	l := rollcall.Lazy("lazy", func() (func(context.Context, *created) error, error) {
		mu.Lock()
		defer mu.Unlock()
		built++
		return func(context.Context, *created) error { return nil }, nil
	})
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{l}, nil))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { called(t, p) })
	}
	wg.Wait()
	if built != 1 {
		t.Errorf("built %d times", built)
	}
}

// The search for what many unknown names were meant to be has an end.
func TestManyUnknownEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a second")
	}
	var declared []rollcall.Declaration
	var all listeners
	for i := range 400 {
		name := fmt.Sprintf("recipes.some_longer_name_of_event_%d", i)
		declared = append(declared, rollcall.Declare[*created](name))
		all = append(all, on(fmt.Sprint("l", i), `event:"`+name+`x"`))
	}
	_, err := provider.Build(all, declared)
	var problems []*rollcall.EventError
	for _, leaf := range errlist.Leaves(err) {
		if problem := (*rollcall.EventError)(nil); errors.As(leaf, &problem) {
			problems = append(problems, problem)
		}
	}
	first, last := problems[0], problems[len(problems)-1]
	if len(problems) != len(all) || !strings.Contains(first.Error(), "did you mean") || strings.Contains(last.Error(), "did you mean") {
		t.Errorf("got %d: %v\nand %v", len(problems), first, last)
	}
}
