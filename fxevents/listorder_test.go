package fxevents_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

// numberedMember is a member of a list that has a number for a type.
type numberedMember[T any] struct{ id string }

// contributeAnyWay contributes a member in one of the ways that there are.
func contributeAnyWay[T any](way int, id string, tag tags.Tag) fx.Option {
	m := numberedMember[T]{id}
	switch way % 4 {
	case 0:
		return fxevents.ContributeValue(m, tag)
	case 1:
		return fxevents.Contribute[numberedMember[T]](func() numberedMember[T] { return m }, tag)
	case 2:
		return fxevents.Contribute[numberedMember[T]](func() (numberedMember[T], error) { return m, nil }, tag)
	}
	return fxevents.Contribute[numberedMember[T]](func(fx.Lifecycle) numberedMember[T] { return m }, tag)
}

// randomPlacement hints at members that were made before, so that there are no cycles.
func randomPlacement(random *rand.Rand, made []string) ordering.Placement {
	var p ordering.Placement
	switch random.IntN(5) {
	case 0:
		p.Priority = ordering.First()
	case 1:
		p.Priority = ordering.Last()
	case 2:
		p.Priority = ordering.At(random.IntN(3))
	}
	if random.IntN(3) == 0 {
		p.Labels = []string{fmt.Sprint("label", random.IntN(3))}
	}
	if len(made) > 0 && random.IntN(2) == 0 {
		p.After = []ordering.Target{{ID: made[random.IntN(len(made))]}}
	}
	return p
}

// tagOf is the tag that asks for a placement.
func tagOf(id string, p ordering.Placement) tags.Tag {
	return tags.Tag(tags.Fields{ID: id, Placement: p}.String())
}

// Whatever is contributed, in whatever order of the options, the list is that of package
// ordering, in each of 50 runs.
func TestListIsThatOfOrdering(t *testing.T) {
	runs := 50
	if testing.Short() {
		runs = 5
	}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 7))
		var items []ordering.Item
		var ids []string
		for i := range 2 + random.IntN(20) {
			id := fmt.Sprint("m", i)
			items = append(items, ordering.Item{ID: id, Event: "list", Placement: randomPlacement(random, ids)})
			ids = append(ids, id)
		}
		random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		orders, err := ordering.Sort(items)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, p := range orders[0].Placed {
			want = append(want, items[p.Item].ID)
		}
		var options []fx.Option
		for i, it := range items {
			options = append(options, contributeAnyWay[int](i+int(seed), it.ID, tagOf(it.ID, it.Placement)))
		}
		for _, o := range []fx.Option{fxevents.Module(), fxevents.Ordered[numberedMember[int]]("list")} {
			options = slices.Insert(options, random.IntN(len(options)+1), o)
		}
		for range runs {
			var got []string
			for _, m := range listed[numberedMember[int]](t, options...) {
				got = append(got, m.id)
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Fatalf("seed %d:\ngot  %v\nwant %v", seed, got, want)
			}
		}
	}
}
