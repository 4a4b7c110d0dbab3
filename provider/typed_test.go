package provider_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
)

// An answer says how long it holds.
func TestAnswersHold(t *testing.T) {
	built := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), onChange("b")}, nil))
	mutable := &provider.Mutable{}
	coretest.Must[func()](t)(mutable.Append(on("m")))
	filter := provider.NewFilter(built, func(any, rollcall.Listener) bool { return true })
	for _, tt := range []struct {
		name       string
		provider   rollcall.Provider
		everyEvent bool
		leases     int
		ids        string
	}{
		{"Sorted", built, true, 0, "a b"},
		{"Map", coretest.Must[*provider.Map](t)(provider.NewMap(map[event.Key][]rollcall.Listener{createdKey: {on("a")}})), true, 0, "a"},
		{"Container", newContainer(t, map[event.Key][]string{createdKey: {"x"}}, (&shelf{values: map[string]any{"x": on("x")}}).Get), true, 0, "x"},
		{"Mutable", mutable, true, 1, "m"},
		{"zero Mutable", &provider.Mutable{}, true, 1, ""},
		{"Chain", provider.NewChain(built, mutable), true, 2, "a b m"},
		{"zero Chain", &provider.Chain{}, true, 1, ""},
		{"Filter", filter, false, 0, "a b"},
		{"Chain with a Filter", provider.NewChain(built, filter), false, 1, "a b a b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := coretest.Must[*rollcall.Listeners](t)(tt.provider.Listeners(&created{})).Spec()
			if spec.EveryEvent != tt.everyEvent || len(spec.Leases) != tt.leases || spec.Event.Key != createdKey {
				t.Errorf("every event %t of %v, %d leases", spec.EveryEvent, spec.Event, len(spec.Leases))
			}
			coretest.Check(t, "listeners", coretest.IDsFor(t, tt.provider, &created{}), tt.ids)
		})
	}
}

// Without an event at hand, a key is enough.
func TestListenersOfAKey(t *testing.T) {
	built := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), onChange("b"), on("n", `event:"recipe.created"`)},
		[]rollcall.Declaration{rollcall.Declare[*created]("recipe.created")}))
	mutable := &provider.Mutable{}
	coretest.Must[func()](t)(mutable.Append(on("m")))
	named := rollcall.NewListener[any]("by name", func(any) {}, `event:"x"`)
	coretest.Must[func()](t)(mutable.Append(named))
	chain := provider.NewChain(built, mutable, opaque{})
	for _, tt := range []struct {
		of interface {
			Of(event.Key) (*rollcall.Listeners, error)
		}
		key  event.Key
		want string
	}{
		{built, createdKey, "a b n"}, {built, changeKey, "b"}, {built, event.NameKey("x"), ""},
		{mutable, createdKey, "m"}, {mutable, event.NameKey("x"), "by name"}, {&provider.Mutable{}, createdKey, ""},
		{chain, createdKey, "a b n m"}, {chain, event.NameKey("x"), "by name"},
	} {
		var ids []string
		for _, l := range coretest.Must[*rollcall.Listeners](t)(tt.of.Of(tt.key)).All() {
			ids = append(ids, l.ID)
		}
		coretest.Check(t, fmt.Sprintf("%T of %v", tt.of, tt.key), strings.Join(ids, " "), tt.want)
	}
}

// Whoever can list its events says what each of them reaches.
func TestEvents(t *testing.T) {
	built := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), onChange("b")}, []rollcall.Declaration{rollcall.Declare[*created]("recipe.created")}))
	mutable := &provider.Mutable{}
	coretest.Must[func()](t)(mutable.Append(on("m")))
	coretest.Must[func()](t)(mutable.Append(rollcall.NewListener[*deleted]("d", func(*deleted) {})))
	for _, tt := range []struct {
		name string
		of   interface{ Events() []provider.EventOrder }
		want string
	}{
		{"Sorted", built, "recipe.created: a b"},
		{"Mutable", mutable, "*provider_test.created: m; *provider_test.deleted: d"},
		{"Map", coretest.Must[*provider.Map](t)(provider.NewMap(map[event.Key][]rollcall.Listener{createdKey: {on("x"), on("y")}})), "*provider_test.created: x y"},
		{"Chain", provider.NewChain(mutable, opaque{}, built), "*provider_test.created: m a b; *provider_test.deleted: d b"},
	} {
		var events []string
		for _, e := range tt.of.Events() {
			var ids []string
			for _, l := range e.Listeners.All() {
				ids = append(ids, l.ID)
			}
			events = append(events, e.Title+": "+strings.Join(ids, " "))
		}
		coretest.Check(t, tt.name, strings.Join(events, "; "), tt.want)
	}
}

