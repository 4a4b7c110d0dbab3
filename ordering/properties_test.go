package ordering_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/ordering"
)

// hints says which hints a generated listener may carry.
type hints struct {
	acyclic    bool // targets are declared earlier, for after, or later, for before
	priorities bool
	targets    int  // at most
	exclusive  bool // a priority or targets, never both
}

func drawItems(t *rapid.T, h hints) []ordering.Item {
	n := rapid.IntRange(0, 12).Draw(t, "listeners")
	items := make([]ordering.Item, n)
	for i := range items {
		items[i] = ordering.Item{ID: fmt.Sprintf("l%d", i), Event: "E", Source: fmt.Sprintf("m.go:%d", i+1)}
	}
	rank := rapid.Permutation(numbers(n)).Draw(t, "a possible order")
	for i := range items {
		p := &items[i].Placement
		if h.priorities {
			p.Priority = drawPriority(t)
		}
		if h.exclusive && !p.Priority.IsZero() {
			continue
		}
		for range rapid.IntRange(0, h.targets).Draw(t, "targets") {
			other := rapid.IntRange(0, n-1).Draw(t, "target")
			target := ordering.Target{ID: items[other].ID}
			after := rapid.Bool().Draw(t, "after")
			if h.acyclic {
				if rank[other] == rank[i] {
					continue
				}
				after = rank[other] < rank[i]
			}
			if after {
				p.After = append(p.After, target)
			} else {
				p.Before = append(p.Before, target)
			}
		}
	}
	return items
}

func numbers(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func drawPriority(t *rapid.T) ordering.Priority {
	switch rapid.IntRange(0, 5).Draw(t, "priority class") {
	case 0:
		return ordering.First()
	case 1:
		return ordering.Last()
	case 2, 3:
		return ordering.At(rapid.IntRange(-2, 2).Draw(t, "priority"))
	}
	return ordering.Priority{}
}

// sorted sorts items of one event and gives their IDs.
func sorted(t rapid.TB, items []ordering.Item) []string {
	t.Helper()
	orders, err := ordering.Sort(items)
	if err != nil {
		t.Fatalf("Sort: %v", err)
	}
	if len(items) == 0 {
		return nil
	}
	return idsOf(items, orders[0].Placed)
}

// Rule 1: every hint holds, or Sort fails with a cycle.
func TestRule1EveryHintHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t, hints{priorities: true, targets: 3})
		orders, err := ordering.Sort(items)
		if newOracle(items).cyclic() {
			if firstKind(err) != "cycle" {
				t.Fatalf("error %v, want a cycle", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(items) > 0 {
			checkHintsHold(t, items, idsOf(items, orders[0].Placed))
		}
	})
}

func checkHintsHold(t rapid.TB, items []ordering.Item, ids []string) {
	t.Helper()
	if len(ids) != len(items) {
		t.Fatalf("%d listeners in, %d out", len(items), len(ids))
	}
	place := map[string]int{}
	for i, id := range ids {
		place[id] = i
	}
	if len(place) != len(items) {
		t.Fatalf("a listener stands twice: %v", ids)
	}
	for _, it := range items {
		for _, target := range it.Placement.Before {
			if place[it.ID] >= place[target.ID] {
				t.Fatalf("%s does not run before %s: %v", it.ID, target.ID, ids)
			}
		}
		for _, target := range it.Placement.After {
			if place[it.ID] <= place[target.ID] {
				t.Fatalf("%s does not run after %s: %v", it.ID, target.ID, ids)
			}
		}
	}
}

// Rule 2: without targets, priorities alone decide.
func TestRule2Priorities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t, hints{priorities: true})
		ids := sorted(t, items)
		index := newOracle(items).index
		for i := 1; i < len(ids); i++ {
			a, b := index[ids[i-1]], index[ids[i]]
			if !mayPrecede(items, a, b) {
				t.Fatalf("%s stands before %s: %v", ids[i-1], ids[i], ids)
			}
		}
	})
}

