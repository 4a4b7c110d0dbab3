package provider_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

func TestPSR14_BuildPassFirstLastBeforeAfter(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{
		on("a", `priority:"-10"`), on("b", `priority:"last"`), on("c"), on("d", `priority:"first"`),
		on("e", `priority:"first"`), on("f", `before:"a"`), on("g", `after:"d"`),
	}, nil))
	check(t, "order", called(t, p), "e d g c f a b")
}

func TestPSR14_BuildPassOneListenerInSeveralProviders(t *testing.T) {
	m := on("m", `priority:"first"`)
	a := must[*provider.Ordered](t)(provider.Build(listeners{on("a"), m}, nil))
	m.Placement = ordering.Placement{Priority: ordering.Last()}
	b := must[*provider.Ordered](t)(provider.Build(listeners{m, on("b")}, nil))
	check(t, "one", called(t, a), "m a")
	check(t, "the other", called(t, b), "b m")
}

func TestPSR14_EventsMatchedByInterface(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{
		onChange("any", `after:"exact"`), on("exact"), onChange("top", `priority:"first"`),
		provider.New[any]("all", func(any) {}, `priority:"last"`),
	}, nil))
	check(t, "one order over all", idsFor(t, p, &created{}), "top exact any all")
	check(t, "another type of the interface", idsFor(t, p, &deleted{}), "top any all")
	check(t, "a type that is none", idsFor(t, p, 7), "all")
}

func TestSymfony_NamedEventsBesideTyped(t *testing.T) {
	named := func(id, name, tag string) provider.Listener {
		l := provider.New[any](id, func(any) {}, asTags([]string{tag})...)
		l.Event = event.NameKey(name)
		return l
	}
	p := must[*provider.Ordered](t)(provider.Build(listeners{
		named("by name", "recipe.created", `before:"by type"`),
		on("by type"),
		provider.New[*created]("by tag", func(*created) {}, `event:"recipe.created" priority:"first"`),
		provider.New[*created]("by package and type", func(*created) {}, `event:"provider_test.created" priority:"last"`),
		provider.New[*event.Generic]("bare", func(*event.Generic) {}, `event:"shop.opened"`),
		provider.New[*moved]("moved by type", func(*moved) {}),
		named("moved by name", "recipe.moved", `priority:"first"`),
	}, []provider.Event{provider.Declare[*created]("recipe.created")}))
	check(t, "declared name", idsFor(t, p, &created{}), "by tag by name by type by package and type")
	check(t, "generic event", idsFor(t, p, &event.Generic{Name: "shop.opened"}), "bare")
	check(t, "generic event that nobody hears", idsFor(t, p, &event.Generic{Name: "shop.closed"}), "")
	check(t, "EventName", idsFor(t, p, &moved{"recipe.moved"}), "moved by name moved by type")
	check(t, "another EventName", idsFor(t, p, &moved{"x"}), "moved by type")
}

func TestSymfony_AskingForListeners(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{on("a", `priority:"7"`), on("b"), onChange("c")}, nil))
	list := must[*provider.List](t)(p.Listeners(&created{}))
	check(t, "listeners of an event", idsFor(t, p, &created{}), "a b c")
	if list.Len() != 3 || must[*provider.List](t)(p.Listeners(7)).Len() != 0 {
		t.Error("whether there are any")
	}
	if n := len(provider.All(p)); n != 3 {
		t.Errorf("all listeners: %d", n)
	}
	a, ok := list.Find("a")
	if n, _ := a.Placement.Priority.Number(); !ok || n != 7 {
		t.Error("a listener's placement")
	}
	if _, ok := list.Find("z"); ok {
		t.Error("found nobody")
	}
	if r, ok := list.Reason(0); !ok || r.String() != "priority 7" {
		t.Errorf("its reason: %v", r)
	}
	if provider.All(opaque{}) != nil {
		t.Error("All of what is no Lister")
	}
}

type opaque struct{}

func (opaque) Listeners(any) (*provider.List, error) { return provider.NewList(on("x")) }

func TestListWithoutReasons(t *testing.T) {
	list := must[*provider.List](t)(opaque{}.Listeners(nil))
	if _, ok := list.Reason(0); ok {
		t.Error("a reason from nowhere")
	}
}

