package provider_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

func TestBuildPassFirstLastBeforeAfter(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{
		on("a", `priority:"-10"`), on("b", `priority:"last"`), on("c"), on("d", `priority:"first"`),
		on("e", `priority:"first"`), on("f", `before:"a"`), on("g", `after:"d"`),
	}, nil))
	coretest.Check(t, "order", called(t, p), "e d g c f a b")
}

func TestBuildPassOneListenerInSeveralProviders(t *testing.T) {
	m := on("m", `priority:"first"`)
	a := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), m}, nil))
	m.Placement = ordering.Placement{Priority: ordering.Last()}
	b := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{m, on("b")}, nil))
	coretest.Check(t, "one", called(t, a), "m a")
	coretest.Check(t, "the other", called(t, b), "b m")
}

func TestEventsMatchedByInterface(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{
		onChange("any", `after:"exact"`), on("exact"), onChange("top", `priority:"first"`),
		rollcall.NewListener[any]("all", func(any) {}, `priority:"last"`),
	}, nil))
	coretest.Check(t, "one order over all", coretest.IDsFor(t, p, &created{}), "top exact any all")
	coretest.Check(t, "another type of the interface", coretest.IDsFor(t, p, &deleted{}), "top any all")
	coretest.Check(t, "a type that is none", coretest.IDsFor(t, p, 7), "all")
}

func TestNamedEventsBesideTyped(t *testing.T) {
	named := func(id, name, tag string) rollcall.Listener {
		l := rollcall.NewListener[any](id, func(any) {}, asTags([]string{tag})...)
		l.Event = event.NameKey(name)
		return l
	}
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{
		named("by name", "recipe.created", `before:"by type"`),
		on("by type"),
		rollcall.NewListener[*created]("by tag", func(*created) {}, `event:"recipe.created" priority:"first"`),
		rollcall.NewListener[*created]("by package and type", func(*created) {}, `event:"provider_test.created" priority:"last"`),
		rollcall.NewListener[*event.Generic]("bare", func(*event.Generic) {}, `event:"shop.opened"`),
		rollcall.NewListener[*moved]("moved by type", func(*moved) {}),
		named("moved by name", "recipe.moved", `priority:"first"`),
	}, []rollcall.Declaration{rollcall.Declare[*created]("recipe.created")}))
	coretest.Check(t, "declared name", coretest.IDsFor(t, p, &created{}), "by tag by name by type by package and type")
	coretest.Check(t, "generic event", coretest.IDsFor(t, p, &event.Generic{Name: "shop.opened"}), "bare")
	coretest.Check(t, "generic event that nobody hears", coretest.IDsFor(t, p, &event.Generic{Name: "shop.closed"}), "")
	coretest.Check(t, "EventName", coretest.IDsFor(t, p, &moved{"recipe.moved"}), "moved by name moved by type")
	coretest.Check(t, "another EventName", coretest.IDsFor(t, p, &moved{"x"}), "moved by type")
}

func TestAskingForListeners(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a", `priority:"7"`), on("b"), onChange("c")}, nil))
	list := coretest.Must[*rollcall.Listeners](t)(p.Listeners(&created{}))
	coretest.Check(t, "listeners of an event", coretest.IDsFor(t, p, &created{}), "a b c")
	if list.Len() != 3 || coretest.Must[*rollcall.Listeners](t)(p.Listeners(7)).Len() != 0 {
		t.Error("whether there are any")
	}
	if n := len(p.All()); n != 3 {
		t.Errorf("all listeners: %d", n)
	}
	a, ok := find(list, "a")
	if n, _ := a.Placement.Priority.Number(); !ok || n != 7 {
		t.Error("a listener's placement")
	}
	if _, ok := find(list, "z"); ok {
		t.Error("found nobody")
	}
	if r, ok := list.Reason(0); !ok || r.String() != "priority 7" {
		t.Errorf("its reason: %v", r)
	}
	if provider.NewChain(opaque{}).All() != nil {
		t.Error("a chain lists what has no method All")
	}
}

type opaque struct{}

func (opaque) Listeners(any) (*rollcall.Listeners, error) { return coretest.ListOf(on("x")) }

