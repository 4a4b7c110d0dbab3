package ordering_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/ordering"
)

// inBand is an item of a band.
func inBand(id string, band ordering.Band, p ordering.Placement) ordering.Item {
	return ordering.Item{ID: id, Band: band, Placement: p, Source: id + ".go:1"}
}

func after(ids ...string) ordering.Placement { return ordering.Placement{After: targetsOf(ids)} }

func before(ids ...string) ordering.Placement { return ordering.Placement{Before: targetsOf(ids)} }

func targetsOf(ids []string) []ordering.Target {
	var targets []ordering.Target
	for _, id := range ids {
		t, _ := ordering.ParseTarget(id)
		targets = append(targets, t)
	}
	return targets
}

func TestBands(t *testing.T) {
	none := ordering.Placement{}
	first, last := ordering.Placement{Priority: ordering.First()}, ordering.Placement{Priority: ordering.Last()}
	for _, tt := range []struct {
		name  string
		items []ordering.Item
		want  string
	}{
		{"in their order, whatever the priorities", []ordering.Item{
			inBand("async", ordering.Asynchronous, first), inBand("app", ordering.Appended, first), inBand("normal", ordering.Normal, none), inBand("pre", ordering.Prepended, last),
		}, "pre: last; normal: priority 0 (default); app: first; async: first"},
		{"an anchor in another band", []ordering.Item{
			inBand("a", ordering.Normal, none), inBand("b", ordering.Normal, none), inBand("x", ordering.Asynchronous, none), inBand("y", ordering.Asynchronous, after("a")),
		}, "a: priority 0 (default); b: priority 0 (default); y: after a; x: priority 0 (default)"},
		{"next to an anchor in another band", []ordering.Item{
			inBand("a", ordering.Normal, none), inBand("y", ordering.Asynchronous, after("a")),
		}, "a: priority 0 (default); y: after a"},
		{"a hint inside of a band", []ordering.Item{
			inBand("x", ordering.Asynchronous, none), inBand("a", ordering.Normal, none), inBand("y", ordering.Asynchronous, before("x")),
		}, "a: priority 0 (default); y: right before x; x: priority 0 (default)"},
		{"a hint that the bands keep", []ordering.Item{
			inBand("x", ordering.Asynchronous, ordering.Placement{Priority: ordering.At(5), After: targetsOf([]string{"a"})}), inBand("a", ordering.Normal, none),
		}, "a: priority 0 (default); x: priority 5"},
		{"none moves another out of its band", []ordering.Item{
			inBand("a", ordering.Normal, ordering.Placement{Priority: ordering.At(9), After: targetsOf([]string{"b"})}), inBand("b", ordering.Normal, last), inBand("x", ordering.Appended, first),
		}, "b: last; a: priority 9, moved down to run after b; x: first"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			orders, err := ordering.Sort(tt.items)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range orders[0].Placed {
				got = append(got, tt.items[p.Item].ID+": "+p.Reason.String())
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

// What places an asynchronous listener counts among those of its key.
func TestReasonsOfReceiverKeys(t *testing.T) {
	received := func(id, key string, p ordering.Placement) ordering.Item {
		it := inBand(id, ordering.Asynchronous, p)
		it.Key = key
		return it
	}
	items := []ordering.Item{
		received("mail", "mail", ordering.Placement{Priority: ordering.First()}),
		received("copy", "mail", after("mail")),
		received("count", "stats", ordering.Placement{}),
		received("sum", "stats", ordering.Placement{Priority: ordering.At(10), After: targetsOf([]string{"count"})}),
		inBand("audit", ordering.Normal, ordering.Placement{Priority: ordering.Last()}),
		received("log", "stats", after("audit")),
	}
	orders, err := ordering.Sort(items)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range orders[0].Placed {
		got = append(got, items[p.Item].ID+": "+p.Reason.String())
	}
	const want = `audit: last
mail: asynchronous, first of key mail
copy: asynchronous, right after mail
count: asynchronous, priority 0 (default) of key stats
sum: asynchronous, priority 10 of key stats, moved down to run after count
log: asynchronous, after audit`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

func TestBandErrors(t *testing.T) {
	for _, tt := range []struct{ name, hint, want string }{
		{"before an earlier band", "before ?pre", "n (n.go:1) must run before pre (pre.go:1), but all listeners of its band run on the other side of that: drop the hint"},
		{"after a later band", "after async", "n (n.go:1) must run after async (async.go:1), but all listeners of its band run on the other side of that: drop the hint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			side, target, _ := strings.Cut(tt.hint, " ")
			p := after(target)
			if side == "before" {
				p = before(target)
			}
			_, err := ordering.Sort([]ordering.Item{inBand("pre", ordering.Prepended, ordering.Placement{}), inBand("n", ordering.Normal, p), inBand("async", ordering.Asynchronous, ordering.Placement{})})
			var problem *ordering.BandError
			if !errors.As(err, &problem) || err.Error() != tt.want || problem.Hint.Listener != "n" {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Whatever the hints, bands come in their order, and every hint that is not refused
// holds.
func TestBandsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "items")
		items := make([]ordering.Item, n)
		for i := range items {
			p := ordering.Placement{}
			for range rapid.IntRange(0, 2).Draw(t, "hints") {
				target := ordering.Target{ID: fmt.Sprint(rapid.IntRange(0, n-1).Draw(t, "target"))}
				if rapid.Bool().Draw(t, "before") {
					p.Before = append(p.Before, target)
				} else {
					p.After = append(p.After, target)
				}
			}
			if rapid.Bool().Draw(t, "prioritized") {
				p.Priority = ordering.At(rapid.IntRange(-2, 2).Draw(t, "priority"))
			}
			items[i] = inBand(fmt.Sprint(i), ordering.Band(rapid.IntRange(-1, 2).Draw(t, "band")), p)
		}
		set, err := ordering.NewSet(items, nil)
		refused := map[string]bool{}
		for _, e := range leaves(err) {
			problem := e.(*ordering.BandError)
			refused[problem.Hint.String()] = true
		}
		placed, err := set.Sort("")
		if err != nil {
			return // a cycle
		}
		if !slices.IsSortedFunc(placed, func(a, b ordering.Placed) int { return cmp.Compare(items[a.Item].Band, items[b.Item].Band) }) {
			t.Fatalf("the bands are mixed: %v", placed)
		}
		at := map[string]int{}
		for i, p := range placed {
			at[items[p.Item].ID] = i
		}
		for _, it := range items {
			for _, x := range it.Placement.Before {
				if ok := at[it.ID] < at[x.ID]; !ok && !refused[it.ID+" before "+x.ID] {
					t.Fatalf("%s before %s does not hold", it.ID, x.ID)
				}
			}
			for _, x := range it.Placement.After {
				if ok := at[it.ID] > at[x.ID]; !ok && !refused[it.ID+" after "+x.ID] {
					t.Fatalf("%s after %s does not hold", it.ID, x.ID)
				}
			}
		}
	})
}

func leaves(err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range several.Unwrap() {
			all = append(all, leaves(e)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
