package fxevents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// A contribution is sorted as a listener of the list's name that does nothing. The lists
// have a provider of their own, because a listener of an interface may be called for any
// event, but has nothing to do with a list. The report shows that provider and the default
// one together, and messages know the members of both.

// lists are the lists of an application.
type lists struct {
	declared []declaredList // in declared order, each name once
	members  []member       // of these lists, in declared order
	names    map[reflect.Type]string
	rules    ordering.Rules
}

// listsOf returns the lists. The error joins the problems with their names, and those of
// contributions to lists that nobody declares.
func (a *Assembly) listsOf(in parts, c catalog) (lists, error) {
	l := lists{names: map[reflect.Type]string{}, members: make([]member, 0, len(in.Members))}
	var problems []error
	first := map[string]declaredList{}
	for _, list := range sortedBy(in.Lists, func(l declaredList) int { return l.declared }) {
		l.names[list.typ] = list.name
		other, twice := first[list.name]
		err := list.check()
		switch named := eventNamed(list.name, c); {
		case err != nil:
		case twice:
			err = fmt.Errorf("the list declared at %s has that name: give each a name of its own", other.source)
		case named != "":
			err = fmt.Errorf("the event %s has that name: an event and a list can't have one name", named)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("fxevents.Ordered(%q) at %s: %w", list.name, list.source, err))
		}
		if !twice && list.name != "" {
			first[list.name] = list
			l.declared = append(l.declared, list)
		}
	}
	undeclared := map[reflect.Type][]member{}
	for _, m := range sortedBy(in.Members, func(m member) int32 { return m.core().declared }) {
		if name, declared := l.names[m.list()]; !declared {
			undeclared[m.list()] = append(undeclared[m.list()], m)
		} else if !m.core().isNil && name != "" {
			l.members = append(l.members, m)
		}
	}
	return l, errors.Join(append(problems, a.undeclaredLists(l, undeclared)...)...)
}

// eventNamed returns the declared event that a text means, with its place, or "".
func eventNamed(text string, c catalog) string {
	for _, e := range c.Events() {
		if c.Means(text, e.Key) {
			return callsite.Named(e.String(), e.Source)
		}
	}
	return ""
}

// undeclaredLists returns an error for each type to whose list something contributes, and
// which has no list.
func (a *Assembly) undeclaredLists(l lists, undeclared map[reflect.Type][]member) []error {
	all := slices.SortedFunc(maps.Values(undeclared), func(x, y []member) int {
		return cmp.Compare(x[0].core().declared, y[0].core().declared)
	})
	a.lost = a.lost || len(all) > 0
	var problems []error
	for _, of := range all {
		who := "this contributes"
		if n := len(of) - 1; n > 0 {
			who = fmt.Sprintf("this and %d more contribute", n)
		}
		t := of[0].list()
		problems = append(problems, of[0].core().by().error(fmt.Errorf("nobody declares a list of %v, to which %s: %s", t, who, l.declareIt(t))))
	}
	return problems
}

// declareIt returns the next step for a type that has no list.
func (l lists) declareIt(t reflect.Type) string {
	next := fmt.Sprintf("add fxevents.Ordered[%v](\"a.name\") to the module that defines the type", t)
	near := slices.IndexFunc(l.declared, func(d declaredList) bool { return d.typ.Kind() == t.Kind() && t.ConvertibleTo(d.typ) })
	if near < 0 {
		var types []string
		for _, d := range l.declared {
			types = append(types, bareName(d.typ))
		}
		if name, ok := suggest.Name(bareName(t), types); ok {
			near = slices.Index(types, name)
		}
	}
	if near < 0 {
		return next
	}
	return fmt.Sprintf("did you mean %s, the list of %v? Otherwise %s", l.declared[near].name, l.declared[near].typ, next)
}

// bareName returns the name of a type without its package and stars.
func bareName(t reflect.Type) string {
	text := strings.TrimLeft(t.String(), "*")
	return text[strings.LastIndexByte(text, '.')+1:]
}

