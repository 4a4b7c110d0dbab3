package event_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/rollcall-go/rollcall/event"
)

type (
	created       struct{ event.Propagation }
	listed[T any] struct{ _ T }
	greeter       interface{ Greet() }
)

const path = "github.com/rollcall-go/rollcall/event_test"

func TestKeyTexts(t *testing.T) {
	for _, tt := range []struct {
		key         event.Key
		short, full string
		isInterface bool
	}{
		{event.KeyOf[*created](), "*event_test.created", "*" + path + ".created", false},
		{event.KeyOf[created](), "event_test.created", path + ".created", false},
		{event.KeyOf[greeter](), "event_test.greeter", path + ".greeter", true},
		{event.KeyOf[listed[int]](), "event_test.listed[int]", path + ".listed[int]", false},
		{event.KeyOf[[]string](), "[]string", "[]string", false},
		{event.NameKey("recipe.created"), "recipe.created", "recipe.created", false},
		{event.TypeKey(nil), "", "", false},
	} {
		if tt.key.String() != tt.short || tt.key.Path() != tt.full || tt.key.IsInterface() != tt.isInterface {
			t.Errorf("got %q, %q, %t; want %q, %q, %t", tt.key, tt.key.Path(), tt.key.IsInterface(), tt.short, tt.full, tt.isInterface)
		}
	}
	if k := event.KeyOf[int](); k.Type() != reflect.TypeFor[int]() || k.Name() != "" || event.NameKey("x").Name() != "x" {
		t.Error("a key lost what it was made of")
	}
}

func TestKeyMatches(t *testing.T) {
	pointer := event.KeyOf[*created]()
	for text, want := range map[string]bool{
		"event_test.created": true, "*event_test.created": true, path + ".created": true, "*" + path + ".created": true,
		"created": false, "event.created": false, "": false,
	} {
		if got := pointer.Matches(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
	if event.KeyOf[created]().Matches("*event_test.created") {
		t.Error(`a "*" matches a type that is no pointer`)
	}
	if !event.NameKey("a.b").Matches("a.b") || event.NameKey("a.b").Matches("b") || (event.Key{}).Matches("") {
		t.Error("names match wrongly")
	}
}

func TestStopPropagation(t *testing.T) {
	var e created
	var _ event.Stoppable = &e
	if e.PropagationStopped() {
		t.Error("stopped from the start")
	}
	e.StopPropagation()
	e.StopPropagation()
	if !e.PropagationStopped() {
		t.Error("not stopped")
	}
}

func TestGenericEventWithSubjectAndArguments(t *testing.T) {
	g := &event.Generic{Name: "recipe.created", Subject: "soup", Arguments: map[string]any{"id": 7, "by": "ann"}}
	var _ event.Named = g
	if g.EventName() != "recipe.created" || g.PropagationStopped() {
		t.Error("name or stopping is wrong")
	}
	if id, err := event.Argument[int](g, "id"); id != 7 || err != nil {
		t.Errorf("got %d, %v", id, err)
	}
	_, err := event.Argument[int](g, "di")
	checkArgumentError(t, err, `event recipe.created has no argument "di"; it has: by, id`)
	_, err = event.Argument[string](g, "id")
	checkArgumentError(t, err, `argument "id" of event recipe.created has type int, want string`)
}

func TestArgumentThatIsNil(t *testing.T) {
	g := &event.Generic{Name: "recipe.failed", Arguments: map[string]any{"err": nil}}
	if err, problem := event.Argument[error](g, "err"); err != nil || problem != nil {
		t.Errorf("got %v, %v", err, problem)
	}
	if value, problem := event.Argument[any](g, "err"); value != nil || problem != nil {
		t.Errorf("got %v, %v", value, problem)
	}
	_, problem := event.Argument[*created](g, "err")
	checkArgumentError(t, problem, `argument "err" of event recipe.failed has type <nil>, want *event_test.created`)
}

func checkArgumentError(t *testing.T, err error, want string) {
	t.Helper()
	var problem *event.ArgumentError
	if !errors.As(err, &problem) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestNameConventions(t *testing.T) {
	for _, tt := range []struct{ name, advice, err string }{
		{"recipe.created", "", ""},
		{"acme.recipe.pre_set", "", ""},
		{"order2.paid", "", ""},
		{"kernel.response", `event name "kernel.response": its last word, "response", should be a verb that says what happened, as in "recipe.created"`, ""},
		{"Recipe.created", "", `event name "Recipe.created" has 'R': use lower-case letters, digits, "." and "_" only`},
		{"recipe.ünder", "", `event name "recipe.ünder" has 'ü': use lower-case letters, digits, "." and "_" only`},
		{"a\xff.b", "", `event name "a\xff.b" has '�': use lower-case letters, digits, "." and "_" only`},
		{"created", "", `event name "created" has no namespace: write it before a ".", as in "recipe.created"`},
		{"", "", `event name "" has no namespace: write it before a ".", as in "recipe.created"`},
		{"recipe..created", "", `event name "recipe..created" has an empty part: write something on both sides of each "."`},
	} {
		advice, err := event.CheckName(tt.name)
		text := ""
		var problem *event.NameError
		if errors.As(err, &problem) {
			text = err.Error()
		}
		if advice != tt.advice || text != tt.err {
			t.Errorf("%q: got %q, %q", tt.name, advice, text)
		}
	}
}

func TestSet(t *testing.T) {
	g := &event.Generic{Name: "foo"}
	g.Set("k", 7)
	if k, err := event.Argument[int](g, "k"); k != 7 || err != nil {
		t.Errorf("got %v, %v", k, err)
	}
}
