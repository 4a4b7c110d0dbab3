package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

func sequenceOf(t interface {
	Helper()
	Fatal(...any)
}, r inspect.Report) string {
	t.Helper()
	var got strings.Builder
	if err := r.WriteSequence(&got); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

func TestWriteSequence(t *testing.T) {
	long := strings.Repeat("long", 6)
	for _, tt := range []struct{ name, services, want string }{
		{"empty", "services: ~", "sequence: {}\n"},
		{"grouped", grouped, `sequence:
  recipe.created:
    - cache.Purge
    - recipes.Validator
    - orders.Validator
    - audit.Log
    - search.Indexer
    - suggest.Indexer
    - metrics.Counter
    - notify.Mailer
  http.middleware: [ metrics.Counter, audit.Log ]
`},
		{"one listener", "services: { a: { tags: [ { name: event_listener, event: E } ] } }", "sequence: {}\n"},
		{"quotes", `
services:
  "yes": { tags: [ { name: event_listener, event: "*pkg.E" } ] }
  "12": { tags: [ { name: event_listener, event: "*pkg.E" } ] }
  "a: b": { tags: [ { name: event_listener, event: "*pkg.E" } ] }
  audit.Log: { tags: [ { name: event_listener, event: "*pkg.E" } ] }
`, `sequence:
  "*pkg.E": [ "yes", "12", "a: b", audit.Log ]
`},
		{"several providers", `
services:
  p: { tags: [ listener_provider, { name: listener_provider, listener_tag: t } ] }
  a: { tags: [ { name: event_listener, event: E }, { name: t, event: E, after: b }, { name: event_listener, event: F }, { name: t, event: F } ] }
  b: { tags: [ { name: event_listener, event: E }, { name: t, event: E } ] }
  c: { tags: [ { name: event_listener, event: F } ] }
  d: { tags: [ { name: t, event: F, after: a } ] }
  u: { tags: [ { name: event_listener, event: G }, { name: t, event: G } ] }
  v: { tags: [ { name: event_listener, event: G }, { name: t, event: G } ] }
`, `sequence:
  # E: left out: the providers p (event_listener), p (t) order its listeners differently, and a sequence holds in all of them.
  # F: for the providers p (event_listener), p (t).
  F: [ a, c, d ]
  G: [ u, v ]
`},
		{"long", "services:\n  " + long + ".A: { tags: [ { name: event_listener, event: E } ] }\n  " + long + ".B: { tags: [ { name: event_listener, event: E } ] }\n  " +
			long + ".C: { tags: [ { name: event_listener, event: E } ] }\n  " + long + ".D: { tags: [ { name: event_listener, event: E } ] }\n",
			"sequence:\n  E:\n    - " + long + ".A\n    - " + long + ".B\n    - " + long + ".C\n    - " + long + ".D\n"},
	} {
		want := "# The order as it is. Drop what the hints may decide, and write labels for groups.\n" + tt.want
		if diff := cmp.Diff(want, sequenceOf(t, report(t, tt.services))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// The listeners of one receiver key can be in a sequence, behind those that are called.
func TestWriteSequenceOfAsync(t *testing.T) {
	async := func(id, key string) inspect.Listener { return inspect.Listener{ID: id, Async: key} }
	listeners := []inspect.Listener{{ID: "a"}, {ID: "twice"}, {ID: "twice", Hears: "error"}, {ID: "b"}, async("mail1", "mail"), async("index1", "index"), async("index2", "index")}
	r := inspect.Report{Providers: []inspect.Provider{{ID: "p", ListenerTag: "t", Events: []inspect.Event{
		{Event: "E", Listeners: listeners},
		{Event: "F", Listeners: []inspect.Listener{{ID: "apart"}, {ID: "a"}, {ID: "apart", Hears: "error"}, {ID: "b"}, async("any", "*")}},
		{Event: "G", Listeners: []inspect.Listener{{ID: "a,b"}, {ID: "c"}}},
		{Event: "*", Listeners: []inspect.Listener{{ID: "a"}, {ID: "b"}}},
		{Event: "H", Listeners: []inspect.Listener{{ID: "b", Hears: "I"}, {ID: "x"}, {ID: "a", Hears: "I"}}},
		{Event: "I", Listeners: []inspect.Listener{{ID: "a"}, {ID: "b"}}},
	}}}}
	want := `# The order as it is. Drop what the hints may decide, and write labels for groups.
sequence:
  # E: mail1 left out: a sequence orders the listeners of one receiver key, here index.
  E: [ a, twice, b, index1, index2 ]
  # F: apart is left out: it listens twice, with others in between.
  F: [ a, b, any ]
  # G: a,b is left out: a sequence can't name it.
  # *: left out: the name means every event.
  H: [ b, x, a ]
  # I: left out: H gets its listeners in another order, and a sequence of I holds there, too.
`
	if diff := cmp.Diff(want, sequenceOf(t, r)); diff != "" {
		t.Error(diff)
	}
}

// With the sequence in front of the file that it is made of, the order is the same.
func TestSequenceKeepsTheOrder(t *testing.T) {
	names := []string{"a", "b.C", "yes", "No", "~", "1.5", "null", "- x", "? y", "é", "a: b", "a #b", `"q"`, "'s'", "[z]", "{w}", "\\", "new\nline", "\x7f", "%d", "&e", "!t", "|", ">", "調理", strings.Repeat("l", 1100), "0x1F", "1_000", ".5", "=", "<<"}
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.Permutation(names).Draw(t, "ids")[:rapid.IntRange(1, 7).Draw(t, "listeners")]
		var file strings.Builder
		if rapid.Bool().Draw(t, "off") {
			file.WriteString("off: { \"*\": [ \"?@g\" ] }\n")
		}
		file.WriteString("services:\n  provider: { tags: [ listener_provider, { name: listener_provider, listener_tag: t } ] }\n")
		for _, id := range ids {
			fmt.Fprintf(&file, "  ? %q\n  : tags:\n", id)
			for _, at := range []string{"name: event_listener, event: E", "name: t, event: E", "name: event_listener, list: " + fmt.Sprintf("%q", ids[0])} {
				if !rapid.Bool().Draw(t, "listens") {
					continue
				}
				fmt.Fprintf(&file, "    - { %s, priority: %s", at, rapid.SampledFrom([]string{"first", "last", "0", "1"}).Draw(t, "priority"))
				for _, side := range []string{"before", "after"} {
					if target := rapid.SampledFrom(append(ids, "", "@g", "@h")).Draw(t, side); target != "" {
						fmt.Fprintf(&file, ", %s: %q", side, "?"+target)
					}
				}
				fmt.Fprintf(&file, ", labels: [ %s ] }\n", rapid.SampledFrom([]string{"", "g", "h", "g, h"}).Draw(t, "labels"))
			}
		}
		r, err := inspect.OfFile("s.yaml", []byte(file.String()))
		if err != nil {
			t.Skip("no order")
		}
		sequence := sequenceOf(t, r)
		again, err := inspect.OfFile("s.yaml", []byte(sequence+file.String()))
		if err != nil {
			t.Fatalf("%v\n%s%s", err, sequence, file.String())
		}
		if diff := cmp.Diff(orderOf(r), orderOf(again)); diff != "" {
			t.Fatalf("%s\n%s%s", diff, sequence, file.String())
		}
		if diff := cmp.Diff(sequence, sequenceOf(t, again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The sequence of an application as its order file leaves the order as it is, with events
// that are interfaces and asynchronous listeners of several keys.
func TestSequenceOfAnApplication(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var listeners []rollcall.Listener
		n := rapid.IntRange(1, 6).Draw(t, "listeners")
		for i := range n {
			tag := fmt.Sprintf("priority:%q", rapid.SampledFrom([]string{"first", "last", "0", "1"}).Draw(t, "priority"))
			for _, side := range []string{"before", "after"} {
				if target := rapid.IntRange(0, 2*n).Draw(t, side); target < n && target != i {
					tag += fmt.Sprintf(" %s:\"?pkg.L%d\"", side, target)
				}
			}
			if key := rapid.SampledFrom([]string{"", "", "", "mail", "index"}).Draw(t, "key"); key != "" {
				tag += fmt.Sprintf(" async:%q", key)
			}
			id := fmt.Sprintf("pkg.L%d", i)
			kind := rapid.IntRange(0, 3).Draw(t, "kind")
			if kind != 1 {
				listeners = append(listeners, rollcall.NewListener[*inspect.FormatError](id, func(*inspect.FormatError) {}, tags.Tag(tag)))
			}
			if kind == 1 || kind == 2 {
				listeners = append(listeners, rollcall.NewListener[error](id, func(error) {}, tags.Tag(tag)))
			}
		}
		events := []rollcall.Declaration{rollcall.Declare[*inspect.FormatError]("failed"), rollcall.Declare[error]("any.error")}
		p, err := provider.Build(listeners, events)
		if err != nil {
			t.Skip("no order")
		}
		report := func(p *provider.Sorted) inspect.Report {
			return inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("p", "t", p, nil)}}
		}
		sequence := sequenceOf(t, report(p))
		f, err := orderfile.Parse("s.yaml", []byte(sequence))
		if err != nil {
			t.Fatalf("%v\n%s", err, sequence)
		}
		again, err := provider.Build(listeners, events, f.Rules())
		if err != nil {
			t.Fatalf("%v\n%s", err, sequence)
		}
		if diff := cmp.Diff(orderOf(report(p)), orderOf(report(again))); diff != "" {
			t.Fatalf("%s\n%s", diff, sequence)
		}
	})
}

func orderOf(r inspect.Report) (ids []string) {
	for _, p := range r.Providers {
		for _, e := range p.Events {
			ids = append(ids, p.ListenerTag+": "+e.Event)
			for _, l := range e.Listeners {
				ids = append(ids, l.ID)
			}
		}
	}
	return ids
}
