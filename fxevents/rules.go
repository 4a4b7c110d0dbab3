package fxevents

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// Sequence says in which order the listeners of an event run: all that a later entry means
// run after all that an earlier one means. The event is named as in a tag, and "*" stands
// for every event and list. An entry is an ID, or "@" and a label, with "?" before it if it
// may be absent. Listeners that no entry means keep their places. It means the same as
// this in an order file:
//
//	sequence:
//	  recipe.created: [ audit.Log, "@validate", search.Indexer ]
//
// Several sequences add up. One that contradicts a hint of a listener is an error, and so is
// an entry that nothing in the application has.
func Sequence(event string, entries ...string) Option {
	return ruleOption("fxevents.Sequence", callsite.Caller(0), event, entries, func(s *settings, r rule) { s.sequences = append(s.sequences, r) })
}

// Off switches listeners of an event off, by ID, or by "@" and a label. The event is named
// as in a tag, and "*" stands for every event and list. The listeners leave the event
// before it is sorted, and hints that name them have no effect. Their constructors still
// run. It means the same as this in an order file:
//
//	off:
//	  recipe.created: [ legacy.Mailer ]
//
// An entry that nothing in the application has is an error, unless "?" stands before it.
func Off(event string, entries ...string) Option {
	return ruleOption("fxevents.Off", callsite.Caller(0), event, entries, func(s *settings, r rule) { s.off = append(s.off, r) })
}

func ruleOption(name, at, event string, texts []string, add func(*settings, rule)) Option {
	return optionFunc(func(s *settings) {
		r := rule{event: event, what: name + " at " + at}
		fail := func(format string, args ...any) {
			s.problems = append(s.problems, fmt.Errorf("%s: "+format, append([]any{r.what}, args...)...))
		}
		if event == "" {
			fail(`it names no event: write an event, a list, or "*" for all`)
			return
		}
		for _, text := range texts {
			target, err := ordering.ParseTarget(text)
			if err == nil {
				err = listenerid.CheckTarget(target.ID)
			}
			if err != nil {
				fail("%w", err)
				continue
			}
			r.entries = append(r.entries, ordering.Entry{Target: target, Source: at})
		}
		add(s, r)
	})
}

// rule is a sequence, or what is off, for one event or list.
type rule struct {
	event    string // orderfile.Every for all
	entries  []ordering.Entry
	what     string // the call, such as "fxevents.Off at main.go:12"; "" for one of a file
	file     string
	position orderfile.Position
}

// fail returns a problem with the event of the rule.
func (r rule) fail(format string, args ...any) error {
	if r.what != "" {
		return fmt.Errorf("%s: "+format, append([]any{r.what}, args...)...)
	}
	return &orderfile.Error{Kind: orderfile.KindUnknownEvent, File: r.file, Position: r.position, Message: fmt.Sprintf(format, args...)}
}

// rulesOf returns the rules of a file.
func rulesOf(file *orderfile.File, of []orderfile.Rule) []rule {
	var rules []rule
	for _, r := range of {
		x := rule{event: r.Event, file: file.Name, position: r.Position}
		for _, e := range r.Entries {
			x.entries = append(x.entries, e.Entry)
		}
		rules = append(rules, x)
	}
	return rules
}

// scope is what rules may name in one provider.
type scope struct {
	targets map[string]bool // IDs, and "@" with labels
	events  []event.Key     // of the listeners
}

func scopeOf(listeners []rollcall.Listener) scope {
	s := scope{targets: map[string]bool{}}
	seen := map[event.Key]bool{}
	for i := range listeners {
		l := &listeners[i]
		s.targets[l.ID] = true
		for _, label := range l.Placement.Labels {
			s.targets["@"+label] = true
		}
		if !seen[l.Event] {
			seen[l.Event] = true
			s.events = append(s.events, l.Event)
		}
	}
	return s
}

// decisions resolves the application's rules.
type decisions struct {
	catalog  catalog
	scopes   []scope // of the providers
	lost     bool    // a listener is missing because of a problem
	problems []error
}

// decide returns the rules for each provider.
func (a *Assembly) decide(groups []group, c catalog) ([]ordering.Rules, error) {
	rules := make([]ordering.Rules, len(groups))
	sequences, off := a.ownRules()
	if len(sequences)+len(off) == 0 && !a.acceptsTies() {
		return rules, nil
	}
	d := &decisions{catalog: c, lost: a.lost}
	for _, g := range groups {
		s := scopeOf(g.listeners)
		for _, name := range g.lists {
			s.events = append(s.events, event.NameKey(name))
		}
		d.scopes = append(d.scopes, s)
	}
	for _, r := range sequences {
		d.each(ordering.InSequence, r, func(i int, events []string, entries []ordering.Entry) {
			rules[i].Sequences = append(rules[i].Sequences, ordering.Sequence{Events: events, Entries: entries})
		})
	}
	for _, r := range off {
		d.each(ordering.InOff, r, func(i int, events []string, entries []ordering.Entry) {
			for _, e := range entries {
				rules[i].Off = append(rules[i].Off, ordering.Off{Events: events, Entry: e})
			}
		})
	}
	a.accept(d)
	return rules, errors.Join(d.problems...)
}

