package inspect_test

import (
	"fmt"
	"os"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/provider"
)

func Example() {
	type Placed struct{ ID string }
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*Placed]("notifier", func(*Placed) {}, `after:"indexer, ?metrics"`),
		rollcall.NewListener[*Placed]("indexer", func(*Placed) {}, `priority:"10"`),
	}, []rollcall.Declaration{rollcall.Declare[*Placed]("order.placed")})
	if err != nil {
		fmt.Println(err)
		return
	}
	report := inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("shop", "event_listener", p, nil)}}
	for _, l := range report.Providers[0].Events[0].Listeners {
		fmt.Printf("%s: %s\n", l.ID, l.Reason)
		for _, n := range l.NoEffect {
			fmt.Printf("  %s has no effect: %s\n", n.Hint, n.Why)
		}
	}
	if err := report.Explain(os.Stdout, "order.placed", "nobody"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// indexer: priority 10
	// notifier: right after indexer
	//   after ?metrics has no effect: no listener has that ID
	// there is no listener nobody on order.placed
}
