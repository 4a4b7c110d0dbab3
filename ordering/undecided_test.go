package ordering_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/ordering"
)

// undecidedByDefinition exchanges each pair, sorts again and looks.
func undecidedByDefinition(t rapid.TB, items []ordering.Item, r ordering.Rules, differ func(a, b int) bool) [][]int {
	t.Helper()
	sequence := func(items []ordering.Item) []string {
		orders, err := ordering.Sort(items, r)
		if err != nil {
			t.Fatal(err)
		}
		return idsOf(items, orders[0].Placed)
	}
	ids := sequence(items)
	index := newOracle(items).index
	group := map[string]string{}
	find := func(id string) string {
		for group[id] != "" {
			id = group[id]
		}
		return id
	}
	for i, x := range ids {
		for _, y := range ids[i+1:] {
			a, b := index[x], index[y]
			exchanged := slices.Clone(items)
			exchanged[a], exchanged[b] = exchanged[b], exchanged[a]
			again := sequence(exchanged)
			if differ(a, b) && slices.Index(again, y) < slices.Index(again, x) && find(x) != find(y) {
				group[find(x)] = find(y)
			}
		}
	}
	var groups [][]int
	at := map[string]int{}
	for _, id := range ids {
		root := find(id)
		if _, known := at[root]; !known {
			at[root] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[root]] = append(groups[at[root]], index[id])
	}
	return slices.DeleteFunc(groups, func(g []int) bool { return len(g) < 2 })
}

// The fast way finds what the definition does.
func TestUndecidedIsAsDefined(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		items, r := drawCalm(t)
		packages := rapid.SliceOfN(rapid.IntRange(0, 2), len(items), len(items)).Draw(t, "packages")
		differ := func(a, b int) bool { return packages[a] != packages[b] }
		orders, err := ordering.Sort(items, r)
		if err != nil || len(orders) == 0 {
			return
		}
		set, err := ordering.NewSet(items, nil, r)
		if err != nil {
			t.Fatal(err)
		}
		got, want := set.Undecided(differ, "E"), undecidedByDefinition(t, items, r, differ)
		if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
			t.Fatalf("%s\nof %+v\n%+v", diff, items, r)
		}
		found += len(got)
	})
	if found == 0 {
		t.Error("nothing undecided was drawn")
	}
}

func TestUndecided(t *testing.T) {
	items := []ordering.Item{
		labelled("a.X", "", ordering.Placement{}), labelled("b.Y", "", ordering.Placement{}), labelled("a.Z", "", ordering.Placement{Priority: ordering.At(5)}),
		labelled("c.P", "", afterTargets("a.X")), labelled("d.Q", "", afterTargets("a.X")), labelled("e.R", "", afterTargets("d.Q", "c.P")),
	}
	differ := func(a, b int) bool { return items[a].ID[0] != items[b].ID[0] }
	for want, r := range map[string]ordering.Rules{
		"[[0 1] [3 4]]": {},
		"[]":            {Sequences: []ordering.Sequence{sequence("", "a.X", "c.P", "d.Q", "b.Y")}},
		"[[3 4]]":       {Sequences: []ordering.Sequence{sequence("", "a.X", "b.Y")}},
	} {
		set, err := ordering.NewSet(items, nil, r)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(set.Undecided(differ, "E")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func BenchmarkUndecided(b *testing.B) {
	for _, n := range []int{10, 100} {
		var items []ordering.Item
		for i := range n {
			items = append(items, ordering.Item{ID: fmt.Sprint(i), Event: "E"})
		}
		set, err := ordering.NewSet(items, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				set.Undecided(func(int, int) bool { return true }, "E")
			}
		})
	}
}
