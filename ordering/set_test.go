package ordering_test

import (
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/ordering"
)

// An event may go to the listeners of several keys; one order is computed
// over all of them, whatever they subscribed with.
func TestSetSortsOverlappingEventsTogether(t *testing.T) {
	items := []ordering.Item{
		item("log", "any", "", afterTargets("index")),
		item("index", "created", "", ordering.Placement{}),
		item("notify", "created", "", ordering.Placement{}),
		item("purge", "deleted", "", beforeTargets("log")),
	}
	set, err := ordering.NewSet(items, func(a, b string) bool { return a == "any" || b == "any" })
	if err != nil {
		t.Fatal(err)
	}
	for events, want := range map[string]string{
		"created any": "index log notify",
		"deleted any": "purge log",
		"any":         "log",
		"unheard":     "",
	} {
		placed, err := set.Sort(strings.Fields(events)...)
		if got := strings.Join(idsOf(items, placed), " "); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", events, got, err, want)
		}
	}
}

func TestSetWithoutOverlap(t *testing.T) {
	_, err := ordering.NewSet([]ordering.Item{
		item("log", "any", "", afterTargets("index")),
		item("index", "created", "", ordering.Placement{}),
	}, func(a, b string) bool { return false })
	if firstKind(err) != "not_listening" {
		t.Errorf("got %v", err)
	}
}

// A listener that hears one dispatch by two keys runs for each, and a hint
// that names it means both.
func TestSetOneListenerOnTwoOverlappingEvents(t *testing.T) {
	items := []ordering.Item{
		item("log", "created", "", ordering.Placement{Priority: ordering.First()}),
		item("log", "any", "", ordering.Placement{Priority: ordering.Last()}),
		item("flush", "created", "", afterTargets("log")),
		item("open", "created", "", beforeTargets("log")),
	}
	set, err := ordering.NewSet(items, func(a, b string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	placed, err := set.Sort("created", "any")
	if got := strings.Join(idsOf(items, placed), " "); err != nil || got != "open log log flush" {
		t.Errorf("got %s, %v", got, err)
	}
}
