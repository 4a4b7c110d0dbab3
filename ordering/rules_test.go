package ordering_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/ordering"
)

var someLabels = []string{"audit", "index", "pii"}

// drawRuled draws items with labels and targets that are labels, and rules for them.
func drawRuled(t *rapid.T) ([]ordering.Item, ordering.Rules) {
	items := drawItems(t, hints{priorities: true, targets: 2, acyclic: rapid.Bool().Draw(t, "acyclic")})
	for i := range items {
		p := &items[i].Placement
		p.Labels = rapid.SliceOfNDistinct(rapid.SampledFrom(someLabels), 0, 2, rapid.ID).Draw(t, "labels")
		for range rapid.IntRange(0, 1).Draw(t, "label targets") {
			target := ordering.Target{ID: "@" + rapid.SampledFrom(someLabels).Draw(t, "label"), Optional: true}
			at := rapid.IntRange(0, len(p.After)).Draw(t, "at")
			if rapid.Bool().Draw(t, "after") {
				p.After = slices.Insert(p.After, at, target)
			} else {
				p.Before = append(p.Before, target)
			}
		}
	}
	return items, drawRules(t, items)
}

// drawCalm draws items that seldom contradict each other, so most can be sorted and have
// ties.
func drawCalm(t *rapid.T) ([]ordering.Item, ordering.Rules) {
	items := drawItems(t, hints{priorities: rapid.Bool().Draw(t, "with priorities"), targets: 1, acyclic: true})
	var r ordering.Rules
	if len(items) > 0 {
		items[0].Placement.Labels = someLabels[:1]
		items[len(items)-1].Placement.After = append(items[len(items)-1].Placement.After, ordering.Target{ID: "@" + someLabels[0]})
	}
	if len(items) > 1 && rapid.Bool().Draw(t, "a sequence") {
		r.Sequences = []ordering.Sequence{sequence("x.yaml:1", items[1].ID, "@"+someLabels[0])}
	}
	return items, r
}

func drawRules(t *rapid.T, items []ordering.Item) (r ordering.Rules) {
	names := []string{"@audit", "@index", "@pii"}
	for _, it := range items {
		names = append(names, it.ID)
	}
	for range rapid.IntRange(0, 2).Draw(t, "sequences") {
		var q ordering.Sequence
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 4, rapid.ID).Draw(t, "sequence") {
			q.Entries = append(q.Entries, ordering.Entry{Target: ordering.Target{ID: name, Optional: true}, Source: "x.yaml:1"})
		}
		r.Sequences = append(r.Sequences, q)
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID).Draw(t, "off") {
		r.Off = append(r.Off, ordering.Off{Entry: ordering.Entry{Target: ordering.Target{ID: name, Optional: true}}})
	}
	return r
}

// means says whether a target means an item.
func means(target string, it ordering.Item) bool {
	label, isLabel := ordering.Target{ID: target}.Label()
	return target == it.ID || isLabel && slices.Contains(it.Placement.Labels, label)
}

// writtenOut returns the oracle for items and rules: without what is off, and with a hint
// for each member of a label and of an entry.
func writtenOut(items []ordering.Item, r ordering.Rules) oracle {
	var on []ordering.Item
	for _, it := range items {
		if !slices.ContainsFunc(r.Off, func(off ordering.Off) bool { return means(off.ID, it) }) {
			on = append(on, it)
		}
	}
	o := newOracle(onlyPresentTargets(slices.Clone(on)))
	o.labelBefore, o.labelAfter = map[[2]int]bool{}, map[[2]int]bool{}
	for a, x := range on {
		for b, y := range on {
			for _, t := range x.Placement.Before {
				if _, isLabel := t.Label(); isLabel && means(t.ID, y) {
					o.labelBefore[[2]int{a, b}] = true
				}
			}
			for _, t := range x.Placement.After {
				if _, isLabel := t.Label(); isLabel && means(t.ID, y) {
					o.labelAfter[[2]int{a, b}] = true
				}
			}
			for _, q := range r.Sequences {
				for i, later := range q.Entries {
					for _, earlier := range q.Entries[:i] {
						if means(later.ID, x) && means(earlier.ID, y) {
							o.labelAfter[[2]int{a, b}] = true
						}
					}
				}
			}
		}
	}
	return o
}