// group returns the members of all lists as listeners.
func (l lists) group() group {
	g := group{listeners: make([]rollcall.Listener, len(l.members))}
	for _, d := range l.declared {
		g.lists = append(g.lists, d.name)
	}
	member := rollcall.FromFunc(func(context.Context, any) error { return nil }, tags.Fields{})
	for i, m := range l.members {
		x := m.core()
		member.ID, member.Event, member.Placement, member.Source = x.id, event.NameKey(l.names[m.list()]), x.placement(), x.source()
		g.listeners[i] = member
	}
	return g
}

// build sorts the members of all lists.
func (l lists) build(g group) (*provider.Sorted, error) {
	var declared []rollcall.Declaration
	for _, d := range l.declared {
		declared = append(declared, rollcall.Declaration{Key: event.NameKey(d.name), Source: d.source})
	}
	return provider.Internal.Build(friend.Key{}, g.listeners, declared, nil, l.rules)
}

// sortLists sorts the lists of the last group, and adds the problems to those of the other
// groups. Messages about targets know the members of both.
func (a *Assembly) sortLists(l lists, rules ordering.Rules, groups []group, orderErr error) error {
	l.rules = rules
	a.lists = l
	events, g := groups[:len(groups)-1], groups[len(groups)-1]
	_, err := l.build(g)
	return errors.Join(l.named(knownIn(g.listeners, orderErr, events)), l.ofLists(knownIn(groups[0].listeners, err, groups[len(groups)-1:])))
}

// sortedLists sorts the lists again, for a report. The assembly does not keep what it has
// sorted, which takes more memory than the lists.
func (a *Assembly) sortedLists() *provider.Sorted {
	g := a.lists.group()
	placed := a.placedByFiles()
	for i := range g.listeners {
		l := &g.listeners[i]
		if p, ok := placed[inList{l.Event.Name(), l.ID}]; ok {
			l.Placement = p
		}
	}
	sorted, _ := a.lists.build(g) // the assembly has found no problem
	return sorted
}

// rulesOfList returns the rules for a list. The assembly checks their entries.
func (a *Assembly) rulesOfList(name string) ordering.Rules {
	var of ordering.Rules
	sequences, off := a.ownRules()
	each := func(rules []rule, add func([]ordering.Entry)) {
		for _, r := range rules {
			if r.event == orderfile.Every || r.event == name {
				entries := slices.Clone(r.entries)
				for i := range entries {
					entries[i].Optional = true
				}
				add(entries)
			}
		}
	}
	each(sequences, func(entries []ordering.Entry) {
		of.Sequences = append(of.Sequences, ordering.Sequence{Entries: entries})
	})
	each(off, func(entries []ordering.Entry) {
		for _, e := range entries {
			of.Off = append(of.Off, ordering.Off{Entry: e})
		}
	})
	return of
}

// inList is a member of a list.
type inList struct{ list, id string }

// placedByFiles returns the placements of members of lists in order files.
func (a *Assembly) placedByFiles() map[inList]ordering.Placement {
	placed := map[inList]ordering.Placement{}
	for _, f := range a.contents() {
		for _, l := range f.Listeners {
			if l.List {
				placed[inList{l.Event, l.ID}] = l.Placement
			}
		}
	}
	return placed
}

// orderOfList returns the indexes of a list's members in order. It may be called before
// the assembly, which reports all problems: if there is one, the order is the declared one.
func (a *Assembly) orderOfList(name string, members []*contribution) []int {
	var declared []int
	for i, x := range members {
		if !x.isNil {
			declared = append(declared, i)
		}
	}
	slices.SortFunc(declared, func(i, j int) int { return cmp.Compare(members[i].declared, members[j].declared) })
	items := make([]ordering.Item, len(declared))
	placed := a.placedByFiles()
	for n, i := range declared {
		x := members[i]
		items[n] = ordering.Item{ID: x.id, Event: name, Placement: x.placement()}
		if p, ok := placed[inList{name, x.id}]; ok {
			items[n].Placement = p
		}
	}
	set, err := ordering.NewSet(items, nil, a.rulesOfList(name))
	order, cycle := set.Sort(name)
	if cycle != nil || isWrong(err) {
		return declared
	}
	sorted := make([]int, len(order))
	for n, p := range order {
		sorted[n] = declared[p.Item]
	}
	return sorted
}