func mayPrecede(items []ordering.Item, a, b int) bool {
	band := map[string]int{"first": -1, "last": 1} // numbers: 0
	p, q := items[a].Placement.Priority, items[b].Placement.Priority
	x, _ := p.Number()
	y, _ := q.Number()
	switch {
	case band[p.String()] != band[q.String()]:
		return band[p.String()] < band[q.String()]
	case p.String() == "first":
		return a > b
	case x != y:
		return x > y
	}
	return a < b
}

// Rule 3: a listener with targets and no priority stands right next to its
// anchor; only what belongs to the same anchor may stand between.
func TestRule3NextToTheAnchor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t, hints{acyclic: true, priorities: true, targets: 1, exclusive: true})
		ids := sorted(t, items)
		o := newOracle(items)
		for i, id := range ids {
			n := o.index[id]
			a, before := o.anchor(n)
			if a < 0 {
				continue
			}
			step := -1
			if before {
				step = 1
			}
			for j := i + step; ids[j] != items[a].ID; j += step {
				if !o.hangsOn(o.index[ids[j]], a) {
					t.Fatalf("%s stands between %s and its anchor %s: %v", ids[j], id, items[a].ID, ids)
				}
			}
		}
	})
}

// hangsOn says whether n's chain of anchors leads to root.
func (o oracle) hangsOn(n, root int) bool {
	for range o.items {
		if n, _ = o.anchor(n); n == root || n < 0 {
			break
		}
	}
	return n == root
}

// Rule 4: where the priorities satisfy all hints, the hints change nothing.
func TestRule4SatisfiedHintsMoveNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t, hints{priorities: true, targets: 2, acyclic: true})
		bare := slices.Clone(items)
		for i := range items {
			if items[i].Placement.Priority.IsZero() {
				items[i].Placement = ordering.Placement{Priority: ordering.At(0)}
			}
			bare[i].Placement = ordering.Placement{Priority: items[i].Placement.Priority}
		}
		want := sorted(t, bare)
		place := map[string]int{}
		for i, id := range want {
			place[id] = i
		}
		for i := range items { // keep what holds anyway
			p := &items[i].Placement
			p.Before = slices.DeleteFunc(p.Before, func(x ordering.Target) bool { return place[x.ID] < place[items[i].ID] })
			p.After = slices.DeleteFunc(p.After, func(x ordering.Target) bool { return place[x.ID] > place[items[i].ID] })
		}
		if diff := cmp.Diff(want, sorted(t, items)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Rule 4, the other half: the listener that gave the hint moves, no further
// than it must, and nobody else does.
func TestRule4OneUnsatisfiedHintMovesItsGiver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t, hints{priorities: true})
		if len(items) < 2 {
			return
		}
		for i := range items {
			if items[i].Placement.Priority.IsZero() {
				items[i].Placement.Priority = ordering.At(0)
			}
		}
		order := sorted(t, items)
		from := rapid.IntRange(0, len(order)-1).Draw(t, "giver's place")
		to := rapid.IntRange(0, len(order)-1).Draw(t, "target's place")
		if from == to {
			return
		}
		giver := &items[newOracle(items).index[order[from]]].Placement
		target := []ordering.Target{{ID: order[to]}}
		want := slices.Delete(slices.Clone(order), from, from+1)
		if to < from {
			giver.Before = target
			want = slices.Insert(want, to, order[from]) // right before the target
		} else {
			giver.After = target
			want = slices.Insert(want, to, order[from]) // right after it
		}
		if diff := cmp.Diff(want, sorted(t, items)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Rule 5: a listener that names nobody and is named by nobody never changes
// the relative order of the others.
func TestRule5BystandersChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t, hints{acyclic: true, priorities: true, targets: 3})
		at := rapid.IntRange(0, len(items)).Draw(t, "declared at")
		bystander := ordering.Item{ID: "bystander", Event: "E", Placement: ordering.Placement{Priority: drawPriority(t)}}
		with := slices.Insert(slices.Clone(items), at, bystander)
		without := slices.DeleteFunc(sorted(t, with), func(id string) bool { return id == "bystander" })
		if diff := cmp.Diff(sorted(t, items), without, equateEmpty); diff != "" {
			t.Fatal(diff)
		}
	})
}