// Rules 7 to 9: labels and sequences order as if each hint were written out, and what is
// off counts as not there.
func TestRules7To9AsIfWrittenOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, r := drawRuled(t)
		checkRules(t, items, r)
	})
}

func checkRules(t rapid.TB, items []ordering.Item, r ordering.Rules) {
	t.Helper()
	o := writtenOut(items, r)
	orders, err := ordering.Sort(items, r)
	if o.cyclic() {
		o.checkRings(t, err, len(r.Sequences) == 0)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if len(orders) > 0 {
		got = idsOf(items, orders[0].Placed)
		checkOff(t, items, r, orders[0].Off)
	}
	want := o.order()
	if diff := cmp.Diff(want, got, cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
		t.Fatalf("%s\nof %+v\n%+v", diff, items, r)
	}
	for _, x := range orders {
		for _, p := range x.Placed {
			o.checkMove(t, items[p.Item].ID, p.Reason)
		}
	}
}

// checkMove holds what moved a listener against the hints.
func (o oracle) checkMove(t rapid.TB, id string, r ordering.Reason) {
	t.Helper()
	if r.Moved == nil {
		return
	}
	h, n := *r.Moved, o.index[id]
	if h.Listener == id {
		for other, it := range o.items {
			if means(h.Target, it) && other != n && (h.Side == ordering.After && !o.precedes(other, n) || h.Side == ordering.Before && !o.precedes(n, other)) {
				t.Fatalf("%s was moved by %v, but no hint has it %s %s", id, h, h.Side, it.ID)
			}
		}
		return
	}
	if !means(h.Target, o.items[n]) || h.Side != ordering.Before || !o.precedes(o.index[h.Listener], n) {
		t.Fatalf("%s was moved by %v, which does not concern it", id, h)
	}
}

// checkRings holds each cycle against the hints. Entries of a sequence count one by one, so
// a cycle through them may be longer than if each hint were written out.
func (o oracle) checkRings(t rapid.TB, err error, isShortest bool) {
	t.Helper()
	all, shortest := leaves(err), len(o.items)+1
	for _, e := range all {
		var cycle *ordering.CycleError
		if !errors.As(e, &cycle) {
			t.Fatalf("not a cycle: %v", e)
		}
		shortest = min(shortest, len(cycle.Hints))
		for i, h := range cycle.Hints {
			from, to := memberEnds(h)
			next, _ := memberEnds(cycle.Hints[(i+1)%len(cycle.Hints)])
			if !o.precedes(o.index[from], o.index[to]) || to != next {
				t.Fatalf("no ring: %v", cycle)
			}
		}
	}
	if want := o.shortestCycle(); len(all) == 0 || shortest < want || isShortest && shortest > want {
		t.Fatalf("the shortest cycle of %d has %d hints, there is one of %d: %v", len(all), shortest, want, err)
	}
}

// memberEnds is ends for a hint that may name a label.
func memberEnds(h ordering.Hint) (from, to string) {
	if h.Member != "" {
		h.Target = h.Member
	}
	return ends(h)
}

func checkOff(t rapid.TB, items []ordering.Item, r ordering.Rules, off []ordering.SwitchedOff) {
	t.Helper()
	var want []int
	for i, it := range items {
		if slices.ContainsFunc(r.Off, func(off ordering.Off) bool { return means(off.ID, it) }) {
			want = append(want, i)
		}
	}
	var got []int
	for _, x := range off {
		if !means(x.By.ID, items[x.Item]) {
			t.Fatalf("%s is off by %s", items[x.Item].ID, x.By.ID)
		}
		got = append(got, x.Item)
	}
	if !slices.Equal(want, got) {
		t.Fatalf("off: %v, want %v", got, want)
	}
}

// Rule 10: exchanging the declared places of two listeners that are tied exchanges them in
// the result, and nothing else.
func TestRule10TiesAreDecidedByDeclaredOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, r := drawCalm(t)
		orders, err := ordering.Sort(items, r)
		if err != nil || len(orders) == 0 {
			return
		}
		index := newOracle(items).index
		for _, p := range orders[0].Placed {
			if p.Reason.Tie == "" {
				continue
			}
			exchanged, a, b := slices.Clone(items), p.Item, index[p.Reason.Tie]
			exchanged[a], exchanged[b] = exchanged[b], exchanged[a]
			again, err := ordering.Sort(exchanged, r)
			if err != nil {
				t.Fatal(err)
			}
			ids := idsOf(exchanged, again[0].Placed)
			if slices.Index(ids, items[a].ID) < slices.Index(ids, items[b].ID) {
				t.Fatalf("%s %q, but not exchanged with %s: %v", items[a].ID, p.Reason, items[b].ID, ids)
			}
		}
	})
}