func TestListWithoutReasons(t *testing.T) {
	list := coretest.Must[*rollcall.Listeners](t)(opaque{}.Listeners(nil))
	if _, ok := list.Reason(0); ok {
		t.Error("a reason from nowhere")
	}
}

func TestBuiltEvents(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{
		onChange("any"), on("a"), rollcall.NewListener[fmt.Stringer]("s", func(fmt.Stringer) {}),
		rollcall.NewListener[any]("n", func(any) {}, `event:"shop.opened"`),
	}, []rollcall.Declaration{rollcall.Declare[*deleted]("recipe.deleted"), rollcall.Declare[int]("")}))
	var lines []string
	for _, e := range p.Events() {
		var ids []string
		for _, l := range e.Listeners.All() {
			ids = append(ids, l.ID)
		}
		lines = append(lines, fmt.Sprintf("%v %t: %s", e.Event, e.Declared, strings.Join(ids, " ")))
	}
	coretest.Check(t, "events", strings.Join(lines, "\n"), `recipe.deleted true: any
int true: 
*provider_test.created false: any a
shop.opened false: n
fmt.Stringer false: s`)
}

// What is told about an event is what a dispatch gets.
func TestBuiltEventsAreThoseOfADispatch(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), onChange("c"), rollcall.NewListener[any]("n", func(any) {}, `event:"shop.opened"`)},
		[]rollcall.Declaration{rollcall.Declare[*created]("recipe.created"), rollcall.Declare[int]("")}))
	var names []string
	for _, e := range p.Events() {
		names = append(names, e.Listeners.Event())
	}
	coretest.Check(t, "events", strings.Join(names, ", "), "recipe.created, int, shop.opened")
	for i, ev := range []any{&created{}, 7} {
		if list := coretest.Must[*rollcall.Listeners](t)(p.Listeners(ev)); list != p.Events()[i].Listeners {
			t.Errorf("%T has another list", ev)
		}
	}
	only := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{onChange("c")}, nil)).Events()[0].Listeners
	coretest.Check(t, "an interface", only.Event(), "provider_test.change")
}

