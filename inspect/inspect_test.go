package inspect_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/golden"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

const services = `
services:
  recipes: { tags: [ listener_provider ] }
  search: { tags: [ { name: listener_provider, listener_tag: search } ] }
  audit.Log: { tags: [ { name: event_listener, event: recipe.created, priority: first }, { name: event_listener, event: recipe.deleted } ] }
  recipes.Indexer: { tags: [ { name: event_listener, event: recipe.created }, { name: search, event: recipe.found, after: "?nobody" } ] }
  notify.Mailer: { tags: [ { name: event_listener, event: recipe.created, after: recipes.Indexer, before: "?metrics.Counter" } ] }
  metrics.Counter: { tags: [ { name: event_listener, event: recipe.created, priority: 10, after: audit.Log } ] }
`

const hostile = `
services:
  "<script>alert(\"x\")</script>": { tags: [ { name: event_listener, event: "a & b", before: "back\\slash" } ] }
  "back\\slash": { tags: [ { name: event_listener, event: "a & b" } ] }
  "line\nbreak": { tags: [ { name: event_listener, event: "a & b" } ] }
  "` + "`__`[]{}|#" + `": { tags: [ { name: event_listener, event: "a & b", priority: last } ] }
  "مستمع": { tags: [ { name: event_listener, event: "a & b", labels: "<b>&\"\nx" } ] }
  "after the label": { tags: [ { name: event_listener, event: "a & b", after: "@<b>&\"\nx" } ] }
  "<i>off": { tags: [ { name: event_listener, event: "a & b" } ] }
off: { "a & b": "<i>off" }
`

// grouped has labels, of which @pii is scattered and @index crosses @slow, a sequence, a
// list, several that ask to be first, and what is off.
const grouped = `
sequence: { recipe.created: [ "@validate", audit.Log, "@index" ] }
off:
  recipe.created: [ legacy.Mailer ]
  http.middleware: [ "@debug" ]
  recipe.gone: [ legacy.Mailer ]
services:
  audit.Log: { tags: [ { name: event_listener, event: recipe.created, labels: [ pii ] }, { name: event_listener, list: http.middleware, priority: first } ] }
  metrics.Counter: { tags: [ { name: event_listener, list: http.middleware, priority: first }, { name: event_listener, event: recipe.created, after: [ "@index", "?legacy.Mailer" ] } ] }
  recipes.Validator: { tags: [ { name: event_listener, event: recipe.created, labels: [ validate ] } ] }
  orders.Validator: { tags: [ { name: event_listener, event: recipe.created, labels: [ validate, pii ] } ] }
  search.Indexer: { tags: [ { name: event_listener, event: recipe.created, labels: [ index ] } ] }
  suggest.Indexer: { tags: [ { name: event_listener, event: recipe.created, labels: [ index, slow ] } ] }
  notify.Mailer: { tags: [ { name: event_listener, event: recipe.created, labels: [ slow, pii ] } ] }
  cache.Purge: { tags: [ { name: event_listener, event: recipe.created, priority: 5, before: [ "@slow", "@pii" ] } ] }
  legacy.Mailer: { tags: [ { name: event_listener, event: recipe.created }, { name: event_listener, event: recipe.gone } ] }
  debug.Dump: { tags: [ { name: event_listener, list: http.middleware, labels: [ debug ] } ] }
`

