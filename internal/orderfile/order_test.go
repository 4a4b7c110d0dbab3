package orderfile_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// The examples in the documentation of the PSR-14 library that rollcall replaces give the
// orders that it documents. The last two are our own.
func TestDocumentedExamples(t *testing.T) {
	for _, tt := range []struct{ file, want string }{
		{"priorities.yaml", `
Psr\EventDispatcher\ListenerProviderInterface from event_listener
  SampleEventA: listener_e listener_d listener_c listener_a listener_b
  SampleEventB: listener_d listener_b`},
		{"relatives.yaml", `
Psr\EventDispatcher\ListenerProviderInterface from event_listener
  SampleEventA: listener_e listener_d listener_c listener_b listener_a`},
		{"providers.yaml", `
listener_provider_a from event_listener_for_a
  Acme\MyApp\EventA: Acme\MyApp\ListenerM Acme\MyApp\ListenerA1 Acme\MyApp\ListenerA2
listener_provider_b from event_listener_for_b
  Acme\MyApp\EventB: Acme\MyApp\ListenerB
  Acme\MyApp\EventA: Acme\MyApp\ListenerM
  Acme\MyApp\EventC: Acme\MyApp\ListenerM`},
		{"shared.yaml", `
recipes from event_listener
  recipe.created: recipes.Indexer audit.Log search.Indexer
  recipe.deleted: recipes.Indexer search.Indexer audit.Log`},
		{"rules.yaml", `
default from event_listener
  recipe.created: audit.Log recipes.Validator search.Indexer notify.Mailer
  recipe.deleted: legacy.Mailer
  http.middleware: log.Logging auth.Auth`},
	} {
		t.Run(tt.file, func(t *testing.T) {
			orders, err := orderfile.Order(tt.file, read(t, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(tt.want), render(orders)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func render(orders []orderfile.ProviderOrder) string {
	var lines []string
	for _, p := range orders {
		lines = append(lines, p.ID+" from "+p.ListenerTag)
		for _, e := range p.Events {
			line := "  " + e.Event + ":"
			for _, l := range e.Listeners {
				line += " " + l.ID
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// YAML has more than one way to write true.
func TestOptionalIsWrittenInSeveralWays(t *testing.T) {
	for text, want := range map[string]bool{"true": true, "True": true, "TRUE": true, "false": false, "False": false} {
		f, err := orderfile.Parse("f.yaml", []byte("services:\n  a: { optional: "+text+", tags: [ { name: event_listener, event: E } ] }\n"))
		if err != nil || len(f.Listeners) != 1 || f.Listeners[0].Optional != want {
			t.Errorf("optional: %s: got %+v, %v", text, f, err)
		}
	}
}

func TestOrderGivesReasonsAndPlaces(t *testing.T) {
	orders, err := orderfile.Order("relatives.yaml", read(t, "relatives.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range orders[0].Events[0].Listeners {
		lines = append(lines, l.ID+", "+l.Reason.String()+", "+l.Placement.Source)
	}
	want := `listener_e, first, relatives.yaml:36
listener_d, right after listener_e, relatives.yaml:29
listener_c, right after listener_d, relatives.yaml:22
listener_b, right before listener_a, relatives.yaml:15
listener_a, priority 0 (default), relatives.yaml:9`
	if diff := cmp.Diff(want, strings.Join(lines, "\n")); diff != "" {
		t.Error(diff)
	}
}

// A listener tells its place in declared order, whatever tag it has and
// wherever its tag is written.
func TestOrderTellsDeclaredOrder(t *testing.T) {
	data := []byte(`services:
  p: { tags: [ listener_provider, { name: listener_provider, listener_tag: t } ] }
  a: { tags: &a [ { name: event_listener, event: E } ] }
  b: { tags: [ { name: t, event: E }, { name: event_listener, event: E, priority: first } ] }
  c: { tags: *a }
`)
	f, err := orderfile.Parse("f.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	orders, err := orderfile.Order("f.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, p := range orders {
		for _, l := range p.Events[0].Listeners {
			got = append(got, l.Declared)
			if d := f.Listeners[l.Declared]; d.ID != l.ID || d.Tag != l.Tag {
				t.Errorf("%s of %s is said to be %s of %s", l.ID, l.Tag, d.ID, d.Tag)
			}
		}
	}
	if diff := cmp.Diff([]int{2, 0, 3, 1}, got); diff != "" {
		t.Error(diff)
	}
}

// A file that declares no provider is read as one default provider.
func TestDefaultProvider(t *testing.T) {
	for _, data := range []string{
		"services: { a: { tags: [ { name: event_listener, event: E } ] } }",
		"services: ~",
		"services:",
	} {
		orders, err := orderfile.Order("f.yaml", []byte(data))
		if err != nil || len(orders) != 1 || orders[0].ID != "default" || orders[0].ListenerTag != "event_listener" {
			t.Errorf("%s: %v, %v", data, orders, err)
		}
	}
}
