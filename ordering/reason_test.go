package ordering_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/ordering"
)

func TestReasons(t *testing.T) {
	priority := func(p ordering.Priority) ordering.Placement { return ordering.Placement{Priority: p} }
	and := func(p ordering.Priority, q ordering.Placement) ordering.Placement { q.Priority = p; return q }
	for _, tt := range []struct {
		name  string
		items []ordering.Item
		want  string
	}{
		{"priorities", []ordering.Item{
			item("a", "", "", priority(ordering.Last())),
			item("b", "", "", priority(ordering.At(-3))),
			item("c", "", "", ordering.Placement{}),
			item("d", "", "", priority(ordering.At(0))),
			item("e", "", "", priority(ordering.First())),
		}, `
e: first
c: priority 0 (default), before d as declared
d: priority 0
b: priority -3
a: last`},
		{"anchors and blocks", []ordering.Item{
			item("a", "", "", ordering.Placement{}),
			item("b", "", "", afterTargets("a")),
			item("c", "", "", afterTargets("a")),
			item("d", "", "", beforeTargets("b")),
		}, `
a: priority 0 (default)
d: right before b
b: right after a
c: right after a`},
		{"moved by hints", []ordering.Item{
			item("a", "", "", priority(ordering.At(10))),
			item("b", "", "", and(ordering.At(20), afterTargets("a"))),
			item("c", "", "", priority(ordering.At(5))),
			item("d", "", "", and(ordering.Last(), beforeTargets("c"))),
		}, `
a: priority 10
b: priority 20, moved down to run after a
d: last, moved up to run before c
c: priority 5`},
		{"moved by another's hint, and left behind", []ordering.Item{
			item("late", "", "", priority(ordering.Last())),
			item("x", "", "", and(ordering.At(9), ordering.Placement{After: toTargets([]string{"late"}), Before: toTargets([]string{"y"})})),
			item("y", "", "", priority(ordering.At(5))),
			item("above", "", "", beforeTargets("y")),
		}, `
above: before y
late: last
x: priority 9, moved down to run after late
y: priority 5, moved down because x must run before it`},
		{"moved away and back", []ordering.Item{
			item("index", "", "", priority(ordering.First())),
			item("search", "", "", priority(ordering.First())),
			item("audit", "", "", ordering.Placement{After: toTargets([]string{"index"}), Before: toTargets([]string{"search"})}),
		}, `
index: first
audit: right after index
search: first, moved down because audit must run before it`},
		{"anchoring each other", []ordering.Item{
			item("top", "", "", priority(ordering.At(1))),
			item("a", "", "", beforeTargets("b")),
			item("b", "", "", afterTargets("a")),
		}, `
top: priority 1
a: priority 0 (default)
b: right after a`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			orders, err := ordering.Sort(tt.items)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, p := range orders[0].Placed {
				lines = append(lines, tt.items[p.Item].ID+": "+p.Reason.String())
			}
			if diff := cmp.Diff(strings.TrimSpace(tt.want), strings.Join(lines, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReasonForPrograms(t *testing.T) {
	items := []ordering.Item{
		item("a", "E", "m.go:1", ordering.Placement{}),
		item("b", "E", "m.go:2", written("services.yaml:7", afterTargets("a"))),
	}
	orders, err := ordering.Sort(items)
	if err != nil {
		t.Fatal(err)
	}
	want := ordering.Hint{Listener: "b", Item: 1, Side: ordering.After, Target: "a", Source: "services.yaml:7", Registered: "m.go:2"}
	if got := orders[0].Placed[1].Reason.Beside; got == nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := want.String(); got != "b after a" {
		t.Errorf("hint in words: %q", got)
	}
}

func TestPlacementString(t *testing.T) {
	p := ordering.Placement{Priority: ordering.At(10), Before: toTargets([]string{"a", "?b"}), After: toTargets([]string{"c"})}
	if got, want := p.String(), "priority 10, before a,?b, after c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if zero := (ordering.Placement{}); !zero.IsZero() || zero.String() != "" || p.IsZero() {
		t.Error("IsZero or the zero Placement's text is wrong")
	}
	if n, ok := ordering.First().Number(); ok {
		t.Errorf("first has the number %d", n)
	}
}
