package tags_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

var comparePriorities = cmp.Comparer(func(a, b ordering.Priority) bool { return a == b })

type created struct{}

func TestParse(t *testing.T) {
	target := func(id string) ordering.Target { return ordering.Target{ID: id} }
	optional := func(id string) ordering.Target { return ordering.Target{ID: id, Optional: true} }
	for _, tt := range []struct {
		tag  tags.Tag
		want tags.Fields
	}{
		{"", tags.Fields{}},
		{"  ", tags.Fields{}},
		{`event:"recipe.created"`, tags.Fields{Event: "recipe.created"}},
		{`event:"e" id:"i" method:"m" group:"g"`, tags.Fields{Event: "e", ID: "i", Method: "m", Group: "g"}},
		{`async:"mail" priority:"1"`, tags.Fields{Async: "mail", Placement: ordering.Placement{Priority: ordering.At(1)}}},
		{`priority:"first"`, tags.Fields{Placement: ordering.Placement{Priority: ordering.First()}}},
		{`priority:"-10"`, tags.Fields{Placement: ordering.Placement{Priority: ordering.At(-10)}}},
		{`before:"a, ?b" after:"c"`, tags.Fields{Placement: ordering.Placement{
			Before: []ordering.Target{target("a"), optional("b")}, After: []ordering.Target{target("c")}}}},
		{`event:"Acme\\MyApp\\EventA"`, tags.Fields{Event: `Acme\MyApp\EventA`}},
		{"event:`raw`\n\tid:\"x\"", tags.Fields{Event: "raw", ID: "x"}},
	} {
		got, err := tags.Parse(tt.tag)
		if err != nil {
			t.Errorf("%s: %v", tt.tag, err)
		}
		if diff := cmp.Diff(tt.want, got, comparePriorities); diff != "" {
			t.Errorf("%s: %s", tt.tag, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	const all = "The keys are event, id, method, group, priority, labels, before, after, async"
	for _, tt := range []struct{ tag, want string }{
		{`evnt:"x"`, `column 1: unknown key "evnt", did you mean event? ` + all},
		{`ID:"x"`, `column 1: unknown key "ID", did you mean id? ` + all},
		{`methd:"x"`, `column 1: unknown key "methd", did you mean method? ` + all},
		{`gruop:"x"`, `column 1: unknown key "gruop", did you mean group? ` + all},
		{`event:"x" prioritty:"1"`, `column 11: unknown key "prioritty", did you mean priority? ` + all},
		{`befor:"x"`, `column 1: unknown key "befor", did you mean before? ` + all},
		{`afetr:"x"`, `column 1: unknown key "afetr", did you mean after? ` + all},
		{`id:"x" id:"y"`, `column 8: key id appears twice: drop one`},
		{`after:"x" after:"y"`, `column 11: key after appears twice: write its values as one list`},
		{`group:"a,b"`, `column 7: a group must not hold a comma or a backquote, or have spaces around it: "a,b"`},
		{`group:" a"`, `column 7: a group must not hold a comma or a backquote, or have spaces around it: " a"`},
		{`priority:"high"`, `column 10: invalid priority "high": write first, last or a whole number`},
		{`priority:"3.5"`, `column 10: invalid priority "3.5": write first, last or a whole number`},
		{`event:""`, `column 7: key event has no value: write one or drop the key`},
		{`before:"a,,b"`, `column 8: empty target "": write the ID of a listener`},
		{`after:"?"`, `column 7: empty target "?": write the ID of a listener`},
		{`after:"??a"`, `column 7: an ID must not begin with a question mark: "?a"`},
		{`id:"a,b"`, `column 4: an ID must not hold a comma: "a,b"`},
		{`id:" a"`, `column 4: an ID must not have spaces around it: " a"`},
		{`recipe.created`, `column 1: "recipe.created" is not a key:"value" pair: write one, such as priority:"first"`},
		{`event: "x"`, `column 7: drop the space before the value of event`},
		{`event:"x`, `column 7: the value of event must be enclosed in double quotes: write key:"value"`},
		{`event:'x'`, `column 7: the value of event must be enclosed in double quotes: write key:"value"`},
		{`event:"x"id:"y"`, `column 10: a space is missing after the value of event`},
		{`after:"a", priority:"first"`, `column 10: spaces separate the pairs: write one instead of the comma after the value of after`},
		{`:"x"`, `column 1: ":\"x\"" is not a key:"value" pair: write one, such as priority:"first"`},
	} {
		_, err := tags.Parse(tags.Tag(tt.tag))
		var problem *tags.Error
		if !errors.As(err, &problem) {
			t.Errorf("%s: %v", tt.tag, err)
			continue
		}
		if want := "tag `" + tt.tag + "`, " + tt.want; err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestParseReportsAllProblems(t *testing.T) {
	_, err := tags.Parse(`evnt:"x" priority:"high" id:"a" id:"b"`)
	if n := len(err.(interface{ Unwrap() []error }).Unwrap()); n != 3 {
		t.Errorf("%d problems: %v", n, err)
	}
}

func TestBuilders(t *testing.T) {
	for _, tt := range []struct{ got, want tags.Tag }{
		{tags.On[*created](tags.First, tags.Before("audit.log")),
			`event:"*github.com/rollcall-go/rollcall/tags_test.created" priority:"first" before:"audit.log"`},
		{tags.OnName("recipe.created", tags.Last, tags.ID("x"), tags.Method("On"), tags.Group("g"), tags.Async("mail")),
			`event:"recipe.created" priority:"last" id:"x" method:"On" group:"g" async:"mail"`},
		{tags.Place(tags.Priority(-3), tags.After("a", "?b")), `priority:"-3" after:"a,?b"`},
		{tags.Place(), ``},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
		if _, err := tags.Parse(tt.got); err != nil {
			t.Error(err)
		}
	}
}

// Whatever Parse reads, it reads again from its own text.
func FuzzRoundTrip(f *testing.F) {
	f.Add(`event:"recipe.created" id:"x" method:"On" group:"g" priority:"first" before:"a,?b" after:"c"`)
	f.Add(`priority:"-3" async:"mail"`)
	f.Add("event:\"\\xff\" id:`raw`")
	f.Add(`before:"a,,b"`)
	f.Fuzz(func(t *testing.T, text string) {
		fields, err := tags.Parse(tags.Tag(text))
		if err != nil {
			return
		}
		again, err := tags.Parse(tags.Tag(fields.String()))
		if err != nil {
			t.Fatalf("%q became %q: %v", text, fields, err)
		}
		if diff := cmp.Diff(fields, again, comparePriorities); diff != "" {
			t.Fatalf("%q became %q: %s", text, fields, diff)
		}
	})
}