var equateEmpty = cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })

// Rule 6: the result depends on declared order and tags alone: not on the run,
// and not on other events in the same call.
func TestRule6NothingElseMatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t, hints{acyclic: true, priorities: true, targets: 3})
		want := sorted(t, items)
		var mixed []ordering.Item
		for _, it := range items {
			mixed = append(mixed, ordering.Item{ID: it.ID, Event: "other"}, it)
		}
		orders, err := ordering.Sort(mixed)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range orders {
			if o.Event == "E" {
				if diff := cmp.Diff(want, idsOf(mixed, o.Placed)); diff != "" {
					t.Fatal(diff)
				}
			}
		}
		for range 3 {
			if diff := cmp.Diff(want, sorted(t, items)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// The result is that of the slow and obvious way.
func TestAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkAgainstOracle(t, drawItems(t, hints{priorities: true, targets: 3}))
	})
}

func checkAgainstOracle(t rapid.TB, items []ordering.Item) {
	t.Helper()
	if len(items) == 0 {
		return
	}
	want := newOracle(items).order()
	orders, err := ordering.Sort(items)
	if want == nil {
		checkCycles(t, items, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, idsOf(items, orders[0].Placed)); diff != "" {
		t.Fatal(diff)
	}
	checkReasons(t, items, orders[0].Placed)
}

// checkReasons holds each reason against the result.
func checkReasons(t rapid.TB, items []ordering.Item, placed []ordering.Placed) {
	t.Helper()
	o := newOracle(items)
	place := map[string]int{}
	for i, p := range placed {
		place[items[p.Item].ID] = i
	}
	for i, p := range placed {
		r, id := p.Reason, items[p.Item].ID
		if r.Moved != nil && !hintHolds(*r.Moved, place) {
			t.Fatalf("%s was moved by %v, which does not hold", id, r.Moved)
		}
		if r.Moved != nil && r.Moved.Listener != id && (r.Moved.Target != id || r.Moved.Side != ordering.Before) {
			t.Fatalf("%s was moved by %v, which does not concern it", id, r.Moved)
		}
		if r.Beside == nil || r.Apart {
			continue
		}
		neighbour := i - 1
		if r.Beside.Side == ordering.Before {
			neighbour = i + 1
		}
		n, anchor := o.index[items[placed[neighbour].Item].ID], o.index[r.Beside.Target]
		if n != anchor && !o.hangsOn(n, anchor) {
			t.Fatalf("%s stands %q, but its neighbour is %s", id, r, items[n].ID)
		}
	}
}

func hintHolds(h ordering.Hint, place map[string]int) bool {
	if h.Side == ordering.Before {
		return place[h.Listener] < place[h.Target]
	}
	return place[h.Listener] > place[h.Target]
}

// checkCycles holds each reported cycle against the hints: it must be a ring
// of real ones, none may share a listener, and one must be a shortest.
func checkCycles(t rapid.TB, items []ordering.Item, err error) {
	t.Helper()
	o := newOracle(items)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("no joined errors: %v", err)
	}
	seen, shortest := map[string]bool{}, len(items)+1
	for _, e := range joined.Unwrap() {
		var cycle *ordering.CycleError
		if !errors.As(e, &cycle) {
			t.Fatalf("not a cycle: %v", e)
		}
		shortest = min(shortest, len(cycle.Hints))
		for i, s := range cycle.Hints {
			from, to := ends(s)
			nextFrom, _ := ends(cycle.Hints[(i+1)%len(cycle.Hints)])
			if !o.precedes(o.index[from], o.index[to]) || to != nextFrom {
				t.Fatalf("no ring: %v", cycle)
			}
			if seen[from] {
				t.Fatalf("%s is in two cycles: %v", from, err)
			}
			seen[from] = true
		}
	}
	if want := o.shortestCycle(); shortest != want {
		t.Fatalf("the shortest cycle reported has %d steps, there is one of %d: %v", shortest, want, err)
	}
	rest := slices.DeleteFunc(slices.Clone(items), func(it ordering.Item) bool { return seen[it.ID] })
	if newOracle(onlyPresentTargets(rest)).cyclic() {
		t.Fatalf("a cycle among %d others is not reported: %v", len(rest), err)
	}
}

