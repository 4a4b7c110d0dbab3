package orderfile

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// labels reads a label or a list of labels.
func (p *parser) labels(id string, f field) []string {
	what := "labels of listener " + id
	var labels []string
	p.eachText(f.value, what, func(label string, n *yaml.Node) {
		problem := listenerid.LabelProblem(label)
		if strings.HasPrefix(label, "@") {
			problem = "write it without the @, which stands before labels in targets"
		}
		if problem != "" {
			p.fail(KindSyntax, position(n), "%s, %q: %s", what, label, problem)
			return
		}
		labels = append(labels, label)
	})
	return labels
}

// rules reads sequence or off: for each event or list, a list of targets.
func (p *parser) rules(f field) []Rule {
	var rules []Rule
	for _, of := range p.fields(f.value, f.name) {
		if of.name == "" {
			p.fail(KindSyntax, position(of.key), "%s has an empty key: write an event, a list, or \"*\" for all", f.name)
			continue
		}
		r := Rule{Event: of.name, Position: position(of.key)}
		p.eachTarget(of.value, f.name+" of "+of.name, func(t ordering.Target, at Position) {
			r.Entries = append(r.Entries, Entry{ordering.Entry{Target: t, Source: p.file.source(at)}, at})
		})
		rules = append(rules, r)
	}
	return rules
}

// ties reads which events and lists have ties that are meant.
func (p *parser) ties(f field) {
	for _, of := range p.fields(f.value, f.name) {
		if text, ok := p.textOrNot(of.value, "ties of "+of.name); ok && text != "declared" {
			p.fail(KindSyntax, position(of.value), "ties of %s must be declared, not %s", of.name, text)
			continue
		}
		p.file.Ties = append(p.file.Ties, Tie{of.name, position(of.key)})
	}
}

// Rules returns what the file decides, for the events as it names them.
func (f *File) Rules() ordering.Rules {
	var r ordering.Rules
	for _, q := range f.Sequences {
		r.Sequences = append(r.Sequences, ordering.Sequence{Events: q.events(), Entries: q.entries()})
	}
	for _, off := range f.Off {
		for _, e := range off.Entries {
			r.Off = append(r.Off, ordering.Off{Events: off.events(), Entry: e.Entry})
		}
	}
	return r
}

// events returns the events that a rule is for; none means all.
func (r Rule) events() []string {
	if r.Event == Every {
		return nil
	}
	return []string{r.Event}
}

func (r Rule) entries() []ordering.Entry {
	entries := make([]ordering.Entry, len(r.Entries))
	for i, e := range r.Entries {
		entries[i] = e.Entry
	}
	return entries
}

// entryPosition returns the position of the entry that is written at source and names
// target, or else of the first one there.
func (f *File) entryPosition(kind ordering.RuleKind, source, target string) Position {
	rules := f.Sequences
	if kind == ordering.InOff {
		rules = f.Off
	}
	var first Position
	for _, r := range rules {
		for _, e := range r.Entries {
			switch {
			case e.Source != source:
			case e.ID == target:
				return e.Position
			case first == Position{}:
				first = e.Position
			}
		}
	}
	return first
}

// forgiving returns rules whose entries may be absent.
func forgiving(r ordering.Rules) ordering.Rules {
	for _, q := range r.Sequences {
		for i := range q.Entries {
			q.Entries[i].Optional = true
		}
	}
	for i := range r.Off {
		r.Off[i].Optional = true
	}
	return r
}

func (l Listener) item() ordering.Item {
	return ordering.Item{ID: l.ID, Event: l.Event, Placement: l.Placement, Source: l.Placement.Source}
}

// checkRules finds entries that no listener of the file has, of any provider. A file
// without listeners is for those of the application, which it does not know.
func (f *File) checkRules() []*Error {
	if len(f.Listeners) == 0 {
		return nil
	}
	items := make([]ordering.Item, len(f.Listeners))
	heard := map[string]bool{}
	for i, l := range f.Listeners {
		items[i] = l.item()
		heard[l.Event] = true
	}
	_, err := ordering.NewSet(items, nil, f.Rules())
	var problems []*Error
	for _, e := range errlist.Leaves(err) {
		if isOfRule(e) {
			problems = append(problems, f.located(e, nil)...)
		}
	}
	return append(problems, f.unknownEvents(heard)...)
}

func isOfRule(err error) bool {
	switch e := err.(type) {
	case *ordering.UnknownTargetError:
		return e.Rule != ""
	case *ordering.NotListeningError:
		return e.Rule != ""
	}
	return false
}

// unknownEvents reports rules for events and lists that no listener of the file has. An
// entry that must be there is reported instead of its event.
func (f *File) unknownEvents(heard map[string]bool) []*Error {
	var problems []*Error
	known := slices.Sorted(maps.Keys(heard))
	fail := func(event string, at Position) {
		if event != Every && !heard[event] {
			problems = append(problems, &Error{Kind: KindUnknownEvent, File: f.Name, Position: at,
				Message: cut("no listener of the file has the event or list " + event + suggest.Correction(event, known))})
		}
	}
	isNeeded := func(e Entry) bool { return !e.Optional }
	for _, r := range slices.Concat(f.Sequences, f.Off) {
		if !slices.ContainsFunc(r.Entries, isNeeded) {
			fail(r.Event, r.Position)
		}
	}
	for _, t := range f.Ties {
		fail(t.Event, t.Position)
	}
	return problems
}

// namesakes reports events that have the name of a list.
func (p *parser) namesakes() {
	lists := map[string]Listener{}
	for _, l := range p.file.Listeners {
		if _, known := lists[l.Event]; l.List && !known {
			lists[l.Event] = l
		}
	}
	told := map[string]bool{}
	for _, l := range p.file.Listeners {
		if list, same := lists[l.Event]; same && !l.List && !told[l.Event] {
			told[l.Event] = true
			p.fail(KindDuplicate, l.EventPosition, "%s is an event here, and a list at %s: an event and a list can't have one name",
				l.Event, p.file.source(list.EventPosition))
		}
	}
}