func report(t *testing.T, content string) inspect.Report {
	t.Helper()
	report, err := inspect.OfFile("services.yaml", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestFormats(t *testing.T) {
	long := strings.Replace(hostile, "back", strings.Repeat("long", 125), -1)
	for name, content := range map[string]string{"recipes": services, "hostile": hostile, "long": long, "empty": "services: ~", "grouped": grouped} {
		for _, format := range formats() {
			t.Run(name+"/"+string(format), func(t *testing.T) {
				var got bytes.Buffer
				if err := report(t, content).Write(&got, format); err != nil {
					t.Fatal(err)
				}
				checkWellFormed(t, format, got.Bytes())
				golden.Check(t, fmt.Sprintf("testdata/%s.%s", name, format), got.Bytes())
			})
		}
	}
}

func checkWellFormed(t *testing.T, format inspect.Format, data []byte) {
	t.Helper()
	switch format {
	case inspect.JSON:
		if !json.Valid(data) {
			t.Error("no JSON")
		}
	case inspect.SVG:
		decoder := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	if bytes.Contains(data, []byte("<script")) && format == inspect.SVG {
		t.Error("a name came through as markup")
	}
}

func TestUnknownFormat(t *testing.T) {
	err := inspect.Report{}.Write(io.Discard, "yaml")
	var problem *inspect.FormatError
	if !errors.As(err, &problem) || err.Error() != `unknown format "yaml": write one of text, ansi, json, markdown, mermaid, dot, svg` {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

var errFull = errors.New("disk full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsComeBack(t *testing.T) {
	for _, format := range formats() {
		if err := report(t, services).Write(failing{}, format); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestOfProvider(t *testing.T) {
	type change interface{ changed() }
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[int]("b", func(int) {}, `after:"a" before:"?nobody"`), rollcall.NewListener[int]("a", func(int) {}),
		rollcall.NewListener[any]("all", func(any) {}, `event:"number.added" priority:"last"`),
		rollcall.NewListener[change]("changes", func(change) {}, `before:"?a"`),
		rollcall.NewListener[any]("typo", func(any) {}, `event:"number.aded"`),
	}, []rollcall.Declaration{rollcall.Declare[int]("number.added"), rollcall.Declare[string]("")})
	if err != nil {
		t.Fatal(err)
	}
	r := inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("numbers", "event_listener", p, nil)}}
	for i, e := range r.Providers[0].Events {
		for j := range e.Listeners {
			r.Providers[0].Events[i].Listeners[j].Source = ""
		}
	}
	var got strings.Builder
	if err := r.Write(&got, inspect.Text); err != nil {
		t.Fatal(err)
	}
	want := `numbers (event_listener)
  number.added  int
    1  a    priority 0 (default)
    2  b    right after a
       - before ?nobody has no effect: no listener has that ID
    3  all  last
  string
    nobody listens
  number.aded
    nobody declares this event
    1  typo  priority 0 (default)
  inspect_test.change  github.com/rollcall-go/rollcall/inspect_test.change
    nobody declares this event
    1  changes  priority 0 (default)
       - before ?a has no effect: a does not listen to this event
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
	if u := r.Providers[0].Unheard(); len(u) != 1 || u[0].Event != "string" {
		t.Errorf("unheard: %v", u)
	}
	if u := r.Providers[0].Undeclared(); len(u) != 2 || u[0].Event != "number.aded" {
		t.Errorf("undeclared: %v", u)
	}
}

// What an application decides is in the report of its provider.
func TestOfProviderWithRules(t *testing.T) {
	entry := func(target, source string) ordering.Entry {
		return ordering.Entry{Target: ordering.Target{ID: target}, Source: source}
	}
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[int]("late.A", func(int) {}, `labels:"late" priority:"last"`),
		rollcall.NewListener[int]("c.C", func(int) {}, `after:"?@debug" priority:"last"`),
		rollcall.NewListener[int]("b.B", func(int) {}, `before:"?debug.Dump"`),
		rollcall.NewListener[int]("debug.Dump", func(int) {}, `labels:"debug"`),
		rollcall.NewListener[string]("debug.Dump", func(string) {}, `labels:"debug"`),
		rollcall.NewListener[int]("late.B", func(int) {}, `labels:"late"`),
	}, []rollcall.Declaration{rollcall.Declare[int]("number.added"), rollcall.Declare[string]("text.added")}, ordering.Rules{
		Sequences: []ordering.Sequence{
			{Events: []string{"number.added"}, Entries: []ordering.Entry{entry("b.B", "fx.go:7"), entry("@late", "fx.go:7")}},
			{Entries: []ordering.Entry{entry("b.B", ""), entry("c.C", ""), {Target: ordering.Target{ID: "x", Optional: true}}}},
		},
		Off: []ordering.Off{{Entry: entry("@debug", "fx.go:9")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := inspect.OfProvider("numbers", "t", p, nil)
	number := got.Events[0]
	if diff := cmp.Diff([][]inspect.Entry{{{Target: "b.B", Source: "fx.go:7"}, {Target: "@late", Source: "fx.go:7"}}, {{Target: "b.B"}, {Target: "c.C"}}}, number.Sequences); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"late.A and c.C both ask to be last: the one declared last runs last"}, number.Notes); diff != "" {
		t.Error(diff)
	}
	var whys []string
	for _, l := range number.Listeners {
		for _, n := range l.NoEffect {
			whys = append(whys, n.Hint+": "+n.Why)
		}
	}
	if diff := cmp.Diff([]string{"before ?debug.Dump: debug.Dump is off (fx.go:9, @debug)", "after ?@debug: the listeners that have that label are off (fx.go:9, @debug)"}, whys); diff != "" {
		t.Error(diff)
	}
	r := inspect.Report{Providers: []inspect.Provider{got}}
	var text strings.Builder
	if err := r.Explain(&text, "string", "debug.Dump"); err != nil || !strings.HasPrefix(text.String(), "debug.Dump is off on text.added (fx.go:9, @debug).\n") {
		t.Errorf("%v: %s", err, text.String())
	}
	if err := r.Explain(&text, "number.added", "late.A"); err != nil || !strings.Contains(text.String(), "A sequence at fx.go:7 puts it after b.B, number 1, as one of @late.") {
		t.Errorf("%v: %s", err, text.String())
	}
}

// A listener of an interface says so.
func TestHears(t *testing.T) {
	p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[error]("a", func(error) {})},
		[]rollcall.Declaration{rollcall.Declare[*inspect.FormatError]("failed")})
	if err != nil {
		t.Fatal(err)
	}
	if got := inspect.OfProvider("x", "y", p, nil).Events[0].Listeners[0].Hears; got != "error" {
		t.Errorf("it hears %q", got)
	}
}

// A report is plain data. Its JSON reads back as an equal report and follows the schema.
func TestJSON(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	everything := inspect.Report{Warnings: []string{"no Receive takes key mail"}, Providers: []inspect.Provider{{ID: "p", ListenerTag: "t",
		Off: []inspect.Off{{Event: "e", Listener: "m", By: "s.yaml:9, @debug", Source: "b/m.go:4"}}, Events: []inspect.Event{
			{Event: "l", List: true, Listeners: []inspect.Listener{}},
			{Event: "e", Type: "*a/b.E", Source: "b/e.go:1", Undeclared: true, Notes: []string{"a.X and b.Y both ask to be last: the one declared last runs last"},
				Sequences: [][]inspect.Entry{{{Target: "l", Source: "s.yaml:1"}, {Target: "@late"}}}, Listeners: []inspect.Listener{{
					ID: "l", Reason: "last", Source: "b/l.go:2", Hears: "error", Placement: inspect.Placement{Priority: "last", Labels: []string{"late"}, Before: []string{"?x"}, After: []string{"y"}, Source: "s.yaml:3"},
					Overridden: &inspect.Placement{Priority: "7"}, NoEffect: []inspect.NoEffect{{Hint: "before ?x", Why: "no listener has that ID"}},
				}}}}}}}
	for name, r := range map[string]inspect.Report{"services": report(t, services), "hostile": report(t, hostile), "grouped": report(t, grouped), "everything": everything} {
		var written bytes.Buffer
		if err := r.Write(&written, inspect.JSON); err != nil {
			t.Fatal(err)
		}
		var read inspect.Report
		if err := json.Unmarshal(written.Bytes(), &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, read); diff != "" {
			t.Errorf("%s comes back as another: %s", name, diff)
		}
		instance, err := jsonschema.UnmarshalJSON(&written)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"providers":[{"id":"p","listener_tag":"t","events":[{"event":"e","listener":[]}]}]}`))
	if schema.Validate(bad) == nil {
		t.Error("the schema takes anything")
	}
}

// Several that ask to be first or last are noted if only declared order decides between
// different packages.
func TestNotes(t *testing.T) {
	for _, tt := range []struct{ services, want string }{
		{"b.B first; a.A first", "a.A and b.B both ask to be first: the one declared last runs first"},
		{"b.B last; a.A last; a.C last", "b.B, a.A and a.C all ask to be last: the one declared last runs last"},
		{"a.A first; b.B first; c.C first; d.D first; e.E first", "e.E, d.D, c.C and 2 more all ask to be first: the one declared last runs first"},
		{"b.B first; x.X, after: b.B; a.A first", "a.A and b.B both ask to be first: the one declared last runs first"},
		{"x/a.A first; y/a.A first", "y/a.A and x/a.A both ask to be first: the one declared last runs first"},
		{"a.A[x/b.T] first; a.B first", ""},
		{"one first; other first", ""},
		{"a.A 1; b.B 1", ""},
		{"a.A first, before: b.B; b.B first", ""},
		{"a.A first; b.B last", ""},
	} {
		var file strings.Builder
		file.WriteString("services:\n")
		for service := range strings.SplitSeq(tt.services, "; ") {
			head, hints, _ := strings.Cut(service, ",")
			id, priority, _ := strings.Cut(head, " ")
			fmt.Fprintf(&file, "  %q: { tags: [ { name: event_listener, event: E", id)
			if priority != "" {
				fmt.Fprint(&file, ", priority: ", priority)
			}
			if hints != "" {
				fmt.Fprint(&file, ",", hints)
			}
			file.WriteString(" } ] }\n")
		}
		if got := strings.Join(report(t, file.String()).Providers[0].Events[0].Notes, "; "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.services, got, tt.want)
		}
	}
}

