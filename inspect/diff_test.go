package inspect_test

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/provider"
)

func ordered(ids ...string) inspect.Report {
	var listeners []inspect.Listener
	for _, id := range ids {
		listeners = append(listeners, inspect.Listener{ID: id, Reason: "first"})
	}
	return inspect.Report{Providers: []inspect.Provider{{ID: "p", ListenerTag: "t", Events: []inspect.Event{{Event: "E", Listeners: listeners}}}}}
}

// As few listeners as possible count as moved: those outside of a longest
// common subsequence.
func TestDiffIsMinimal(t *testing.T) {
	check := func(t *rapid.T, old, new []string) {
		moved := 0
		for _, e := range inspect.Compare(ordered(old...), ordered(new...)).Events {
			for _, c := range e.Changes {
				if c.Kind == "moved" {
					moved++
				}
			}
		}
		both := 0
		for _, id := range new {
			if strings.Contains(strings.Join(old, ""), id) {
				both++
			}
		}
		if want := both - common(old, new); moved != want {
			t.Fatalf("from %v to %v: %d moved, %d had to", old, new, moved, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.Permutation(strings.Split("abcdefgh", ""))
		n := rapid.IntRange(0, 8)
		check(t, letters.Draw(t, "old")[:n.Draw(t, "of the old")], letters.Draw(t, "new")[:n.Draw(t, "of the new")])
	})
}

// common is the length of a longest common subsequence.
func common(a, b []string) int {
	switch {
	case len(a) == 0 || len(b) == 0:
		return 0
	case a[0] == b[0]:
		return 1 + common(a[1:], b[1:])
	}
	return max(common(a[1:], b), common(a, b[1:]))
}

// The JSON of a difference follows its schema, with every kind of change.
func TestDiffJSON(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("diff.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	old, new := ordered("a", "b", "gone", "switched"), ordered("b", "a", "new", "back")
	new.Providers[0].Events[0].Listeners[0].Reason, new.Providers[0].Events[0].Listeners[1].Reason = "last", "last"
	old.Providers[0].Off = []inspect.Off{{Event: "E", Listener: "back", By: "s.yaml:1"}}
	new.Providers[0].Off = []inspect.Off{{Event: "E", Listener: "switched", By: "s.yaml:2, @x"}}
	d := inspect.Compare(old, new)
	kinds := map[string]bool{}
	for _, c := range d.Events[0].Changes {
		kinds[c.Kind] = true
	}
	if len(kinds) != 6 {
		t.Errorf("kinds: %v", kinds)
	}
	for _, d := range []inspect.Diff{d, {}} {
		var got bytes.Buffer
		if err := d.Write(&got, inspect.JSON); err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(&got)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{
		`{"events":[{"provider":"p","event":"E","changes":[{"kind":"off","listener":"a","from":1}]}]}`,
		`{"events":[{"provider":"p","event":"E","changes":[{"kind":"added","listener":"a","to":1,"by":"s.yaml:2"}]}]}`,
	} {
		instance, _ := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if schema.Validate(instance) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}

func TestDiffText(t *testing.T) {
	old, new := ordered("a", "b", "c", "d"), ordered("b", "c", "d", "a")
	new.Providers[0].Events[0].Listeners[0].Reason = "last"
	for format, want := range map[inspect.Format]string{
		inspect.Text: "p: E\n     2 → 1  b  kept: last; it was: first\n     1 → 4  a  moved: first\n",
		inspect.ANSI: "\x1b[1mp: E\x1b[0m\n     2 → 1  b  kept: last; it was: first\n     1 → 4  a  moved: first\n",
	} {
		var got bytes.Buffer
		if err := inspect.Compare(old, new).Write(&got, format); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Error(diff)
		}
	}
	if err := inspect.Compare(old, new).Write(&bytes.Buffer{}, inspect.SVG); err == nil {
		t.Error("a difference has no picture")
	}
}

// Markdown has every kind of change, and no name in it is markup.
func TestDiffMarkdown(t *testing.T) {
	old, new := ordered("a", "b", "gone", "switched", "kept"), ordered("b", "a", "new|*", "back", "kept")
	new.Providers[0].Events[0].Listeners[0].Reason, new.Providers[0].Events[0].Listeners[4].Reason = "last", "<b>"
	old.Providers[0].Off = []inspect.Off{{Event: "E", Listener: "back", By: "s.yaml:1"}}
	new.Providers[0].Off = []inspect.Off{{Event: "E", Listener: "switched", By: "s.yaml:2, @x"}}
	want := `### The order changes

#### p: E

| | listener | place | reason |
|---|---|---|---|
| **moved** | b | 2 → 1 | last<br>it was: first |
| **added** | new\|\* | - → 3 | first |
| **on** | back | - → 4 | first<br>it was off: s.yaml:1 |
| **kept** | kept | 5 → 5 | &lt;b&gt;<br>it was: first |
| **removed** | gone | 3 → - |  |
| **off** | switched | 4 → - | s.yaml:2, \@x |
`
	for _, tt := range []struct {
		d    inspect.Diff
		want string
	}{{inspect.Compare(old, new), want}, {inspect.Diff{}, "### The order is the same\n"}} {
		var got strings.Builder
		if err := tt.d.Write(&got, inspect.Markdown); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// A line that is inserted above a rule changes the place of the rule, and no order.
func TestDiffIgnoresLines(t *testing.T) {
	old, new := ordered("a"), ordered("a")
	reason := &new.Providers[0].Events[0].Listeners[0].Reason
	old.Providers[0].Events[0].Listeners[0].Reason, *reason = "after b (order.yaml:3)", "after b (order.yaml:4)"
	if d := inspect.Compare(old, new); len(d.Events) > 0 {
		t.Errorf("got %+v", d)
	}
	*reason = "after b (other.yaml:3)"
	if d := inspect.Compare(old, new); len(d.Events) != 1 {
		t.Errorf("got %+v", d)
	}
}

// ambiguous has two types of one short name, and an ID that listens to an event
// by its type and by an interface.
func ambiguous(t *testing.T) inspect.Report {
	t.Helper()
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*texttemplate.Template]("text", func(*texttemplate.Template) {}),
		rollcall.NewListener[*htmltemplate.Template]("html", func(*htmltemplate.Template) {}),
		rollcall.NewListener[*inspect.FormatError]("twice", func(*inspect.FormatError) {}),
		rollcall.NewListener[error]("twice", func(error) {}, `priority:"last"`),
		rollcall.NewListener[*inspect.FormatError]("early", func(*inspect.FormatError) {}, `before:"twice"`),
	}, []rollcall.Declaration{rollcall.Declare[*inspect.FormatError]("failed"), rollcall.Declare[*texttemplate.Template](""), rollcall.Declare[*htmltemplate.Template]("")})
	if err != nil {
		t.Fatal(err)
	}
	return inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("p", "t", p, nil)}}
}

