package ordering_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/ordering"
)

func TestCycles(t *testing.T) {
	none := ordering.Placement{}
	for name, c := range map[string]struct {
		items []ordering.Item
		want  []string // the hints of each cycle
	}{
		"of several shortest, the one of the earliest declared": {
			[]ordering.Item{labelled("a", "", before("b")), labelled("b", "", before("a", "c")), labelled("c", "", before("b"))},
			[]string{"a before b, b before a"}},
		"it starts at the first hint of the earliest declared": {
			[]ordering.Item{labelled("n", "", afterAndBefore("a", "b")), labelled("a", "", after("b")), ruled("b")},
			[]string{"n before b, a after b, n after a"}},
		"a hint at a label counts once": {
			[]ordering.Item{
				labelled("a", "", before("p")), labelled("p", "", before("q", "c")), labelled("q", "", before("a")),
				labelled("c", "x", none), labelled("d", "", ordering.Placement{After: toTargets([]string{"@x"}), Before: toTargets([]string{"c", "a"})}),
			},
			[]string{"d after @x, d before c", "a before p, p before q, q before a"}},
		"a listener that names itself is the shortest": {
			[]ordering.Item{labelled("a", "", before("b", "c")), labelled("b", "", before("a")), labelled("c", "", before("c", "a"))},
			[]string{"c before c", "a before b, b before a"}},
		"two through one label": {
			[]ordering.Item{
				labelled("m1", "x", none), labelled("m2", "x", none),
				labelled("n1", "", afterAndBefore("@x", "m1")), labelled("n2", "", afterAndBefore("@x", "m2")),
			},
			[]string{"n1 after @x, n1 before m1", "n2 after @x, n2 before m2"}},
		"none shares a listener with another": {
			[]ordering.Item{labelled("a", "", before("a", "c")), labelled("c", "", before("a", "d")), labelled("d", "", before("e")), labelled("e", "", before("c"))},
			[]string{"a before a", "c before d, d before e, e before c"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ordering.Sort(c.items)
			var got []string
			for _, e := range leaves(err) {
				var hints []string
				for _, h := range e.(*ordering.CycleError).Hints {
					hints = append(hints, h.String())
				}
				got = append(got, strings.Join(hints, ", "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A cycle names the dispatched event.
func TestEventOfACycle(t *testing.T) {
	items := []ordering.Item{labelled("a", "", before("b")), item("b", "any", "", before("a"))}
	set, err := ordering.NewSet(items, overlapping("E any"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.Sort("E", "any")
	var cycle *ordering.CycleError
	if !errors.As(err, &cycle) || cycle.Event != "E" {
		t.Errorf("got %+v", cycle)
	}
}