func TestBuiltEvents(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{
		onChange("any"), on("a"), provider.New[fmt.Stringer]("s", func(fmt.Stringer) {}),
		provider.New[any]("n", func(any) {}, `event:"shop.opened"`),
	}, []provider.Event{provider.Declare[*deleted]("recipe.deleted"), provider.Declare[int]("")}))
	var lines []string
	for _, e := range p.Events() {
		var ids []string
		for _, l := range e.List.All() {
			ids = append(ids, l.ID)
		}
		lines = append(lines, fmt.Sprintf("%v %t: %s", e.Event, e.Declared, strings.Join(ids, " ")))
	}
	check(t, "events", strings.Join(lines, "\n"), `recipe.deleted true: any
int true: 
*provider_test.created false: any a
shop.opened false: n
fmt.Stringer false: s`)
}

// What is told about an event is what a dispatch gets.
func TestBuiltEventsAreThoseOfADispatch(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{on("a"), onChange("c"), provider.New[any]("n", func(any) {}, `event:"shop.opened"`)},
		[]provider.Event{provider.Declare[*created]("recipe.created"), provider.Declare[int]("")}))
	var names []string
	for _, e := range p.Events() {
		names = append(names, fmt.Sprintf("%s %t", e.List.Event(), e.List.Stoppable()))
	}
	check(t, "events and whether they may be stopped", strings.Join(names, ", "), "recipe.created false, int false, shop.opened true")
	for i, ev := range []any{&created{}, 7} {
		if list := must[*provider.List](t)(p.Listeners(ev)); list != p.Events()[i].List {
			t.Errorf("%T has another list", ev)
		}
	}
	only := must[*provider.Ordered](t)(provider.Build(listeners{onChange("c")}, nil)).Events()[0].List
	check(t, "an interface", fmt.Sprintf("%s %t", only.Event(), only.Stoppable()), "provider_test.change true")
}

