package ordering_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/ordering"
)

// banded is an item of a band with labels.
func banded(id, event string, band ordering.Band, labels string, p ordering.Placement) ordering.Item {
	it := labelled(id, labels, p)
	it.Event, it.Band = event, band
	return it
}

// overlapping returns a function that says that these pairs of events overlap.
func overlapping(pairs ...string) func(a, b string) bool {
	return func(a, b string) bool { return slices.Contains(pairs, a+" "+b) || slices.Contains(pairs, b+" "+a) }
}

// A hint at a label that the bands contradict names the first member of the band that is
// furthest on the wrong side.
func TestLabelsAgainstBands(t *testing.T) {
	const pre, normal, appended, async = ordering.Prepended, ordering.Normal, ordering.Appended, ordering.Asynchronous
	none := ordering.Placement{}
	members := []ordering.Item{
		banded("other", "E", async, "y", none),
		banded("same", "E", normal, "x", none),
		banded("app", "E", appended, "x", none),
		banded("async1", "E", async, "x", none),
		banded("async2", "E", async, "x", none),
		banded("pre1", "E", pre, "x", none),
		banded("pre2", "E", pre, "x", none),
	}
	elsewhere := []ordering.Item{banded("same", "E", normal, "x", none), banded("far", "F", async, "x", none)}
	for name, c := range map[string]struct {
		members []ordering.Item
		overlap func(a, b string) bool
		n       ordering.Item
		want    string // the target, "" if there is no error
	}{
		"after, and some are later":         {members, nil, banded("n", "E", normal, "", after("@x")), "async1"},
		"before, and some are earlier":      {members, nil, banded("n", "E", normal, "", before("@x")), "pre1"},
		"after, and all are earlier":        {members, nil, banded("n", "E", async, "", after("@x")), ""},
		"before, and all are later":         {members, nil, banded("n", "E", pre, "", before("@x")), ""},
		"before all, from the last band":    {members, nil, banded("n", "E", async, "", before("@x")), "pre1"},
		"another label":                     {members, nil, banded("n", "E", normal, "", before("@y")), ""},
		"optional":                          {members, nil, banded("n", "E", normal, "", after("?@x")), "async1"},
		"a member of another event":         {elsewhere, nil, banded("n", "E", normal, "", after("@x")), ""},
		"a member of an overlapping event":  {elsewhere, overlapping("E F"), banded("n", "E", normal, "", after("@x")), "far"},
		"an ID of another event":            {elsewhere, nil, banded("n", "E", normal, "", after("?far")), ""},
		"an ID of an overlapping event":     {elsewhere, overlapping("E F"), banded("n", "E", normal, "", after("far")), "far"},
		"an ID that is first in this event": {append(elsewhere, banded("same", "F", async, "", none)), overlapping("E F"), banded("n", "E", normal, "", after("same")), "same"},
	} {
		t.Run(name, func(t *testing.T) {
			items := append(slices.Clone(c.members), c.n)
			_, err := ordering.NewSet(items, c.overlap)
			got := ""
			for _, e := range leaves(err) {
				got += items[e.(*ordering.BandError).Target].ID
			}
			if got != c.want {
				t.Errorf("got %q, want %q: %v", got, c.want, err)
			}
		})
	}
}

// drawBanded draws items of several bands whose targets are labels, and sequences.
func drawBanded(t *rapid.T) ([]ordering.Item, ordering.Rules) {
	items := make([]ordering.Item, rapid.IntRange(1, 8).Draw(t, "items"))
	for i := range items {
		var p ordering.Placement
		for range rapid.IntRange(0, 1).Draw(t, "hints") {
			target := toTargets([]string{"?@" + rapid.SampledFrom(someLabels).Draw(t, "target")})
			if rapid.Bool().Draw(t, "before") {
				p.Before = target
			} else {
				p.After = target
			}
		}
		labels := rapid.SliceOfNDistinct(rapid.SampledFrom(someLabels), 0, 1, rapid.ID).Draw(t, "labels")
		items[i] = banded(fmt.Sprint("l", i), "E", ordering.Band(rapid.IntRange(-1, 2).Draw(t, "band")), strings.Join(labels, " "), p)
	}
	r := drawRules(t, items)
	r.Off = nil
	return items, r
}

// Whatever the bands, each hint at a label and each sequence either holds for all that it
// means, or is refused because of one of them.
func TestLabelsAndSequencesHoldInBands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, r := drawBanded(t)
		set, err := ordering.NewSet(items, nil, r)
		refused := map[int]bool{}
		for _, e := range leaves(err) {
			problem := e.(*ordering.BandError)
			refused[problem.Hint.Item] = true
			if !againstBands(items, problem.Hint, problem.Target) {
				t.Fatalf("the bands do not contradict %v", problem)
			}
		}
		placed, err := set.Sort("E")
		place := map[string]int{}
		for i, p := range placed {
			place[items[p.Item].ID] = i
		}
		checkBandsOfSequences(t, items, r, err)
		for i, it := range items {
			for _, h := range []struct {
				targets []ordering.Target
				side    ordering.Side
			}{{it.Placement.Before, ordering.Before}, {it.Placement.After, ordering.After}} {
				checkLabelHints(t, items, i, h.side, h.targets, refused[i], place)
			}
		}
		for a := range items {
			for b := range items {
				if len(placed) > 0 && inSequence(r, items[a], items[b]) && place[items[a].ID] >= place[items[b].ID] {
					t.Fatalf("%s does not run before %s", items[a].ID, items[b].ID)
				}
			}
		}
	})
}