func labelled(id, labels string, p ordering.Placement) ordering.Item {
	p.Labels = strings.Fields(labels)
	return item(id, "E", "m.go:"+id, p)
}

func sequence(source string, ids ...string) ordering.Sequence {
	var q ordering.Sequence
	for _, t := range toTargets(ids) {
		q.Entries = append(q.Entries, ordering.Entry{Target: t, Source: source})
	}
	return q
}

func TestReasonsOfLabelsAndSequences(t *testing.T) {
	items := []ordering.Item{
		labelled("index", "", afterTargets("@check")),
		labelled("first", "check", ordering.Placement{}),
		labelled("second", "check", ordering.Placement{}),
		labelled("early", "", ordering.Placement{Priority: ordering.Last(), Before: toTargets([]string{"@check"})}),
		labelled("mail", "", ordering.Placement{Priority: ordering.First()}),
	}
	orders, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{sequence("a.yaml:3", "index", "mail")}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range orders[0].Placed {
		got = append(got, items[p.Item].ID+": "+p.Reason.String())
	}
	want := []string{
		"early: last, moved up to run before @check (first, second)",
		"first: priority 0 (default), before second as declared",
		"second: priority 0 (default)",
		"index: priority 0 (default), moved down to run after @check (first, second)",
		"mail: first, moved down to run after index (a.yaml:3)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A reason names the members of a label that a sequence names, and its place.
func TestReasonOfALabelInASequence(t *testing.T) {
	for _, c := range []struct{ entry, want string }{
		{"@check", "first, moved down to run after @check (a, b; a.yaml:3)"},
		{"b", "first, moved down to run after b (a.yaml:3)"},
	} {
		items := []ordering.Item{labelled("a", "check", ordering.Placement{}), labelled("b", "check", ordering.Placement{}), labelled("mail", "", ordering.Placement{Priority: ordering.First()})}
		orders, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{sequence("a.yaml:3", c.entry, "mail")}})
		if err != nil {
			t.Fatal(err)
		}
		if got := orders[0].Placed[2].Reason.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// A sequence may have several lines: the place is that of the later entry.
func TestPlaceOfASequence(t *testing.T) {
	items := []ordering.Item{ruled("a"), ruled("b")}
	q := sequence("a.yaml:3", "b", "a")
	q.Entries[1].Source = "a.yaml:4"
	orders, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{q}})
	if err != nil {
		t.Fatal(err)
	}
	want := "priority 0 (default), moved down to run after b (a.yaml:4)"
	if got := orders[0].Placed[1].Reason.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrorsOfLabelsAndRules(t *testing.T) {
	check := labelled("check", "check", ordering.Placement{})
	other := item("other", "F", "m.go:9", ordering.Placement{})
	rules := func(q ...ordering.Sequence) ordering.Rules { return ordering.Rules{Sequences: q} }
	ofE := func(q ordering.Sequence) ordering.Sequence { q.Events = []string{"E"}; return q }
	off := func(id string) ordering.Rules {
		return ordering.Rules{Off: []ordering.Off{{Events: []string{"E"}, Entry: ordering.Entry{Target: ordering.Target{ID: id}, Source: "a.yaml:5"}}}}
	}
	for name, c := range map[string]struct {
		items []ordering.Item
		rules ordering.Rules
		want  string
	}{
		"an unknown label": {[]ordering.Item{check, labelled("a", "", afterTargets("@chekc"))}, ordering.Rules{},
			`a (m.go:a) must run after @chekc, but no listener has that label: did you mean @check? Write "?@chekc" if it may be absent`},
		"a label of its own": {[]ordering.Item{labelled("a", "check", afterTargets("@check"))}, ordering.Rules{},
			`a (m.go:a) must run after @check, but has that label itself: drop the hint or the label`},
		"a cycle through a label": {[]ordering.Item{check, labelled("a", "", beforeTargets("@check")), labelled("b", "check", beforeTargets("a"))}, ordering.Rules{},
			"a must run before @check (m.go:a), a label of b (m.go:b),\nand b must run before a (m.go:b): drop one of the hints"},
		"a sequence against a hint": {[]ordering.Item{check, labelled("a", "", afterTargets("check"))}, rules(sequence("a.yaml:3", "a", "check")),
			"check (m.go:check) must run after a, by a sequence (a.yaml:3),\nand a must run after check (m.go:a): drop one of the hints"},
		"an entry twice": {[]ordering.Item{check}, rules(sequence("a.yaml:3", "check", "@check")),
			"a sequence means check twice (a.yaml:3), also as check: drop one of the entries"},
		"an unknown entry": {[]ordering.Item{check}, rules(sequence("a.yaml:3", "chekc")),
			`a sequence (a.yaml:3) names chekc, but no listener has that ID: did you mean check? Write "?chekc" if it may be absent`},
		"a misspelt label as entry": {[]ordering.Item{check}, rules(sequence("a.yaml:3", "@chekc")),
			`a sequence (a.yaml:3) names @chekc, but no listener has that label: did you mean @check? Write "?@chekc" if it may be absent`},
		"an unknown label as entry": {[]ordering.Item{check}, rules(sequence("a.yaml:3", "@x")),
			`a sequence (a.yaml:3) names @x, but no listener has that label: correct it, or write "?@x" if it may be absent`},
		"an entry of another event": {[]ordering.Item{check, other}, rules(ofE(sequence("a.yaml:3", "other"))),
			`a sequence (a.yaml:3) names other on E, but other (m.go:9) does not listen to that: drop it, or write "?other" if that is intended`},
		"off and unknown": {[]ordering.Item{check}, off("chekc"),
			`off (a.yaml:5) names chekc, but no listener has that ID: did you mean check? Write "?chekc" if it may be absent`},
		"off for another event": {[]ordering.Item{check, other}, off("other"),
			`off (a.yaml:5) names other on E, but other (m.go:9) does not listen to that: drop it, or write "?other" if that is intended`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ordering.Sort(c.items, c.rules)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestRulesAreForgiving(t *testing.T) {
	items := []ordering.Item{labelled("a", "", afterTargets("?@none")), item("b", "F", "", ordering.Placement{})}
	every := sequence("a.yaml:3", "?none", "?@none", "b", "a") // b and a share no event
	if _, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{every}}); err != nil {
		t.Error(err)
	}
}

// A sequence can't change which band runs first.
func TestSequencesAndBands(t *testing.T) {
	async := labelled("mail", "slow", ordering.Placement{})
	async.Band = ordering.Asynchronous
	items := []ordering.Item{async, labelled("a", "", ordering.Placement{}), labelled("b", "slow", beforeTargets("?a"))}
	if _, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{sequence("a.yaml:3", "a", "@slow")}}); err == nil {
		t.Error("b must run before a, and no cycle is reported")
	}
	_, err := ordering.Sort(items[:2], ordering.Rules{Sequences: []ordering.Sequence{sequence("a.yaml:3", "@slow", "a")}})
	var band *ordering.BandError
	if !errors.As(err, &band) || band.Target != 0 || band.Hint.Listener != "a" {
		t.Errorf("got %v", err)
	}
	items[1].Placement = afterTargets("@slow")
	if _, err = ordering.Sort(items[:2]); !errors.As(err, &band) || band.Target != 0 {
		t.Errorf("got %v", err)
	}
}