func TestBuildErrors(t *testing.T) {
	recipeCreated := provider.Declare[*created]("recipe.created")
	recipeCreated.Source = "recipes/module.go:3"
	typed := func(l provider.Listener, key event.Key) provider.Listener { l.Event = key; return l }
	const misspelt = "a (HERE) listens to recipe.craeted, but no event has that name: did you mean recipe.created? Otherwise declare it, or leave the event to the parameter, *provider_test.created"
	for _, tt := range []struct {
		name      string
		listeners listeners
		events    []provider.Event
		want      string
	}{
		{"invalid", listeners{{ID: "x"}}, nil, "listener x can't be used: it has no function: make it with provider.New"},
		{"duplicate", listeners{on("a"), on("a")}, nil, "a listens to *provider_test.created twice (HERE and HERE): drop one, or give it an ID of its own"},
		{"unknown target", listeners{on("a", `after:"b"`)}, nil, `a (HERE) must run after b, but no listener has that ID: correct it, or write "?b" if it may be absent`},
		{"not listening", listeners{on("a", `after:"b"`), provider.New[*deleted]("b", func(*deleted) {})}, nil,
			`a (HERE) must run after b on *provider_test.created, but b (HERE) does not listen to that: drop the hint, or write "?b" if that is intended`},
		{"cycle", listeners{on("a", `after:"b"`), on("b", `after:"a"`)}, nil,
			"a must run after b (HERE),\nand b must run after a (HERE): drop one of the hints"},
		{"cycle that only an unknown type could meet", listeners{
			onChange("a", `after:"b"`), provider.New[fmt.Stringer]("b", func(fmt.Stringer) {}, `after:"a"`)}, nil,
			"a must run after b (HERE),\nand b must run after a (HERE): drop one of the hints"},
		{"cycle that only a named event of an unknown type could meet", listeners{
			onChange("a", `after:"b"`), provider.New[any]("b", func(any) {}, `event:"x" after:"a"`)}, nil,
			"a must run after b (HERE),\nand b must run after a (HERE): drop one of the hints"},
		{"cycle that only an unknown type of a declared interface could meet", listeners{
			provider.New[any]("a", func(any) {}, `event:"changed" before:"b"`), provider.New[fmt.Stringer]("b", func(fmt.Stringer) {}, `before:"a"`)},
			[]provider.Event{provider.Declare[change]("changed")},
			"a must run before b (HERE),\nand b must run before a (HERE): drop one of the hints"},
		{"cycle that only an unknown type of two declared interfaces could meet", listeners{
			provider.New[any]("a", func(any) {}, `event:"changed" before:"b"`), provider.New[any]("b", func(any) {}, `event:"printed" before:"a"`)},
			[]provider.Event{provider.Declare[change]("changed"), provider.Declare[fmt.Stringer]("printed")},
			"a must run before b (HERE),\nand b must run before a (HERE): drop one of the hints"},
		{"cycle that only a named event of a declared interface could meet", listeners{
			provider.New[any]("a", func(any) {}, `event:"changed" before:"b"`), provider.New[any]("b", func(any) {}, `event:"x" before:"a"`)},
			[]provider.Event{provider.Declare[change]("changed")},
			"a must run before b (HERE),\nand b must run before a (HERE): drop one of the hints"},
		{"wrong parameter", listeners{provider.New[*deleted]("a", func(*deleted) {}, `event:"recipe.created"`)}, []provider.Event{recipeCreated},
			"a (HERE) takes *provider_test.deleted, but listens to recipe.created, which is a *provider_test.created (recipes/module.go:3): correct the tag's event or the parameter"},
		{"wrong parameter for a type", listeners{typed(on("a"), event.KeyOf[*deleted]())}, nil,
			"a (HERE) takes *provider_test.created, but listens to *provider_test.deleted, which is a *provider_test.deleted: correct the tag's event or the parameter"},
		{"misspelt event", listeners{on("a", `event:"recipe.craeted"`)}, []provider.Event{recipeCreated},
			misspelt},
		{"misspelt event of a target", listeners{on("a", `event:"recipe.craeted"`), on("b", `after:"a"`)}, []provider.Event{recipeCreated}, misspelt},
		{"misspelt event of one with a target", listeners{on("a", `event:"recipe.craeted" after:"b"`), on("b")}, []provider.Event{recipeCreated}, misspelt},
		{"misspelt event of an asynchronous one", listeners{on("a", `event:"recipe.craeted" async:"k"`)}, []provider.Event{recipeCreated}, misspelt},
		{"ambiguous event", listeners{provider.New[any]("a", func(any) {}, `event:"provider_test.created"`)},
			[]provider.Event{provider.Declare[*created](""), provider.Declare[created]("")},
			"a (HERE) listens to provider_test.created, which may be any of *github.com/rollcall-go/rollcall/provider_test.created, github.com/rollcall-go/rollcall/provider_test.created: write one of these in full"},
		{"event declared twice", nil, []provider.Event{recipeCreated, provider.Declare[*created]("x")},
			"event *provider_test.created is declared twice: declare it once, where it is defined"},
		{"name used twice", nil, []provider.Event{recipeCreated, provider.Declare[*deleted]("recipe.created")},
			"events *provider_test.created and *provider_test.deleted are both named recipe.created: give each a name of its own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := provider.Build(tt.listeners, tt.events)
			if p != nil || err == nil || here(err).Error() != tt.want {
				t.Errorf("got  %v\nwant %s", here(err), tt.want)
			}
		})
	}
}

// Nothing that is not an event type's business hides it: local types of one
// name are told apart.
func TestTypesOfOneName(t *testing.T) {
	first := func() provider.Listener {
		type local struct{}
		return provider.New[local]("x", func(local) {})
	}()
	second := func() provider.Listener {
		type local struct{}
		return provider.New[local]("x", func(local) {})
	}()
	third := func() provider.Listener {
		type local struct{}
		return provider.New[local]("x", func(local) {})
	}()
	p := must[*provider.Ordered](t)(provider.Build(listeners{first, second, third}, nil))
	if n := len(p.Events()); n != 3 {
		t.Errorf("%d events", n)
	}
}

// Of types that differ by a star, the text in full means the one that it is.
func TestTypesThatDifferByAStar(t *testing.T) {
	events := []provider.Event{provider.Declare[*created]("p"), provider.Declare[created]("v")}
	for text, want := range map[string]event.Key{
		"*github.com/rollcall-go/rollcall/provider_test.created": event.KeyOf[*created](),
		"github.com/rollcall-go/rollcall/provider_test.created":  event.KeyOf[created](),
	} {
		p := must[*provider.Ordered](t)(provider.Build(listeners{provider.New[any]("a", func(any) {}, tags.Tag("event:\""+text+"\""))}, events))
		if got := p.All()[0].Event; got != want {
			t.Errorf("%s means %v", text, got)
		}
	}
}