// A list without contributions says so.
func TestEmptyList(t *testing.T) {
	r := inspect.Report{Providers: []inspect.Provider{{ID: "p", ListenerTag: "t", Events: []inspect.Event{{Event: "http.middleware", List: true}}}}}
	for format, want := range map[inspect.Format]string{
		inspect.Text:     "  list http.middleware\n    nobody contributes\n",
		inspect.Markdown: "### list http.middleware\n\nNobody contributes.\n",
		inspect.SVG:      ">nobody contributes</text>",
	} {
		var got strings.Builder
		if err := r.Write(&got, format); err != nil || !strings.Contains(got.String(), want) {
			t.Errorf("%s: %v, %s", format, err, got.String())
		}
	}
}

// Warnings follow the events.
func TestWarnings(t *testing.T) {
	r := inspect.Report{Providers: []inspect.Provider{{ID: "p", ListenerTag: "t"}}, Warnings: []string{"no Receive takes key mail", "two\nlines"}}
	for format, want := range map[inspect.Format]string{
		inspect.Text:     "p (t)\n\nwarning: no Receive takes key mail\nwarning: two\uFFFDlines\n",
		inspect.Markdown: "## p (t)\n\n## Warnings\n\n- no Receive takes key mail\n- two\uFFFDlines\n",
	} {
		var got strings.Builder
		if err := r.Write(&got, format); err != nil || got.String() != want {
			t.Errorf("%s: got %q, %v", format, got.String(), err)
		}
	}
}

