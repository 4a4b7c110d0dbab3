package fxeventstest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/fxeventstest"
)

type step struct{ name string }

// steps is an application with a list.
func steps() fx.Option {
	return fx.Options(
		fxevents.Ordered[step]("steps"), fxevents.Event[*placed]("order.placed"),
		fxevents.ContributeValue(step{"b"}, `id:"b.Step"`),
		fxevents.ContributeValue(step{"a"}, `id:"a.Step"`),
		fxevents.ContributeValue(step{"c"}, `id:"c.Step" before:"a.Step"`),
	)
}

// In the golden file, a list looks like an event with the word list.
func TestOrderOfAList(t *testing.T) {
	golden := filepath.Join(t.TempDir(), "order.txt")
	t.Setenv("ROLLCALL_UPDATE", "1")
	fxeventstest.Order(t, golden, fxevents.Module(), steps())
	got, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	const want = `default (event_listener)
  order.placed  *github.com/rollcall-go/rollcall/fxeventstest_test.placed
    nobody listens
  list steps  github.com/rollcall-go/rollcall/fxeventstest_test.step
    1  b.Step  priority 0 (default), before a.Step as declared
    2  c.Step  right before a.Step
    3  a.Step  priority 0 (default)
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestDecidedOfAList(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"services: ~", "steps: only declared order decides between\n    b.Step (HERE)\n    c.Step (HERE)\n    a.Step (HERE)\n" +
			"  give one of them a priority, a before or an after, list them in a sequence,\n" +
			"  or accept that in the order file: ties: { steps: declared }"},
		{"ties: { steps: declared }", ""},
		{"sequence: { steps: [ a.Step, b.Step ] }", ""},
	} {
		got := failures(t, func(t testing.TB) { fxeventstest.Decided(t, fxevents.Module(file(c.file)), steps()) })
		if diff := cmp.Diff(c.want, place.ReplaceAllString(got, "HERE")); diff != "" {
			t.Errorf("%s: %s", c.file, diff)
		}
	}
}