// Where an event can't be found, or is none that the function can take, its
// listener is left as it is.
func TestResolveLeavesWhatItCantFind(t *testing.T) {
	const text = `event:"provider_test.created"`
	one, other := provider.Declare[*created](""), provider.Declare[created]("")
	for _, tt := range []struct {
		name     string
		listener provider.Listener
		declared []provider.Event
	}{
		{"ambiguous", provider.New[any]("a", func(any) {}, text), []provider.Event{one, other}},
		{"wrong parameter", provider.New[*deleted]("a", func(*deleted) {}, text), []provider.Event{one}},
	} {
		all := listeners{tt.listener}
		if err := provider.Resolve(all, tt.declared); err == nil || all[0].Event != event.NameKey("provider_test.created") {
			t.Errorf("%s: %v: %v", tt.name, err, all[0].Event)
		}
	}
}

// A function may take what its event can be assigned to.
func TestAssignableEvents(t *testing.T) {
	type counts map[string]int
	var got map[string]int
	p := must[*provider.Ordered](t)(provider.Build(listeners{provider.New[map[string]int]("a", func(m map[string]int) { got = m }, `event:"m"`)},
		[]provider.Event{provider.Declare[counts]("m")}))
	call(t, p, counts{"x": 1})
	if got["x"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestDispatchOfNothing(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{provider.New[any]("a", func(any) {})}, nil))
	_, err := p.Listeners(nil)
	checkError[*provider.NoEventError](t, err, "there is no event: the value is nil")
}

func TestAllProblemsOfABuildAtOnce(t *testing.T) {
	_, err := provider.Build(listeners{
		{}, on("a"), on("a"), on("b", `after:"nobody"`), on("c", `before:"d"`), on("d", `before:"c"`),
		onChange("e", `before:"f"`), onChange("f", `before:"e"`),
	}, []provider.Event{provider.Declare[*created](""), provider.Declare[*deleted]("")})
	if n := len(err.(interface{ Unwrap() []error }).Unwrap()); n != 5 {
		t.Errorf("%d problems, want 5, each once:\n%v", n, err)
	}
}

// A type that is first seen at dispatch is resolved once, by whoever comes first.
func TestUndeclaredTypesConcurrently(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{onChange("a")}, nil))
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
	if n := testing.AllocsPerRun(100, func() { _, _ = p.Listeners(theEvent) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleBuild() {
	type Created struct{ ID string }
	say := func(who string) func(context.Context, *Created) error {
		return func(_ context.Context, c *Created) error {
			fmt.Println(who, "saw", c.ID)
			return nil
		}
	}
	p, err := provider.Build([]provider.Listener{
		provider.New[*Created]("notifier", say("notifier"), `after:"indexer"`),
		provider.New[*Created]("indexer", say("indexer")),
		provider.New[*Created]("auditor", say("auditor"), `priority:"first"`),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	soup := &Created{ID: "soup"}
	list, _ := p.Listeners(soup)
	for i, call := range provider.Funcs[*Created](list) {
		reason, _ := list.Reason(i)
		fmt.Printf("%s: ", reason)
		_ = call(context.Background(), soup)
	}
	// Output:
	// first: auditor saw soup
	// priority 0 (default): indexer saw soup
	// right after indexer: notifier saw soup
}

// A listener of a value where a pointer to it is declared is a mistake.
func TestIndirection(t *testing.T) {
	value := provider.New[created]("v", func(created) {})
	pointer := provider.New[*deleted]("p", func(*deleted) {})
	declared := []provider.Event{provider.Declare[*created]("recipe.created"), provider.Declare[deleted]("")}
	for i := range declared {
		declared[i].Source = "events.go:7"
	}
	_, err := provider.Build(listeners{value}, declared)
	checkError[*provider.IndirectionError](t, here(err), "v (HERE) takes provider_test.created, which nobody declares, but the event is *provider_test.created (events.go:7): take that, or declare provider_test.created, too")
	_, err = provider.Build(listeners{pointer}, declared)
	checkError[*provider.IndirectionError](t, here(err), "p (HERE) takes *provider_test.deleted, which nobody declares, but the event is provider_test.deleted (events.go:7): take that, or declare *provider_test.deleted, too")
	_, err = provider.Build(listeners{value}, append(declared, provider.Declare[created]("")))
	if err != nil {
		t.Error(err)
	}
	if _, err = provider.Build(listeners{value, pointer}, nil); err != nil {
		t.Error(err)
	}
}