// Declared order is the order of the services, even if one takes the tags of another.
// Here it is x d c, and the hint moves d.
func TestNoEffectBesideAliases(t *testing.T) {
	r := report(t, `
services:
  x: { tags: &t [ { name: event_listener, event: E, priority: 5 } ] }
  d: { tags: [ { name: event_listener, event: E, priority: 5, after: c } ] }
  c: { tags: *t }
`)
	var ids []string
	for _, l := range r.Providers[0].Events[0].Listeners {
		ids = append(ids, l.ID)
		if len(l.NoEffect) > 0 {
			t.Errorf("%s: %+v", l.ID, l.NoEffect)
		}
	}
	if diff := cmp.Diff([]string{"x", "c", "d"}, ids); diff != "" {
		t.Error(diff)
	}
}

// Without the hints that are reported as having no effect, the order is the same.
func TestNoEffectIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := randomItems(t)
		orders, err := ordering.Sort(items)
		if err != nil {
			t.Skip("no order")
		}
		all := slices.Clone(items)
		for _, n := range noEffects(t, items) {
			all[n.item].Placement = dropped(all[n.item].Placement, n.hint)
			without := slices.Clone(items)
			without[n.item].Placement = dropped(without[n.item].Placement, n.hint)
			again, err := ordering.Sort(without)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := ids(without, again), ids(items, orders); !slices.Equal(got, want) {
				t.Fatalf("%v:\nwithout %s of %s (%s)\n%v becomes\n%v", placements(items), n.hint, items[n.item].ID, n.why, want, got)
			}
		}
		again, err := ordering.Sort(all)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := ids(all, again), ids(items, orders); !slices.Equal(got, want) {
			t.Fatalf("%v:\nwithout all of them\n%v becomes\n%v", placements(items), want, got)
		}
	})
}