func TestBuildErrors(t *testing.T) {
	recipeCreated := rollcall.Declare[*created]("recipe.created")
	recipeCreated.Source = "recipes/module.go:3"
	typed := func(l rollcall.Listener, key event.Key) rollcall.Listener { l.Event = key; return l }
	const misspelt = "a (HERE) listens to recipe.craeted, but no event has that name: did you mean recipe.created? Otherwise declare it, or drop the tag's event to listen to *provider_test.created"
	for _, tt := range []struct {
		name      string
		listeners listeners
		events    []rollcall.Declaration
		want      string
	}{
		{"invalid", listeners{{ID: "x"}}, nil, "listener x can't be used: it has no function: make it with rollcall.NewListener"},
		{"duplicate", listeners{on("a"), on("a")}, nil, "a listens to *provider_test.created twice (HERE and HERE): drop one, or give it an ID of its own"},
		{"unknown target", listeners{on("a", `after:"b"`)}, nil, `a (HERE) must run after b, but no listener has that ID: correct it, or write "?b" if it may be absent`},
		{"not listening", listeners{on("a", `after:"b"`), rollcall.NewListener[*deleted]("b", func(*deleted) {})}, nil,
			`a (HERE) must run after b on *provider_test.created, but b (HERE) does not listen to that: drop the hint, or write "?b" if that is intended`},
		{"cycle", listeners{on("a", `after:"b"`), on("b", `after:"a"`)}, nil,
			"a must run after b (HERE),\nand b must run after a (HERE): drop one of the hints"},
		{"cycle that only an unknown type could meet", listeners{
			onChange("a", `after:"b"`), rollcall.NewListener[fmt.Stringer]("b", func(fmt.Stringer) {}, `after:"a"`)}, nil,
			"a must run after b (HERE),\nand b must run after a (HERE): drop one of the hints"},
		{"cycle that only a named event of an unknown type could meet", listeners{
			onChange("a", `after:"b"`), rollcall.NewListener[any]("b", func(any) {}, `event:"x" after:"a"`)}, nil,
			"a must run after b (HERE),\nand b must run after a (HERE): drop one of the hints"},
		{"cycle that only an unknown type of a declared interface could meet", listeners{
			rollcall.NewListener[any]("a", func(any) {}, `event:"changed" before:"b"`), rollcall.NewListener[fmt.Stringer]("b", func(fmt.Stringer) {}, `before:"a"`)},
			[]rollcall.Declaration{rollcall.Declare[change]("changed")},
			"a must run before b (HERE),\nand b must run before a (HERE): drop one of the hints"},
		{"cycle that only an unknown type of two declared interfaces could meet", listeners{
			rollcall.NewListener[any]("a", func(any) {}, `event:"changed" before:"b"`), rollcall.NewListener[any]("b", func(any) {}, `event:"printed" before:"a"`)},
			[]rollcall.Declaration{rollcall.Declare[change]("changed"), rollcall.Declare[fmt.Stringer]("printed")},
			"a must run before b (HERE),\nand b must run before a (HERE): drop one of the hints"},
		{"cycle that only a named event of a declared interface could meet", listeners{
			rollcall.NewListener[any]("a", func(any) {}, `event:"changed" before:"b"`), rollcall.NewListener[any]("b", func(any) {}, `event:"x" before:"a"`)},
			[]rollcall.Declaration{rollcall.Declare[change]("changed")},
			"a must run before b (HERE),\nand b must run before a (HERE): drop one of the hints"},
		{"wrong parameter", listeners{rollcall.NewListener[*deleted]("a", func(*deleted) {}, `event:"recipe.created"`)}, []rollcall.Declaration{recipeCreated},
			"a (HERE) takes *provider_test.deleted, but listens to recipe.created, which is a *provider_test.created (recipes/module.go:3): correct the tag's event or the parameter"},
		{"wrong parameter for a type", listeners{typed(on("a"), event.KeyOf[*deleted]())}, nil,
			"a (HERE) takes *provider_test.created, but listens to *provider_test.deleted, which is a *provider_test.deleted: correct the tag's event or the parameter"},
		{"misspelt event", listeners{on("a", `event:"recipe.craeted"`)}, []rollcall.Declaration{recipeCreated},
			misspelt},
		{"misspelt event of a target", listeners{on("a", `event:"recipe.craeted"`), on("b", `after:"a"`)}, []rollcall.Declaration{recipeCreated}, misspelt},
		{"misspelt event of one with a target", listeners{on("a", `event:"recipe.craeted" after:"b"`), on("b")}, []rollcall.Declaration{recipeCreated}, misspelt},
		{"misspelt event of an asynchronous one", listeners{on("a", `event:"recipe.craeted" async:"k"`)}, []rollcall.Declaration{recipeCreated}, misspelt},
		{"ambiguous event", listeners{rollcall.NewListener[any]("a", func(any) {}, `event:"provider_test.created"`)},
			[]rollcall.Declaration{rollcall.Declare[*created](""), rollcall.Declare[created]("")},
			"a (HERE) listens to provider_test.created, which may be any of *github.com/rollcall-go/rollcall/provider_test.created, github.com/rollcall-go/rollcall/provider_test.created: write one of these in full"},
		{"event declared twice", nil, []rollcall.Declaration{recipeCreated, rollcall.Declare[*created]("x")},
			"event *provider_test.created is declared twice: declare it once, where it is defined"},
		{"name of all events", nil, []rollcall.Declaration{rollcall.Declare[*created]("*")},
			"event *provider_test.created can't be named *, which stands for all events and lists: give it another name"},
		{"name with spaces", nil, []rollcall.Declaration{rollcall.Declare[*created]("recipe.created ")},
			`the name "recipe.created " of event *provider_test.created has spaces around it: drop them`},
		{"name used twice", nil, []rollcall.Declaration{recipeCreated, rollcall.Declare[*deleted]("recipe.created")},
			"events *provider_test.created and *provider_test.deleted are both named recipe.created: give each a name of its own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := provider.Build(tt.listeners, tt.events)
			if p != nil || err == nil || coretest.Here(err).Error() != tt.want {
				t.Errorf("got  %v\nwant %s", coretest.Here(err), tt.want)
			}
		})
	}
}

