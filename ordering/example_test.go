package ordering_test

import (
	"fmt"

	"github.com/rollcall-go/rollcall/ordering"
)

func Example() {
	items := []ordering.Item{
		{ID: "notifier", Placement: ordering.Placement{After: []ordering.Target{{ID: "indexer"}}}},
		{ID: "mailer"},
		{ID: "indexer"},
		{ID: "auditor", Placement: ordering.Placement{Priority: ordering.First()}},
	}
	orders, err := ordering.Sort(items)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range orders[0].Placed {
		fmt.Printf("%s: %v\n", items[p.Item].ID, p.Reason)
	}
	// Output:
	// auditor: first
	// mailer: priority 0 (default), before indexer as declared
	// indexer: priority 0 (default)
	// notifier: right after indexer
}
