package ordering_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/ordering"
)

func item(id, event, source string, p ordering.Placement) ordering.Item {
	return ordering.Item{ID: id, Event: event, Source: source, Placement: p}
}

func beforeTargets(ids ...string) ordering.Placement {
	return ordering.Placement{Before: toTargets(ids)}
}
func afterTargets(ids ...string) ordering.Placement {
	return ordering.Placement{After: toTargets(ids)}
}

func toTargets(ids []string) []ordering.Target {
	var targets []ordering.Target
	for _, id := range ids {
		target, err := ordering.ParseTarget(id)
		if err != nil {
			panic(err)
		}
		targets = append(targets, target)
	}
	return targets
}

func written(source string, p ordering.Placement) ordering.Placement {
	p.Source = source
	return p
}

func TestErrorMessages(t *testing.T) {
	none := ordering.Placement{}
	for _, tt := range []struct {
		name  string
		items []ordering.Item
		want  string
	}{
		{"duplicate", []ordering.Item{
			item("audit.Log", "placed", "audit/module.go:9", none),
			item("audit.Log", "placed", "audit/module.go:10", none),
		}, `audit.Log listens to placed twice (audit/module.go:9 and audit/module.go:10): drop one, or give it an ID of its own`},
		{"duplicate without places", []ordering.Item{item("a", "", "", none), item("a", "", "", none)},
			`a listens twice: drop one, or give it an ID of its own`},
		{"unknown target", []ordering.Item{item("a", "E", "m.go:1", afterTargets("zebra.Crossing"))},
			`a (m.go:1) must run after zebra.Crossing, but no listener has that ID: correct it, or write "?zebra.Crossing" if it may be absent`},
		{"unknown target with a neighbour", []ordering.Item{
			item("recipes.Indexer", "E", "m.go:1", none),
			item("a", "E", "m.go:2", beforeTargets("recipes.Indxer")),
		}, `a (m.go:2) must run before recipes.Indxer, but no listener has that ID: did you mean recipes.Indexer? Write "?recipes.Indxer" if it may be absent`},
		{"unknown target like the listener itself", []ordering.Item{
			item("indexerA", "E", "m.go:1", afterTargets("indexerC")),
			item("indexerB", "E", "m.go:2", none),
		}, `indexerA (m.go:1) must run after indexerC, but no listener has that ID: did you mean indexerB? Write "?indexerC" if it may be absent`},
		{"not listening", []ordering.Item{
			item("a", "placed", "m.go:1", beforeTargets("b")),
			item("b", "shipped", "m.go:2", none),
		}, `a (m.go:1) must run before b on placed, but b (m.go:2) does not listen to that: drop the hint, or write "?b" if that is intended`},
		{"itself", []ordering.Item{item("a", "E", "m.go:1", beforeTargets("a"))},
			`a (m.go:1) must run before itself: drop the hint`},
		{"cycle of two, one from the order file", []ordering.Item{
			item("recipes.Notifier", "E", "recipes/module.go:21", written("services.yaml:14", beforeTargets("audit.Log"))),
			item("audit.Log", "E", "audit/module.go:9", beforeTargets("recipes.Notifier")),
		}, "recipes.Notifier (recipes/module.go:21) must run before audit.Log (services.yaml:14),\nand audit.Log must run before recipes.Notifier (audit/module.go:9): drop one of the hints"},
		{"cycle of three, both sides", []ordering.Item{
			item("a", "E", "m.go:1", beforeTargets("b")),
			item("b", "E", "m.go:2", none),
			item("c", "E", "m.go:3", written("services.yaml:3", ordering.Placement{After: toTargets([]string{"b"}), Before: toTargets([]string{"a"})})),
		}, "a must run before b (m.go:1),\nand c (m.go:3) must run after b (services.yaml:3),\nand c (m.go:3) must run before a (services.yaml:3): drop one of the hints"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			orders, err := ordering.Sort(tt.items)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %v", err, tt.want)
			}
			if orders != nil {
				t.Errorf("an order beside the error: %v", orders)
			}
		})
	}
}