// ownRules returns the rules of the options and of the order files that could be read.
func (a *Assembly) ownRules() (sequences, off []rule) {
	sequences, off = slices.Clone(a.settings.sequences), slices.Clone(a.settings.off)
	for _, f := range a.contents() {
		sequences = append(sequences, rulesOf(f, f.Sequences)...)
		off = append(off, rulesOf(f, f.Off)...)
	}
	return sequences, off
}

// each calls add for the rule in each provider. Only one provider checks an entry: the one
// that has it.
func (d *decisions) each(kind ordering.RuleKind, r rule, add func(provider int, events []string, entries []ordering.Entry)) {
	events, err := d.eventsOf(r)
	if err != nil {
		d.problems = append(d.problems, err)
		return
	}
	d.unknown(kind, r)
	for i := range d.scopes {
		entries := slices.Clone(r.entries)
		for n := range entries {
			entries[n].Optional = entries[n].Optional || d.lost || d.known(entries[n].ID) != i
		}
		add(i, events, entries)
	}
}

// known returns the only provider that has a target, or -1 if none or several have it.
func (d *decisions) known(target string) int {
	found := -1
	for i, s := range d.scopes {
		if s.targets[target] {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// unknown reports the entries that no provider has.
func (d *decisions) unknown(kind ordering.RuleKind, r rule) {
	for _, e := range r.entries {
		if e.Optional || d.lost || slices.ContainsFunc(d.scopes, func(s scope) bool { return s.targets[e.ID] }) {
			continue
		}
		var names []string
		for _, s := range d.scopes {
			for name := range s.targets {
				if strings.HasPrefix(name, "@") == strings.HasPrefix(e.ID, "@") {
					names = append(names, name)
				}
			}
		}
		slices.Sort(names)
		near, _ := suggest.Name(e.ID, names)
		d.problems = append(d.problems, &ordering.UnknownTargetError{Hint: ordering.Hint{Item: -1, Target: e.ID, Source: e.Source}, Rule: kind, Suggestion: near})
	}
}

// eventsOf returns the paths of the events that a rule is for, or none for all.
func (d *decisions) eventsOf(r rule) ([]string, error) {
	if r.event == orderfile.Every {
		return nil, nil
	}
	found, known := d.matches(r.event)
	if inFull := slices.Index(found, r.event); inFull >= 0 {
		found = found[inFull : inFull+1]
	}
	switch len(found) {
	case 1:
		return found, nil
	case 0:
		return nil, r.fail("the application has no event or list %s%s", r.event, suggest.Correction(r.event, known))
	}
	return nil, r.fail("event %s may be any of %s: write one of these in full", r.event, strings.Join(found, ", "))
}

// matches returns the events that a text means, each once, and the texts of all events. An
// event that is declared with a name counts once for its type and its name.
func (d *decisions) matches(text string) (found, known []string) {
	add := func(k event.Key) {
		path := k.Path()
		if e, ok := d.catalog.Declared(k); ok && e.Name != "" {
			path = e.Name
		}
		if !slices.Contains(known, path) {
			known = append(known, path)
			if d.catalog.Means(text, k) {
				found = append(found, path)
			}
		}
	}
	for _, e := range d.catalog.Events() {
		add(e.Key)
	}
	for _, s := range d.scopes {
		for _, k := range s.events {
			add(k)
		}
	}
	return found, known
}

// isOff returns a function that reports whether the rules switch off a listener of its own
// event.
func isOff(rules ordering.Rules, c catalog) func(*rollcall.Listener) bool {
	return func(l *rollcall.Listener) bool {
		return slices.ContainsFunc(rules.Off, func(off ordering.Off) bool {
			label, isLabel := off.Label()
			means := off.ID == l.ID || isLabel && slices.Contains(l.Placement.Labels, label)
			return means && (len(off.Events) == 0 || slices.ContainsFunc(off.Events, func(text string) bool { return c.Means(text, l.Event) }))
		})
	}
}

// abandoned returns a warning for each receiver key of an event whose last listener is
// off.
func abandoned(all []built) []error {
	var warnings []error
	for _, p := range all {
		for _, e := range p.Events() {
			for _, x := range e.Off {
				key := x.Listener.Async
				if key == "" || slices.Contains(e.Listeners.Keys(), key) {
					continue
				}
				warnings = append(warnings, fmt.Errorf("%s is off (%s), and was the last listener of receiver key %s on %s: "+
					"what the broker keeps for that key stays, and grows if another process still publishes it: delete the key's queue or consumer at the broker if nobody needs it",
					callsite.Named(x.Listener.ID, x.Listener.Source), x.By.Source, key, e.Title))
			}
		}
	}
	return warnings
}