func TestAmbiguousNames(t *testing.T) {
	r := ambiguous(t)
	if d := inspect.Compare(r, r); len(d.Events) != 0 {
		t.Errorf("a report differs from itself: %+v", d)
	}
	var names []string
	for _, e := range r.Providers[0].Events {
		names = append(names, e.Event)
	}
	if diff := cmp.Diff([]string{"failed", "*template.Template", "*html/template.Template"}, names); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ event, listener, want string }{
		{"template.Template", "text", "text runs as number 1 of 1 on *template.Template"},
		{"html/template.Template", "html", "html runs as number 1 of 1 on *html/template.Template"},
		{"inspect.FormatError", "early", "before twice, number 2: holds."},
		{"*inspect.FormatError", "early", "early runs as number 1 of 3 on failed"},
		{"github.com/rollcall-go/rollcall/inspect.FormatError", "early", "early runs as number 1 of 3 on failed"},
		{"failed", "twice", "It listens to error."},
	} {
		var got strings.Builder
		if err := r.Explain(&got, tt.event, tt.listener); err != nil || !strings.Contains(got.String(), tt.want) {
			t.Errorf("explain %s %s: %v\n%swant %s", tt.event, tt.listener, err, got.String(), tt.want)
		}
	}
}

func TestExplainOverridden(t *testing.T) {
	r := ordered("a", "b")
	l := &r.Providers[0].Events[0].Listeners[1]
	l.Source, l.Placement, l.Overridden = "b/b.go:3", inspect.Placement{After: []string{"a"}, Source: "s.yaml:4"}, &inspect.Placement{Priority: "7"}
	r.Providers[0].Events[0].Listeners[0].Placement = inspect.Placement{Before: []string{"b"}, Source: "x\x1b[2J.yaml:1"}
	var got strings.Builder
	if err := r.Explain(&got, "E", "b"); err != nil {
		t.Fatal(err)
	}
	want := `b runs as number 2 of 2 on E: first.
  It is registered at b/b.go:3.
  It asks for: after a (s.yaml:4).
  In the code it asks for: priority 7; the order file replaces that.
  after a, number 1: holds.
  a asks to run before it at x�[2J.yaml:1.
  Before it: a.
  After it: nobody.
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

// No format lets through what a terminal would obey.
func TestNoFormatControlsTheTerminal(t *testing.T) {
	hostile := "x\x1b[2J\u009b31m\u0085\x7f\u2028\u202e\u2066\u200f\ufffe"
	r := ordered(hostile, "b")
	r.Providers[0].ID, r.Providers[0].ListenerTag = hostile, hostile
	e := &r.Providers[0].Events[0]
	e.Event, e.Type, e.Source, e.Notes = hostile, hostile, hostile, []string{hostile}
	e.Sequences = [][]inspect.Entry{{{Target: hostile, Source: hostile}, {Target: "@" + hostile, Source: hostile}}}
	e.Listeners[1].Placement.Labels = []string{hostile}
	r.Providers[0].Off = []inspect.Off{{Event: hostile, Listener: "off" + hostile, By: hostile, Source: hostile}, {Event: "gone" + hostile, Listener: "b", By: hostile}}
	e.Listeners[0] = inspect.Listener{ID: hostile, Reason: hostile, Source: hostile, Hears: hostile,
		Placement: inspect.Placement{After: []string{hostile}, Source: hostile}, Overridden: &inspect.Placement{Before: []string{hostile}},
		NoEffect: []inspect.NoEffect{{Hint: "after " + hostile, Why: hostile}}}
	texts := map[string]string{}
	for _, format := range formats() {
		var b strings.Builder
		if err := r.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		texts[string(format)] = b.String()
	}
	var b strings.Builder
	if err := r.Explain(&b, hostile, hostile); err != nil {
		t.Fatal(err)
	}
	if err := r.Explain(&b, hostile, "off"+hostile); err != nil {
		t.Fatal(err)
	}
	texts["explain"] = b.String()
	var sequence strings.Builder
	if err := r.WriteSequence(&sequence); err != nil {
		t.Fatal(err)
	}
	texts["sequence"] = sequence.String()
	texts["unknown"] = r.Explain(&b, hostile, "y\u009b").Error()
	var d strings.Builder
	write := func(diff inspect.Diff) {
		for _, format := range []inspect.Format{inspect.Text, inspect.Markdown} {
			if err := diff.Write(&d, format); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(inspect.Compare(ordered("b"), r))
	back := ordered("off" + hostile)
	back.Providers[0].ID, back.Providers[0].ListenerTag, back.Providers[0].Events[0].Event = hostile, hostile, hostile
	write(inspect.Compare(back, r))
	write(inspect.Compare(r, back))
	if !strings.Contains(d.String(), "off (") || !strings.Contains(d.String(), "on again") {
		t.Error(d.String())
	}
	texts["diff"] = d.String()
	for name, text := range texts {
		if name == "ansi" {
			text = strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[33m", "").Replace(text)
		}
		if name == "json" {
			continue // json.Marshal escapes what JSON forbids; it is for programs
		}
		if i := strings.IndexAny(text, "\x1b\u009b\u0085\x7f\u2028\u202e\u2066\u200f\ufffe"); i >= 0 {
			t.Errorf("%s lets %q through", name, text[i:min(len(text), i+6)])
		}
	}
}

// Tables stay aligned with letters that take two columns, or none.
func TestColumns(t *testing.T) {
	var got strings.Builder
	if err := ordered("サーバー。", "✅a", "e\u0301", "plain", "👍").Write(&got, inspect.Text); err != nil {
		t.Fatal(err)
	}
	want := "p (t)\n  E\n" +
		"    1  サーバー。  first\n    2  ✅a         first\n    3  e\u0301           first\n    4  plain       first\n    5  👍          first\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func ExampleCompare() {
	fmt.Println(len(inspect.Compare(ordered("a", "b"), ordered("b", "a")).Events[0].Changes), "listener moved")
	// Output: 1 listener moved
}