func TestPriorityError(t *testing.T) {
	for _, text := range []string{"", "madonna", "3.5", "First", "1e3", "0x10", "99999999999999999999", " 1", "+", "-"} {
		_, err := ordering.ParsePriority(text)
		var problem *ordering.PriorityError
		if !errors.As(err, &problem) || problem.Text != text {
			t.Errorf("ParsePriority(%q): %v", text, err)
		}
	}
	_, err := ordering.ParsePriority("madonna")
	if want := `invalid priority "madonna": write first, last or a whole number`; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestEmptyTargets(t *testing.T) {
	for _, text := range []string{"", "?"} {
		if _, err := ordering.ParseTarget(text); err == nil || !strings.Contains(err.Error(), "write the ID of a listener") {
			t.Errorf("ParseTarget(%q): %v", text, err)
		}
	}
}

// Every problem comes out of one call, in the order of the checks.
func TestAllProblemsAtOnce(t *testing.T) {
	_, err := ordering.Sort([]ordering.Item{
		item("a", "E", "", beforeTargets("b")),
		item("b", "E", "", beforeTargets("a")),
		item("c", "E", "", afterTargets("d")),
		item("d", "E", "", afterTargets("c")),
		item("x", "F", "", afterTargets("a")),
		item("y", "F", "", afterTargets("nobody")),
		item("z", "F", "", ordering.Placement{}),
		item("z", "F", "", ordering.Placement{}),
	})
	var kinds []string
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		kinds = append(kinds, string(firstKind(e)))
	}
	if got, want := strings.Join(kinds, " "), "duplicate unknown_target not_listening cycle cycle"; got != want {
		t.Errorf("got %s, want %s\n%v", got, want, err)
	}
}

// Problems of one kind come in declared order: duplicates by their second, cycles
// by their earliest listener.
func TestOrderOfProblems(t *testing.T) {
	none := ordering.Placement{}
	for _, tt := range []struct {
		name  string
		items []ordering.Item
		want  string
	}{
		{"duplicates", []ordering.Item{item("a", "E", "", none), item("b", "E", "", none), item("b", "E", "", none), item("a", "E", "", none)},
			"b listens to E twice: drop one, or give it an ID of its own\na listens to E twice: drop one, or give it an ID of its own"},
		{"cycles", []ordering.Item{
			item("a", "E", "", beforeTargets("b")), item("b", "E", "", beforeTargets("a", "c")),
			item("c", "E", "", beforeTargets("d")), item("d", "E", "", beforeTargets("c")),
		}, "a must run before b,\nand b must run before a: drop one of the hints\nc must run before d,\nand d must run before c: drop one of the hints"},
	} {
		if _, err := ordering.Sort(tt.items); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got\n%v\nwant\n%s", tt.name, err, tt.want)
		}
	}
}

// Of a tangle, the shortest way around is told.
func TestShortestCycle(t *testing.T) {
	_, err := ordering.Sort([]ordering.Item{
		item("a", "E", "", beforeTargets("b", "c")),
		item("b", "E", "", beforeTargets("c")),
		item("c", "E", "", beforeTargets("d", "a")),
		item("d", "E", "", beforeTargets("a")),
	})
	if want := "a must run before c,\nand c must run before a: drop one of the hints"; err.Error() != want {
		t.Errorf("got  %v\nwant %v", err, want)
	}
}

func TestLongCycleIsCutInTheMessageOnly(t *testing.T) {
	items := chain(50)
	items[0].Placement = afterTargets(items[49].ID)
	_, err := ordering.Sort(items)
	var cycle *ordering.CycleError
	if !errors.As(err, &cycle) || len(cycle.Hints) != 50 {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "so on for 30 more hints, back to the first: drop one of the hints") {
		t.Error(err)
	}
}

// "?" forgives a target that is absent or listens to something else; it then
// counts as not written.
func TestOptionalTargets(t *testing.T) {
	items := []ordering.Item{
		item("a", "E", "", afterTargets("?nobody", "?elsewhere", "c")),
		item("b", "E", "", ordering.Placement{}),
		item("c", "E", "", ordering.Placement{}),
		item("elsewhere", "F", "", ordering.Placement{}),
		item("d", "E", "", beforeTargets("?nobody")),
	}
	orders, err := ordering.Sort(items)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(idsOf(items, orders[0].Placed), " "); got != "b c a d" {
		t.Errorf("got %s", got)
	}
	if got := orders[0].Placed[3].Reason.String(); got != "priority 0 (default)" {
		t.Errorf("reason of d: %s", got)
	}
}