func againstBands(items []ordering.Item, h ordering.Hint, target int) bool {
	earlier, later := items[target].Band, items[h.Item].Band
	if h.Side == ordering.Before {
		earlier, later = later, earlier
	}
	return earlier > later
}

func checkLabelHints(t *rapid.T, items []ordering.Item, i int, side ordering.Side, targets []ordering.Target, refused bool, place map[string]int) {
	for _, target := range targets {
		contradicted := false
		for j := range items {
			if !means(target.ID, items[j]) {
				continue
			}
			a, b := j, i
			if side == ordering.Before {
				a, b = i, j
			}
			if against := items[a].Band > items[b].Band; against {
				contradicted = true
			} else if len(place) > 0 && place[items[a].ID] >= place[items[b].ID] {
				t.Fatalf("%s does not run before %s", items[a].ID, items[b].ID)
			}
		}
		if contradicted != refused {
			t.Fatalf("%s %s %s: refused %v, want %v", items[i].ID, side, target, refused, contradicted)
		}
	}
}

// inSequence reports whether a sequence puts a before b.
func inSequence(r ordering.Rules, a, b ordering.Item) bool {
	for _, q := range r.Sequences {
		for i, later := range q.Entries {
			for _, earlier := range q.Entries[:i] {
				if means(earlier.ID, a) && means(later.ID, b) {
					return true
				}
			}
		}
	}
	return false
}

// checkBandsOfSequences checks that sequences are refused if the bands contradict them, and
// only then.
func checkBandsOfSequences(t *rapid.T, items []ordering.Item, r ordering.Rules, err error) {
	wanted, got := false, false
	for _, a := range items {
		for _, b := range items {
			wanted = wanted || inSequence(r, a, b) && a.Band > b.Band
		}
	}
	for _, e := range leaves(err) {
		var problem *ordering.BandError
		if errors.As(e, &problem) {
			got = true
			if !againstBands(items, problem.Hint, problem.Target) || !inSequence(r, items[problem.Target], items[problem.Hint.Item]) {
				t.Fatalf("the bands do not contradict %v", problem)
			}
		}
	}
	if cycle := (*ordering.CycleError)(nil); got != wanted && !errors.As(err, &cycle) {
		t.Fatalf("refused %v, want %v: %v", got, wanted, err)
	}
}

// An entry must not run before any earlier one, not only before the last one.
func TestSequenceGoesBackToABand(t *testing.T) {
	items := []ordering.Item{ruled("a"), banded("m", "E", ordering.Asynchronous, "", ordering.Placement{}), ruled("b")}
	_, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{sequence("a.yaml:3", "a", "m", "b")}})
	var problem *ordering.BandError
	if !errors.As(err, &problem) || problem.Target != 1 || problem.Hint.Listener != "b" {
		t.Errorf("got %v", err)
	}
}

// Asynchronous listeners of different keys have no order.
func TestSequenceOfSeveralKeys(t *testing.T) {
	none := ordering.Placement{}
	items := []ordering.Item{keyed("kx", "k", none), keyed("lx", "l", none), keyed("k1", "k", none), keyed("k2", "k", none), keyed("l1", "l", none)}
	items[0].Placement.Labels, items[1].Placement.Labels = []string{"x"}, []string{"x"}
	for sequenced, want := range map[string]string{"k1 k2": "", "k1 l1": "l1 k1", "@x k1": "k1 lx", "k1 @x": "lx k1"} {
		_, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{sequence("a.yaml:3", strings.Fields(sequenced)...)}})
		got := ""
		for _, e := range leaves(err) {
			problem := e.(*ordering.BandError)
			got += problem.Hint.Listener + " " + problem.TargetID
		}
		if got != want {
			t.Errorf("%s: got %q, want %q: %v", sequenced, got, want, err)
		}
	}
}

// A refused sequence names the first entry of the last band so far.
func TestSequenceAgainstBandsNamesTheFirst(t *testing.T) {
	items := []ordering.Item{
		banded("m1", "E", ordering.Asynchronous, "", ordering.Placement{}),
		banded("m2", "E", ordering.Asynchronous, "", ordering.Placement{}),
		banded("a", "E", ordering.Normal, "", ordering.Placement{}),
	}
	_, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{sequence("a.yaml:3", "m1", "m2", "a")}})
	want := "a sequence (a.yaml:3) has a (m.go:a) after m1 (m.go:m1), but asynchronous listeners such as that run after all others: change the sequence"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestLabelTwice(t *testing.T) {
	for _, items := range [][]ordering.Item{
		{labelled("a", "x x", ordering.Placement{}), labelled("b", "", ordering.Placement{Priority: ordering.First(), After: toTargets([]string{"@x"})})},
		{labelled("a", "x y x", ordering.Placement{}), labelled("b", "", ordering.Placement{Priority: ordering.First(), After: toTargets([]string{"@x"})})},
	} {
		orders, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{sequence("", "@x", "b")}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range orders[0].Placed {
			got = append(got, items[p.Item].ID+": "+p.Reason.String())
		}
		if diff := cmp.Diff([]string{"a: priority 0 (default)", "b: first, moved down to run after @x (a)"}, got); diff != "" {
			t.Error(diff)
		}
	}
}
