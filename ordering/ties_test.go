package ordering_test

import (
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/ordering"
)

func with(p ordering.Priority, q ordering.Placement) ordering.Placement {
	q.Priority = p
	return q
}

func afterAndBefore(after, before string) ordering.Placement {
	return ordering.Placement{After: toTargets([]string{after}), Before: toTargets([]string{before})}
}

// keyed is an asynchronous item with a receiver key.
func keyed(id, key string, p ordering.Placement) ordering.Item {
	it := banded(id, "E", ordering.Asynchronous, "", p)
	it.Key = key
	return it
}

// Rule 10: a tie is named where only declared order decides, and nowhere else.
func TestTies(t *testing.T) {
	none, first, last := ordering.Placement{}, ordering.First(), ordering.Last()
	elsewhere := banded("z", "F", ordering.Normal, "x", none)
	for name, c := range map[string]struct {
		items []ordering.Item
		want  string // the order, with a ~ for each tie
	}{
		"nothing said":         {[]ordering.Item{ruled("a"), ruled("b"), ruled("c")}, "a ~ b ~ c"},
		"several first":        {[]ordering.Item{labelled("a", "", with(first, none)), labelled("b", "", with(first, none))}, "b ~ a"},
		"several last":         {[]ordering.Item{labelled("a", "", with(last, none)), labelled("b", "", with(last, none))}, "a ~ b"},
		"first and last":       {[]ordering.Item{labelled("a", "", with(last, none)), labelled("b", "", with(first, none))}, "b a"},
		"first and none":       {[]ordering.Item{labelled("a", "", with(first, none)), ruled("b")}, "a b"},
		"numbers":              {[]ordering.Item{labelled("a", "", with(ordering.At(1), none)), ruled("b")}, "a b"},
		"bands":                {[]ordering.Item{ruled("a"), banded("b", "E", ordering.Asynchronous, "", none)}, "a b"},
		"keys":                 {[]ordering.Item{keyed("a", "k", none), keyed("b", "k", none), keyed("c", "l", none)}, "a ~ b c"},
		"blocks":               {[]ordering.Item{ruled("a"), labelled("a1", "", after("a")), ruled("b"), labelled("b1", "", before("b"))}, "a ~ a1 b1 b"},
		"beside one":           {[]ordering.Item{ruled("a"), labelled("b", "", after("a")), labelled("c", "", after("a"))}, "a b ~ c"},
		"on both sides of one": {[]ordering.Item{ruled("a"), labelled("b", "", after("a")), labelled("c", "", before("a"))}, "c a b"},
		"beside two": {[]ordering.Item{ruled("a"), ruled("b"), labelled("a1", "", after("a")), labelled("b1", "", before("b"))},
			"a ~ a1 b1 b"},
		"beside one, with a child first": {[]ordering.Item{ruled("a"), labelled("b", "", after("a")), labelled("c", "", after("a")), labelled("d", "", before("b"))},
			"a d b c"},
		"beside one, with a child second": {[]ordering.Item{ruled("a"), labelled("b", "", after("a")), labelled("c", "", after("a")), labelled("d", "", after("c"))},
			"a b c d"},
		"beside one, in two bands": {[]ordering.Item{ruled("a"), labelled("b", "", after("a")), banded("c", "E", ordering.Asynchronous, "", after("a"))},
			"a b c"},
		"beside one, of two keys": {[]ordering.Item{ruled("a"), keyed("b", "k", after("a")), keyed("c", "l", after("a"))},
			"a b c"},
		"beside one, and a hint": {[]ordering.Item{ruled("a"), labelled("b", "", after("a")), labelled("c", "", after("a", "b"))},
			"a b c"},
		"beside one, and the first is moved": {[]ordering.Item{ruled("a"), labelled("b", "", after("a", "z")), labelled("z", "", after("a")), labelled("w", "", after("a"))},
			"a z b w"},
		"beside one, and the second is moved": {[]ordering.Item{ruled("a"), labelled("v", "", after("a")), labelled("w", "", after("a")), labelled("u", "", afterAndBefore("a", "w"))},
			"a v u w"},
		"beside one, on a ring of anchors": {[]ordering.Item{labelled("a", "", before("c")), labelled("b", "", before("d")), labelled("c", "", after("b")), labelled("d", "", before("c"))},
			"b a d c"},
		"beside one, with a ring of anchors first": {[]ordering.Item{labelled("b", "", before("d")), labelled("d", "", before("c")), labelled("c", "", after("b")), labelled("a", "", before("c"))},
			"b d ~ a c"},
		"beside one, before it": {[]ordering.Item{ruled("c"), labelled("a", "", before("c")), labelled("b", "", before("c"))}, "a ~ b c"},
		"moved down": {[]ordering.Item{labelled("a", "", with(ordering.At(5), after("c"))), labelled("c", "", with(ordering.At(5), none)), labelled("d", "", with(ordering.At(5), none))},
			"c a d"},
		"moved up": {[]ordering.Item{labelled("a", "", with(ordering.At(5), none)), labelled("b", "", with(ordering.At(5), none)), labelled("u", "", with(ordering.At(5), before("b")))},
			"a u b"},
		"a block that is torn": {[]ordering.Item{ruled("a"), ruled("b"), labelled("c", "", after("b", "d")), ruled("d")},
			"a b d c"},
		"a hint that holds": {[]ordering.Item{ruled("a"), labelled("b", "", with(ordering.At(0), after("a")))},
			"a b"},
		"a hint past another": {[]ordering.Item{ruled("a"), ruled("c"), labelled("b", "", with(ordering.At(0), after("a")))},
			"a ~ c ~ b"},
		"a hint between blocks": {[]ordering.Item{ruled("a"), labelled("c", "", afterAndBefore("a", "b")), ruled("b")},
			"a c b"},
		"a label that holds":     {[]ordering.Item{labelled("a", "x", none), labelled("b", "", after("@x"))}, "a b"},
		"a label past another":   {[]ordering.Item{labelled("a", "x", none), ruled("c"), labelled("b", "", after("@x"))}, "a ~ c ~ b"},
		"a label between blocks": {[]ordering.Item{ruled("a"), labelled("c", "", afterAndBefore("a", "@x")), labelled("b", "x", none)}, "a c b"},
		"members of a label": {[]ordering.Item{labelled("b", "", with(first, after("@x"))), labelled("a1", "x", with(first, none)), labelled("a2", "x", with(first, none))},
			"a2 ~ a1 b"},
		"a label of nobody here":        {[]ordering.Item{ruled("a"), labelled("b", "", after("@x")), elsewhere}, "a ~ b"},
		"a label of nobody here, first": {[]ordering.Item{labelled("b", "", after("@x")), ruled("a"), elsewhere}, "b ~ a"},
	} {
		t.Run(name, func(t *testing.T) {
			orders, err := ordering.Sort(c.items)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range orders[0].Placed {
				got = append(got, c.items[p.Item].ID)
				if p.Reason.Tie != "" {
					got = append(got, "~")
				}
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %s, want %s", text, c.want)
			}
		})
	}
}