// The rules of the dispatched event hold for whoever listens, those of another for its own
// listeners.
func TestRulesOfOverlappingEvents(t *testing.T) {
	items := []ordering.Item{item("a", "E", "", ordering.Placement{}), item("all", "any", "", ordering.Placement{}), item("b", "E", "", ordering.Placement{})}
	off := func(event, id string) ordering.Off {
		return ordering.Off{Events: []string{event}, Entry: ordering.Entry{Target: ordering.Target{ID: id}}}
	}
	q := sequence("", "all", "a")
	q.Events = []string{"E"}
	overlap := func(string, string) bool { return true }
	s, err := ordering.NewSet(items, overlap, ordering.Rules{Sequences: []ordering.Sequence{q}, Off: []ordering.Off{off("any", "b"), off("F", "all")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ events, want string }{
		{"E any", "all a b"}, {"any", "all"}, {"F any", ""}, {"E", "a b"}, {"", ""},
	} {
		placed, err := s.Sort(strings.Fields(c.events)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(idsOf(items, placed), " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.events, got, c.want)
		}
	}
	if off := s.SwitchedOff("F", "any"); len(off) != 1 || off[0].Item != 1 || off[0].By.ID != "all" {
		t.Errorf("got %v", off)
	}
}

// ruled is a listener of event E that asks for nothing.
func ruled(id string) ordering.Item { return item(id, "E", "m.go:"+id, ordering.Placement{}) }

func off(source, target string, events ...string) ordering.Off {
	return ordering.Off{Events: events, Entry: ordering.Entry{Target: toTargets([]string{target})[0], Source: source}}
}

func forEvents(q ordering.Sequence, events ...string) ordering.Sequence {
	q.Events = events
	return q
}

// Several rules add up, within one Rules and over several, and the first that switches a
// listener off is named.
func TestRulesAddUp(t *testing.T) {
	items := []ordering.Item{ruled("a"), ruled("b"), ruled("c"), ruled("x"), ruled("y"), item("x", "F", "", ordering.Placement{})}
	orders, err := ordering.Sort(items,
		ordering.Rules{
			Sequences: []ordering.Sequence{forEvents(sequence("", "?z", "x"), "F"), sequence("", "b", "a")},
			Off:       []ordering.Off{off("1", "x", "E"), off("2", "x", "F"), off("3", "?z")},
		},
		ordering.Rules{Sequences: []ordering.Sequence{sequence("", "c", "b")}, Off: []ordering.Off{off("4", "y"), off("5", "x")}},
	)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range orders {
		text := o.Event + ":"
		for _, id := range idsOf(items, o.Placed) {
			text += " " + id
		}
		for _, x := range o.Off {
			text += ", " + items[x.Item].ID + " off by " + x.By.Source
		}
		got = append(got, text)
	}
	if diff := cmp.Diff([]string{"E: c b a, x off by 1, y off by 4", "F:, x off by 2"}, got); diff != "" {
		t.Error(diff)
	}
}

// A rule for several events holds for each, also if the dispatched event is another one
// that calls their listeners, too.
func TestRulesOfSeveralEvents(t *testing.T) {
	items := []ordering.Item{ruled("a"), item("b", "any", "", ordering.Placement{}), item("b", "F", "", ordering.Placement{}), item("c", "any", "", ordering.Placement{})}
	set, err := ordering.NewSet(items, overlapping("E any", "F any"), ordering.Rules{
		Sequences: []ordering.Sequence{forEvents(sequence("", "b", "a"), "G", "any")},
		Off:       []ordering.Off{off("", "c", "G", "any")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for events, want := range map[string]string{"E any": "b a", "any": "b", "E": "a", "any E": "b a"} {
		placed, err := set.Sort(strings.Fields(events)...)
		if got := strings.Join(idsOf(items, placed), " "); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", events, got, err, want)
		}
	}
}

// A target means an ID wherever a dispatch may call both: the checks look at all items
// with the ID.
func TestTargetsOfSeveralEvents(t *testing.T) {
	items := []ordering.Item{item("b", "F", "", ordering.Placement{}), item("b", "G", "", ordering.Placement{}), item("a", "E", "", afterTargets("b"))}
	rules := ordering.Rules{Off: []ordering.Off{off("", "b", "H", "E")}}
	if _, err := ordering.NewSet(items, overlapping("E G"), rules); err != nil {
		t.Error(err)
	}
	if _, err := ordering.NewSet(items, overlapping("E H"), rules); len(leaves(err)) != 2 {
		t.Errorf("got %v, want two problems", err)
	}
}

// Unknown targets come first, then those that do not listen. In both, hints come before
// entries.
func TestOrderOfProblemsOfRules(t *testing.T) {
	items := []ordering.Item{item("a", "E", "", afterTargets("f", "x")), item("f", "F", "", ordering.Placement{})}
	rules := ordering.Rules{
		Sequences: []ordering.Sequence{forEvents(sequence("", "f", "y"), "E")},
		Off:       []ordering.Off{off("", "f", "E"), off("", "@z", "E")},
	}
	_, err := ordering.Sort(items, rules)
	var got []string
	for _, e := range leaves(err) {
		switch e := e.(type) {
		case *ordering.UnknownTargetError:
			got = append(got, "unknown "+e.Hint.Target+" "+string(e.Rule))
		case *ordering.NotListeningError:
			got = append(got, "deaf "+e.Hint.Target+" "+string(e.Rule))
		}
	}
	want := []string{"unknown x ", "unknown y sequence", "unknown @z off", "deaf f ", "deaf f sequence", "deaf f off"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestForgivingItem(t *testing.T) {
	a := labelled("a", "", ordering.Placement{After: toTargets([]string{"none", "@none", "f"})})
	a.Forgiving = true
	if orders, err := ordering.Sort([]ordering.Item{a, item("f", "F", "", ordering.Placement{})}); err != nil || len(orders) != 2 {
		t.Error(err)
	}
}

// A later entry may mean a listener that is far before it.
func TestEntryTwice(t *testing.T) {
	items := []ordering.Item{labelled("a", "x", ordering.Placement{}), ruled("b")}
	for _, q := range []ordering.Sequence{sequence("f.yaml:1", "a", "b", "@x", "?none"), sequence("f.yaml:1", "a", "@x")} {
		_, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{q}})
		want := "a sequence means a twice (f.yaml:1), also as a: drop one of the entries"
		if err == nil || err.Error() != want {
			t.Fatalf("got  %v\nwant %s", err, want)
		}
		var cycle *ordering.CycleError
		if !errors.As(err, &cycle) || cycle.Hints[0].Member != "a" || cycle.Hints[0].MemberSource != "m.go:a" {
			t.Errorf("got %+v", cycle)
		}
	}
}

func TestReasonThroughAGate(t *testing.T) {
	items := []ordering.Item{
		labelled("late", "", ordering.Placement{Priority: ordering.Last()}),
		labelled("x", "", ordering.Placement{Priority: ordering.At(9), After: toTargets([]string{"late"}), Before: toTargets([]string{"@y"})}),
		labelled("y", "y", ordering.Placement{Priority: ordering.At(5)}),
	}
	orders, err := ordering.Sort(items)
	if err != nil {
		t.Fatal(err)
	}
	want := "priority 5, moved down because x must run before @y"
	if got := orders[0].Placed[2].Reason.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
