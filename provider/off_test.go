package provider_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// What is off for an interface is off for the listeners of that interface, whatever type an
// event has that nobody declares. Other interfaces of the event keep theirs.
func TestOffOfAnInterface(t *testing.T) {
	text := rollcall.NewListener[fmt.Stringer]("x", func(fmt.Stringer) {})
	any1 := rollcall.NewListener[any]("y", func(any) {})
	off := ordering.Rules{Off: []ordering.Off{
		{Events: []string{"fmt.Stringer"}, Entry: ordering.Entry{Target: ordering.Target{ID: "y", Optional: true}}},
	}}
	p, err := provider.Build([]rollcall.Listener{text, any1}, nil, off)
	if err != nil {
		t.Fatal(err)
	}
	coretest.Check(t, "an event that nobody declares", coretest.IDsFor(t, p, undeclared{}), "x y")
}

type undeclared struct{}

func (undeclared) String() string { return "" }
