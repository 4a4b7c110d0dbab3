package ordering_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/ordering"
)

const large = 100_000

// chain is items that each must run after the one before.
func chain(n int) []ordering.Item {
	items := make([]ordering.Item, n)
	for i := range items {
		items[i].ID = fmt.Sprintf("l%06d", i)
		if i > 0 {
			items[i].Placement.After = []ordering.Target{{ID: items[i-1].ID}}
		}
	}
	return items
}

// tangle is n items with a priority and two satisfiable hints each, along a
// hidden order that the priorities contradict.
func tangle(n int) []ordering.Item {
	random := rand.New(rand.NewPCG(1, 2))
	items := make([]ordering.Item, n)
	place := random.Perm(n)
	for i := range items {
		items[i].ID = fmt.Sprintf("l%06d", i)
	}
	for i := range items {
		p := &items[i].Placement
		p.Priority = ordering.At(random.IntN(100))
		for range 2 {
			other := random.IntN(n)
			switch {
			case place[other] < place[i]:
				p.After = append(p.After, ordering.Target{ID: items[other].ID})
			case place[other] > place[i]:
				p.Before = append(p.Before, ordering.Target{ID: items[other].ID})
			}
		}
	}
	return items
}

// members is n items with a label and n that name it: half to run before it, half after.
func members(n int) []ordering.Item {
	items := chain(2 * n)
	label := []ordering.Target{{ID: "@many"}}
	for i := range items {
		switch p := &items[i].Placement; {
		case i%2 == 0:
			*p = ordering.Placement{Labels: []string{"many"}}
		case i < n:
			*p = ordering.Placement{After: label}
		default:
			*p = ordering.Placement{Before: label}
		}
	}
	return items
}

// Deep and wide shapes must neither overflow a stack nor take quadratic time:
// a quadratic step would take minutes here.
func TestLargeShapes(t *testing.T) {
	if testing.Short() {
		t.Skip("it is large")
	}
	shapes := map[string]func() []ordering.Item{
		"chain of after": func() []ordering.Item { return chain(large) },
		"chain of before": func() []ordering.Item {
			items := chain(large)
			for i := range items {
				items[i].Placement = ordering.Placement{}
				if i+1 < len(items) {
					items[i].Placement.Before = []ordering.Target{{ID: items[i+1].ID}}
				}
			}
			return items
		},
		"all beside one": func() []ordering.Item {
			items := chain(large)
			for i := 1; i < len(items); i++ {
				items[i].Placement.After[0].ID = items[0].ID
			}
			return items
		},
		"hints against priorities": func() []ordering.Item { return tangle(large) },
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			items := shape()
			orders, err := ordering.Sort(items)
			if err != nil {
				t.Fatal(err)
			}
			checkHintsHold(t, items, idsOf(items, orders[0].Placed))
		})
	}
}

func TestLargeErrors(t *testing.T) {
	if testing.Short() {
		t.Skip("it is large")
	}
	ring := chain(large)
	ring[0].Placement = afterTargets(ring[large-1].ID)

	pairs := chain(large) // each pair names each other, and the pairs form one component
	for i := 0; i < large; i += 2 {
		pairs[i].Placement = afterTargets(pairs[i+1].ID, pairs[(i+large-1)%large].ID)
	}

	dangling := chain(large)
	for i := range dangling {
		dangling[i].Placement = beforeTargets("nobody" + dangling[i].ID)
	}

	twice := make([]ordering.Item, large)
	for i := range twice {
		twice[i].ID = "same"
	}
	for _, tt := range []struct {
		name  string
		items []ordering.Item
		kind  string
	}{
		{"one ring", ring, "cycle"},
		{"a component of pairs", pairs, "cycle"},
		{"unknown targets", dangling, "unknown_target"},
		{"duplicates", twice, "duplicate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ordering.Sort(tt.items); firstKind(err) != tt.kind {
				t.Errorf("got %q, want %q", firstKind(err), tt.kind)
			}
		})
	}
}

// Many events, with one listener on all of them, are as linear as one.
func TestLargeManyEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("it is large")
	}
	var apart, shared []ordering.Item
	for i := range large {
		event := fmt.Sprint("e", i)
		apart = append(apart, ordering.Item{ID: fmt.Sprint("l", i), Event: event})
		if i < large/2 {
			shared = append(shared, ordering.Item{ID: "a", Event: event}, item("b", event, "", afterTargets("a")))
		}
	}
	for name, items := range map[string][]ordering.Item{"a listener each": apart, "two listeners on all": shared} {
		orders, err := ordering.Sort(items)
		if err != nil || len(orders) != len(items)/len(orders[0].Placed) {
			t.Errorf("%s: %d orders, %v", name, len(orders), err)
		}
	}
}

// Long names are not compared letter by letter with each other.
func TestLargeSuggestions(t *testing.T) {
	if testing.Short() {
		t.Skip("it is large")
	}
	long := strings.Repeat("x", 1<<20)
	items := []ordering.Item{item(long+"a", "E", "", beforeTargets(long+"b"))}
	for i := range 2000 {
		id := fmt.Sprint(strings.Repeat("y", 120), i)
		items = append(items, item(id, "E", "", afterTargets(id+"z")))
	}
	if _, err := ordering.Sort(items); firstKind(err) != "unknown_target" {
		t.Errorf("got %q", firstKind(err))
	}
}

// All members of a label run between those that run before and after it.
func checkMembersHold(t *testing.T, items []ordering.Item, placed []ordering.Placed) {
	t.Helper()
	stage := 0
	for _, p := range placed {
		now := 1 // of a member
		switch x := items[p.Item].Placement; {
		case len(x.Before) > 0:
			now = 0
		case len(x.After) > 0:
			now = 2
		}
		if now < stage {
			t.Fatalf("%s runs too late", items[p.Item].ID)
		}
		stage = now
	}
}

func TestLargeLabel(t *testing.T) {
	if testing.Short() {
		t.Skip("it is large")
	}
	items := members(large / 2)
	orders, err := ordering.Sort(items)
	if err != nil {
		t.Fatal(err)
	}
	checkMembersHold(t, items, orders[0].Placed)
}