// formats are those that an error lists.
func formats() []inspect.Format {
	var unknown *inspect.FormatError
	_ = errors.As(inspect.Report{}.Write(io.Discard, "?"), &unknown)
	return unknown.Known
}

// Any provider that lists its events has a report, as it is now.
func TestOfProviderThatChanges(t *testing.T) {
	m := &provider.Mutable{}
	for _, add := range []func() (func(), error){
		func() (func(), error) { return m.Append(rollcall.NewListener[int]("appended", func(int) {})) },
		func() (func(), error) { return m.Add(rollcall.NewListener[int]("b", func(int) {})) },
		func() (func(), error) { return m.Add(rollcall.NewListener[int]("a", func(int) {}, `before:"b"`)) },
	} {
		if _, err := add(); err != nil {
			t.Fatal(err)
		}
	}
	fixed, err := provider.Build([]rollcall.Listener{rollcall.NewListener[int]("c", func(int) {})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		p    interface{ Events() []provider.EventOrder }
		want []string
	}{
		{m, []string{"a: right before b", "b: priority 0 (default)", "appended: in the provider's own order"}},
		{provider.NewChain(fixed, m), []string{"c: priority 0 (default)", "a: right before b", "b: priority 0 (default)", "appended: in the provider's own order"}},
	} {
		var got []string
		for _, e := range inspect.OfProvider("numbers", "", tt.p, nil).Events {
			for _, l := range e.Listeners {
				got = append(got, l.ID+": "+l.Reason)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%T: %s", tt.p, diff)
		}
	}
}

// A provider that may change is explained like one that may not.
func TestReportOfAMutableIsThatOfASorted(t *testing.T) {
	var m provider.Mutable
	var all []rollcall.Listener
	for id, tag := range []tags.Tag{`priority:"first"`, `after:"0" priority:"last"`, `after:"0"`, `before:"2" priority:"5" after:"?none"`} {
		l := rollcall.NewListener[int](fmt.Sprint(id), func(int) {}, tag)
		all = append(all, l)
		if _, err := m.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	fixed, err := provider.Build(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := inspect.OfProvider("numbers", "", fixed, nil)
	if diff := cmp.Diff(want, inspect.OfProvider("numbers", "", &m, nil)); diff != "" {
		t.Error(diff)
	}
	if len(want.Events[0].Listeners[3].NoEffect) == 0 {
		t.Error("every hint has an effect")
	}
}
