package inspect_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/ordering"
)

// randomItems are up to eight listeners of one event, with few priorities and
// many hints.
func randomItems(t *rapid.T) []ordering.Item {
	n := rapid.IntRange(2, 8).Draw(t, "listeners")
	items := make([]ordering.Item, n)
	for i := range items {
		p := ordering.Placement{Priority: rapid.SampledFrom([]ordering.Priority{
			{}, ordering.First(), ordering.Last(), ordering.At(1), ordering.At(2),
		}).Draw(t, "priority")}
		for range rapid.IntRange(0, 2).Draw(t, "hints") {
			target := ordering.Target{ID: string(rune('a' + rapid.IntRange(0, n).Draw(t, "target"))), Optional: true}
			if rapid.Bool().Draw(t, "before") {
				p.Before = append(p.Before, target)
			} else {
				p.After = append(p.After, target)
			}
		}
		items[i] = ordering.Item{ID: string(rune('a' + i)), Event: "E", Placement: p}
	}
	return items
}

// idle is a hint that a report says has no effect.
type idle struct {
	item      int
	hint, why string
}

func noEffects(t *rapid.T, items []ordering.Item) []idle {
	var file strings.Builder
	file.WriteString("services:\n")
	for _, it := range items {
		fmt.Fprintf(&file, "  %s: { tags: [ { name: event_listener, event: E", it.ID)
		if !it.Placement.Priority.IsZero() {
			fmt.Fprintf(&file, ", priority: %s", it.Placement.Priority)
		}
		fmt.Fprintf(&file, ", before: %s, after: %s } ] }\n", list(it.Placement.Before), list(it.Placement.After))
	}
	report, err := inspect.OfFile("s.yaml", []byte(file.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, file.String())
	}
	var all []idle
	for _, l := range report.Providers[0].Events[0].Listeners {
		for _, n := range l.NoEffect {
			all = append(all, idle{int(l.ID[0] - 'a'), n.Hint, n.Why})
		}
	}
	return all
}

func list(targets []ordering.Target) string {
	var texts []string
	for _, t := range targets {
		texts = append(texts, fmt.Sprintf("%q", t.String()))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// dropped is a placement without a hint, all times that it stands there.
func dropped(p ordering.Placement, hint string) ordering.Placement {
	is := func(side string) func(ordering.Target) bool {
		return func(t ordering.Target) bool { return side+" "+t.String() == hint }
	}
	p.Before = slices.DeleteFunc(slices.Clone(p.Before), is("before"))
	p.After = slices.DeleteFunc(slices.Clone(p.After), is("after"))
	return p
}

func ids(items []ordering.Item, orders []ordering.Order) []string {
	var list []string
	for _, p := range orders[0].Placed {
		list = append(list, items[p.Item].ID)
	}
	return list
}

func placements(items []ordering.Item) string {
	var texts []string
	for _, it := range items {
		texts = append(texts, it.ID+" "+it.Placement.String())
	}
	return strings.Join(texts, "; ")
}