func TestListKnowsItsEvent(t *testing.T) {
	p := coretest.Must[*provider.Sorted](t)(provider.Build(
		listeners{on("a"), rollcall.NewListener[*stoppable]("b", func(*stoppable) {})}, []rollcall.Declaration{rollcall.Declare[*created]("recipe.created")}))
	named := coretest.Must[*rollcall.Listeners](t)(p.Listeners(&created{}))
	typed := coretest.Must[*rollcall.Listeners](t)(p.Listeners(&stoppable{}))
	byHand := coretest.Must[*rollcall.Listeners](t)(coretest.ListOf(on("a")))
	var none *rollcall.Listeners
	coretest.Check(t, "declared name", named.Event(), "recipe.created")
	coretest.Check(t, "type", typed.Event(), "*provider_test.stoppable")
	coretest.Check(t, "made by hand, none", byHand.Event()+none.Event(), "")
	chain := provider.NewChain(p, p)
	coretest.Check(t, "through a chain", coretest.Must[*rollcall.Listeners](t)(chain.Listeners(&created{})).Event(), "recipe.created")
	without := provider.NewFilter(chain, func(_ any, l rollcall.Listener) bool { return false })
	if list := coretest.Must[*rollcall.Listeners](t)(without.Listeners(&created{})); list.Len() != 0 {
		t.Errorf("%d left", list.Len())
	}
}

type stoppable struct{ event.Propagation }

func TestErrorsUnwrap(t *testing.T) {
	cause := errors.New("cause")
	for _, err := range []error{
		&rollcall.InvalidListenerError{Err: cause}, &provider.ContainerError{Err: cause},
	} {
		if !errors.Is(err, cause) {
			t.Errorf("%T hides its cause", err)
		}
	}
}

// What can't be declared is refused at its place: its listeners would never be called.
func TestBadDeclarations(t *testing.T) {
	for _, tt := range []struct {
		event rollcall.Declaration
		want  string
	}{
		{rollcall.Declaration{Name: "x", Source: "a/a.go:1"}, `event "x" (a/a.go:1) has no key: declare it with rollcall.Declare`},
		{rollcall.Declaration{Key: event.NameKey("x"), Name: "x", Source: "a/a.go:1"}, `event "x" (a/a.go:1) has the key of a name, x, where its type belongs: declare it with rollcall.Declare`},
	} {
		_, err := provider.Build(nil, []rollcall.Declaration{tt.event})
		checkError[*provider.DeclarationError](t, err, tt.want)
	}
}

func TestContainerOfNothing(t *testing.T) {
	if _, err := provider.NewContainer(nil, nil); err == nil {
		t.Error("a nil container was accepted")
	}
}

func TestDuplicateEventErrorWithPlaces(t *testing.T) {
	first, second := rollcall.Declare[*created]("x"), rollcall.Declare[*deleted]("x")
	first.Source, second.Source = "a/a.go:1", "b/b.go:2"
	_, err := provider.Build(nil, []rollcall.Declaration{first, second})
	checkError[*provider.DeclarationError](t, err,
		"events *provider_test.created and *provider_test.deleted are both named x (a/a.go:1 and b/b.go:2): give each a name of its own")
}

// A hint may cross from a name to a type or an interface where some event may
// have both, and not where none can.
func TestHintsBetweenKindsOfEvents(t *testing.T) {
	named := func(tag string) rollcall.Listener {
		return rollcall.NewListener[any]("named", func(any) {}, asTags([]string{tag})...)
	}
	declared := []rollcall.Declaration{rollcall.Declare[*created]("recipe.created")}
	stringer := func(tag ...string) rollcall.Listener {
		return rollcall.NewListener[fmt.Stringer]("stringer", func(fmt.Stringer) {}, asTags(tag)...)
	}
	for _, tt := range []struct {
		name      string
		listeners listeners
		ok        bool
	}{
		{"name of that type", listeners{named(`event:"recipe.created" after:"a"`), on("a")}, true},
		{"name of another type", listeners{named(`event:"recipe.created" after:"d"`), rollcall.NewListener[*deleted]("d", func(*deleted) {})}, false},
		{"undeclared name and a type that may have it", listeners{named(`event:"x" after:"m"`), rollcall.NewListener[*moved]("m", func(*moved) {})}, true},
		{"undeclared name and a type without a name", listeners{named(`event:"x" after:"a"`), on("a")}, false},
		{"undeclared name and an interface", listeners{named(`event:"x" after:"stringer"`), stringer()}, true},
		{"name of a type and an interface that it has", listeners{onChange("c", `after:"named"`), named(`event:"recipe.created"`)}, true},
		{"name of a type and an interface that it lacks", listeners{stringer(`after:"named"`), named(`event:"recipe.created"`)}, false},
		{"two names", listeners{named(`event:"x" after:"other"`), rollcall.NewListener[any]("other", func(any) {}, `event:"y"`)}, false},
		{"two interfaces", listeners{onChange("c", `after:"stringer"`), stringer()}, true},
		{"interface and a type that lacks it", listeners{stringer(`after:"a"`), on("a")}, false},
		{"type and an interface that it lacks", listeners{on("a", `after:"stringer"`), stringer()}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := provider.Build(tt.listeners, declared); (err == nil) != tt.ok {
				t.Errorf("got %v, want ok: %t", err, tt.ok)
			}
		})
	}
}
