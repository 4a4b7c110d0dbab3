package provider_test

import (
	"context"
	"fmt"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// Placed is the event of the examples.
type Placed struct{ ID string }

// says returns a listener that prints its ID.
func says(id string) rollcall.Listener {
	return rollcall.NewListener[*Placed](id, func(p *Placed) { fmt.Println(id, p.ID) })
}

// dispatch dispatches an order with this ID.
func dispatch(p rollcall.Provider, id string) {
	if err := rollcall.NewDispatcher(p).Dispatch(context.Background(), &Placed{ID: id}); err != nil {
		fmt.Println(err)
	}
}

// A provider sorts its listeners once, with a reason for each place.
func ExampleBuild() {
	notifier := rollcall.NewListener[*Placed]("notifier", func(p *Placed) { fmt.Println("notifier", p.ID) }, `after:"indexer"`)
	p, err := provider.Build([]rollcall.Listener{notifier, says("indexer")}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := p.Of(event.KeyOf[*Placed]())
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, l := range list.All() {
		reason, _ := list.Reason(i)
		fmt.Printf("%s: %s\n", l.ID, reason)
	}
	dispatch(p, "7")
	// Output:
	// indexer: priority 0 (default)
	// notifier: right after indexer
	// indexer 7
	// notifier 7
}

// Plug-ins come and go while the program runs.
func ExampleMutable() {
	var m provider.Mutable
	if _, err := m.Add(says("mailer")); err != nil {
		fmt.Println(err)
	}
	remove, err := m.Prepend(says("debugger"))
	if err != nil {
		fmt.Println(err)
	}
	dispatch(&m, "7")
	remove()
	dispatch(&m, "8")
	// Output:
	// debugger 7
	// mailer 7
	// mailer 8
}

// The order of a Map is written by hand.
func ExampleMap() {
	m, err := provider.NewMap(map[event.Key][]rollcall.Listener{
		event.KeyOf[*Placed](): {says("auditor"), says("mailer")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dispatch(m, "7")
	// Output:
	// auditor 7
	// mailer 7
}

// The container is asked for a listener when the first event needs it.
func ExampleContainer() {
	ids := map[event.Key][]string{event.KeyOf[*Placed](): {"mailer"}}
	c, err := provider.NewContainer(ids, func(id string) (any, error) {
		fmt.Println("construct", id)
		return func(p *Placed) { fmt.Println(id, p.ID) }, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dispatch(c, "7")
	dispatch(c, "8")
	// Output:
	// construct mailer
	// mailer 7
	// mailer 8
}

// The listeners of a core run before those of its plug-ins.
func ExampleChain() {
	core, err := provider.Build([]rollcall.Listener{says("core")}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var plugins provider.Mutable
	if _, err := plugins.Add(says("plugin")); err != nil {
		fmt.Println(err)
	}
	dispatch(provider.NewChain(core, &plugins), "7")
	// Output:
	// core 7
	// plugin 7
}

// A feature flag decides at each event.
func ExampleFilter() {
	all, err := provider.Build([]rollcall.Listener{says("mailer"), says("beta")}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	beta := false
	f := provider.NewFilter(all, func(_ any, l rollcall.Listener) bool { return beta || l.ID != "beta" })
	dispatch(f, "7")
	beta = true
	dispatch(f, "8")
	// Output:
	// mailer 7
	// mailer 8
	// beta 8
}