// ends are the listeners that a hint puts first and second.
func ends(h ordering.Hint) (from, to string) {
	if h.Side == ordering.Before {
		return h.Listener, h.Target
	}
	return h.Target, h.Listener
}

func onlyPresentTargets(items []ordering.Item) []ordering.Item {
	index := newOracle(items).index
	absent := func(x ordering.Target) bool { _, ok := index[x.ID]; return !ok }
	for i := range items {
		p := &items[i].Placement
		p.Before = slices.DeleteFunc(slices.Clone(p.Before), absent)
		p.After = slices.DeleteFunc(slices.Clone(p.After), absent)
	}
	return items
}

// shortestCycle is the length of a shortest cycle, by walking all paths of
// growing length (powers of the hint relation).
func (o oracle) shortestCycle() int {
	n := len(o.items)
	reach := make([][]bool, n) // by walks of exactly `length` hints
	for a := range n {
		reach[a] = make([]bool, n)
		for b := range n {
			reach[a][b] = o.precedes(a, b)
		}
	}
	for length := 1; length <= n; length++ {
		next := make([][]bool, n)
		for a := range n {
			if reach[a][a] {
				return length
			}
			next[a] = make([]bool, n)
			for b := range n {
				for k := range n {
					next[a][b] = next[a][b] || reach[a][k] && o.precedes(k, b)
				}
			}
		}
		reach = next
	}
	return 0
}

// Every permutation of the declared order of listeners whose places do not
// depend on it gives the same order.
func TestEveryPermutationOfUnrelatedListeners(t *testing.T) {
	items := []ordering.Item{
		{ID: "audit", Placement: ordering.Placement{Priority: ordering.First()}},
		{ID: "index", Placement: ordering.Placement{Priority: ordering.At(10)}},
		{ID: "link", Placement: ordering.Placement{After: []ordering.Target{{ID: "index"}}}},
		{ID: "check", Placement: ordering.Placement{Before: []ordering.Target{{ID: "index"}}}},
		{ID: "notify"},
		{ID: "report", Placement: ordering.Placement{Priority: ordering.At(-1), Before: []ordering.Target{{ID: "notify"}}}},
		{ID: "close", Placement: ordering.Placement{Priority: ordering.Last()}},
	}
	want := []string{"audit", "check", "index", "link", "report", "notify", "close"}
	count := 0
	permute(items, func(items []ordering.Item) {
		count++
		if diff := cmp.Diff(want, sorted(t, items)); diff != "" {
			t.Fatal(diff)
		}
	})
	if count != 5040 {
		t.Fatalf("%d permutations, want 5040", count)
	}
}

// permute calls visit with each permutation (Heap's algorithm).
func permute(items []ordering.Item, visit func([]ordering.Item)) {
	var generate func(k int)
	generate = func(k int) {
		if k <= 1 {
			visit(items)
			return
		}
		for i := range k {
			generate(k - 1)
			if k%2 == 0 {
				items[i], items[k-1] = items[k-1], items[i]
			} else {
				items[0], items[k-1] = items[k-1], items[0]
			}
		}
	}
	generate(len(items))
}