// Nothing that is not an event type's business hides it: local types of one
// name are told apart.
func TestTypesOfOneName(t *testing.T) {
	first := func() rollcall.Listener {
		type local struct{}
		return rollcall.NewListener[local]("x", func(local) {})
	}()
	second := func() rollcall.Listener {
		type local struct{}
		return rollcall.NewListener[local]("x", func(local) {})
	}()
	third := func() rollcall.Listener {
		type local struct{}
		return rollcall.NewListener[local]("x", func(local) {})
	}()
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{first, second, third}, nil))
	if n := len(p.Events()); n != 3 {
		t.Errorf("%d events", n)
	}
}

// Of types that differ by a star, the text in full means the one that it is.
func TestTypesThatDifferByAStar(t *testing.T) {
	events := []rollcall.Declaration{rollcall.Declare[*created]("p"), rollcall.Declare[created]("v")}
	for text, want := range map[string]event.Key{
		"*github.com/rollcall-go/rollcall/provider_test.created": event.KeyOf[*created](),
		"github.com/rollcall-go/rollcall/provider_test.created":  event.KeyOf[created](),
	} {
		p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{rollcall.NewListener[any]("a", func(any) {}, tags.Tag("event:\""+text+"\""))}, events))
		if got := p.All()[0].Event; got != want {
			t.Errorf("%s means %v", text, got)
		}
	}
}

// A function may take what its event can be assigned to.
func TestAssignableEvents(t *testing.T) {
	type counts map[string]int
	var got map[string]int
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{rollcall.NewListener[map[string]int]("a", func(m map[string]int) { got = m }, `event:"m"`)},
		[]rollcall.Declaration{rollcall.Declare[counts]("m")}))
	call(t, p, counts{"x": 1})
	if got["x"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestDispatchOfNothing(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{rollcall.NewListener[any]("a", func(any) {})}, nil))
	_, err := p.Listeners(nil)
	checkError[*rollcall.NilError](t, err, "there is no event: the value is nil")
}

func TestAllProblemsOfABuildAtOnce(t *testing.T) {
	_, err := provider.Build(listeners{
		{}, on("a"), on("a"), on("b", `after:"nobody"`), on("c", `before:"d"`), on("d", `before:"c"`),
		onChange("e", `before:"f"`), onChange("f", `before:"e"`),
	}, []rollcall.Declaration{rollcall.Declare[*created](""), rollcall.Declare[*deleted]("")})
	if n := len(err.(interface{ Unwrap() []error }).Unwrap()); n != 5 {
		t.Errorf("%d problems, want 5, each once:\n%v", n, err)
	}
}

// A type that is first seen at dispatch is resolved once, by whoever comes first.
func TestUndeclaredTypesConcurrently(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{onChange("a")}, nil))
	done := make(chan error)
	for range 8 {
		go func() {
			list, err := p.Listeners(&deleted{})
			if list.Len() != 1 && err == nil {
				err = errors.New("not found")
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	d := rollcall.NewDispatcher(p)
	if n := testing.AllocsPerRun(100, func() { _ = d.Dispatch(context.Background(), quietEvent) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var quietEvent any = &moved{}

// A listener of a value where a pointer to it is declared is a mistake.
func TestIndirection(t *testing.T) {
	value := rollcall.NewListener[created]("v", func(created) {})
	pointer := rollcall.NewListener[*deleted]("p", func(*deleted) {})
	declared := []rollcall.Declaration{rollcall.Declare[*created]("recipe.created"), rollcall.Declare[deleted]("")}
	for i := range declared {
		declared[i].Source = "events.go:7"
	}
	_, err := provider.Build(listeners{value}, declared)
	checkError[*rollcall.EventError](t, coretest.Here(err), "v (HERE) takes provider_test.created, which nobody declares, but the event is *provider_test.created (events.go:7): take that, or declare provider_test.created, too")
	_, err = provider.Build(listeners{pointer}, declared)
	checkError[*rollcall.EventError](t, coretest.Here(err), "p (HERE) takes *provider_test.deleted, which nobody declares, but the event is provider_test.deleted (events.go:7): take that, or declare *provider_test.deleted, too")
	_, err = provider.Build(listeners{value}, append(declared, rollcall.Declare[created]("")))
	if err != nil {
		t.Error(err)
	}
	if _, err = provider.Build(listeners{value, pointer}, nil); err != nil {
		t.Error(err)
	}
}
