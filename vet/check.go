package vet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// check reports what is wrong with an application, in the order in which the application
// looks for it.
func (a *application) check() {
	a.checkOnce()
	if a.checkAssembly(); a.assembly == nil && a.scale != partial {
		return // nothing is assembled
	}
	a.checkNames()
	a.members()
	a.resolve()
	a.nameMethods()
	a.checkGroups()
	a.checkLists()
	a.checkEarly()
	if a.assembly != nil {
		a.checkGroupMembers()
		a.checkKeys()
		a.checkTransport()
		a.checkNeeds()
	}
	a.sort()
	a.checkWarnings()
}

// checkAssembly reports an application that has no fxevents.Module.
func (a *application) checkAssembly() {
	if a.scale != whole || !a.closed() || len(a.of(assembly)) > 0 {
		return
	}
	all := a.of(eventPart, list, receive, elsewhere, inbox, transporter)
	if len(all) == 0 {
		all = a.of(listener, contribution)
	}
	x := all[0]
	a.problem(noModule, x, fmt.Sprintf(
		"%s at %s: the application has no fxevents.Module: add fxevents.Module() to the options of fx.New, before the modules that declare events", x.Call, x.At))
}

// checkOnce reports what the container refuses to provide twice.
func (a *application) checkOnce() {
	if all := a.certainly(assembly); len(all) > 1 && !reportedElsewhere(all[0], all[1]) {
		a.problem(twice, ownOf(all[0], all[1]), fmt.Sprintf("%s at %s: the application has %s already, at %s: pass it once, with all its options",
			all[1].Call, all[1].At, all[0].Call, all[0].At))
	}
	lists := map[string]*part{}
	for _, x := range a.certainly(list) {
		first := lists[x.Type.ID]
		if first == nil {
			lists[x.Type.ID] = x
		} else if !reportedElsewhere(first, x) {
			a.problem(twice, ownOf(first, x), fmt.Sprintf("fxevents.Ordered(%q) at %s: the list %s declared at %s has the type %s already: define a type for each list",
				x.Name, x.At, first.Name, first.At, x.Type.Text))
		}
	}
	a.checkEvents()
	a.checkInstances()
}

// ownOf returns the later of two parts, or the one that the package itself has.
func ownOf(first, later *part) *part {
	if later.origin != "" && first.origin == "" {
		return first
	}
	return later
}

// checkEvents reports events that are declared twice.
func (a *application) checkEvents() {
	byType, byName := map[string]*part{}, map[string]*part{}
	for _, x := range a.events() {
		if x.Maybe {
			continue
		}
		first, again := byType[x.Type.ID]
		namesake, taken := byName[x.Name]
		switch {
		case again:
			if !reportedElsewhere(first, x) {
				a.problem(twice, ownOf(first, x), fmt.Sprintf("event %s is declared twice%s: declare it once, where it is defined", x.Type.Text, callsite.Both(first.At, x.At)))
			}
		case taken && x.Name != "":
			if !reportedElsewhere(namesake, x) {
				a.problem(twice, ownOf(namesake, x), fmt.Sprintf("events %s and %s are both named %s%s: give each a name of its own",
					namesake.Type.Text, x.Type.Text, x.Name, callsite.Both(namesake.At, x.At)))
			}
			byType[x.Type.ID] = x
		default:
			byType[x.Type.ID], byName[x.Name] = x, x
		}
	}
}

// checkInstances reports calls of AsListener that register one name for one type.
func (a *application) checkInstances() {
	type instance struct{ name, typ string }
	first := map[instance]*part{}
	for _, x := range a.of(listener) {
		if x.Call != "fxevents.AsListener" || x.Hidden || x.Broken || x.Maybe || x.Name == "" {
			continue
		}
		at := instance{x.Name, x.Of.ID}
		other := first[at]
		if other == nil {
			first[at] = x
			continue
		}
		if other.At == x.At && other.span == x.span {
			continue // a tag of the same call
		}
		a.lost = true
		if !reportedElsewhere(other, x) {
			a.problem(twice, ownOf(other, x), x.registered(fmt.Sprintf("its ID %s is that of the listener registered at %s: "+
				"pass all tags in one call of AsListener, drop one call, or give this one another id", x.Name, other.At)))
		}
		x.Broken = true
	}
}

// registered returns a message about the call that registers a listener or contributes a
// value.
func (x *part) registered(problem string) string {
	f := x.Func
	if f == nil {
		f = &function{}
	}
	return aboutCall(x.Kind == contribution, f.Name, f.At, x.At, problem)
}

// resolve finds the events of the listeners.
func (a *application) resolve() {
	for i := range a.groups {
		for _, m := range a.groups[i].listeners {
			closed := a.closed() && a.assembly != nil
			if message, near := a.catalog.resolve(m, closed); message != "" {
				a.inText(unknownEvent, m.part, m.fields.Event, near, message)
			}
		}
	}
}

// nameMethods adds the method's name to an ID if several methods of one type listen to one
// event.
func (a *application) nameMethods() {
	type place struct{ id, event string }
	for i := range a.groups {
		sharing := map[place]int{}
		for _, m := range a.groups[i].listeners {
			sharing[place{m.id, m.event}]++
		}
		for _, m := range a.groups[i].listeners {
			if m.ByType && m.Long != "" && sharing[place{m.ID, m.event}] > 1 {
				m.id = m.Long
			}
		}
	}
}

// checkGroups reports tags that name a group that no provider collects.
func (a *application) checkGroups() {
	if a.assembly == nil || !a.rulesKnown {
		return
	}
	for _, x := range a.of(listener) {
		name := x.fields().Group
		if name == "" || x.Hidden && x.Tag == "" || slices.ContainsFunc(a.groups, func(g group) bool { return g.part.Group == name }) {
			continue
		}
		near, _ := suggest.Name(name, a.groupNames())
		a.inText(unknownGroup, x, name, near, x.registered(fmt.Sprintf("no provider collects the group %s%s", name, a.groupHint(name))))
	}
}

func (a *application) groupNames() []string {
	var names []string
	for _, g := range a.groups {
		names = append(names, g.part.Group)
	}
	return names
}

func (a *application) groupHint(name string) string {
	if near := suggest.DidYouMean(name, a.groupNames()); near != "" {
		return near
	}
	return ": give fxevents.Module an fxevents.NamedProvider for it"
}

// checkNames reports lists whose names can't be used.
func (a *application) checkNames() {
	first := map[string]*part{}
	for _, x := range a.of(list) {
		if x.Hidden {
			continue
		}
		problem := ""
		other, again := first[x.Name]
		named := slices.IndexFunc(a.catalog.events, func(e *part) bool { return e.Name == x.Name || e.Type.matches(x.Name) })
		switch {
		case x.Name == "":
			problem = "a list needs a name: order files and reports call it by that"
		case x.Name == "*":
			problem = "a list can't be named *, which stands for all lists and events: give it another name"
		case again && !x.Maybe && !other.Maybe && !reportedElsewhere(other, x):
			problem = fmt.Sprintf("the list declared at %s has that name: give each a name of its own", other.At)
		case named >= 0 && !reportedElsewhere(a.catalog.events[named], x):
			e := a.catalog.events[named]
			problem = fmt.Sprintf("the event %s has that name: an event and a list can't have one name", callsite.Named(title(e), e.At))
		}
		if own := x.origin == "" || a.scale != partial && x.Name != "" && x.Name != "*"; own && problem != "" {
			a.problem(badList, x, fmt.Sprintf("fxevents.Ordered(%q) at %s: %s", x.Name, x.At, problem))
		}
		if !again {
			first[x.Name] = x
		}
	}
}

// checkLists reports contributions to lists that nobody declares.
func (a *application) checkLists() {
	a.lists = slices.DeleteFunc(a.of(list), func(x *part) bool { return x.Hidden })
	declared := map[string]bool{}
	for _, x := range a.of(list) {
		declared[x.Type.ID] = true
	}
	if a.assembly == nil || !a.closed() {
		return
	}
	undeclared, order := map[string][]*part{}, []string(nil)
	for _, x := range a.of(contribution) {
		if x.Type.ID != "" && !declared[x.Type.ID] && !x.Broken {
			if undeclared[x.Type.ID] == nil {
				order = append(order, x.Type.ID)
			}
			undeclared[x.Type.ID] = append(undeclared[x.Type.ID], x)
		}
	}
	for _, id := range order {
		of := undeclared[id]
		who := "this contributes"
		if n := len(of) - 1; n > 0 {
			who = fmt.Sprintf("this and %d more contribute", n)
		}
		a.problem(unknownList, of[0], of[0].registered(fmt.Sprintf("nobody declares a list of %s, to which %s: %s", of[0].Type.Text, who, a.declareIt(of[0].Type))))
		a.lost = true
	}
}

// declareIt returns the next step for a type that has no list.
func (a *application) declareIt(t typeInfo) string {
	next := fmt.Sprintf("add fxevents.Ordered[%s](\"a.name\") to the module that defines the type", t.Text)
	near := slices.IndexFunc(a.lists, func(x *part) bool { return x.Type.Under == t.Under })
	if near < 0 {
		var types []string
		for _, x := range a.lists {
			types = append(types, bareName(x.Type.Text))
		}
		if name, ok := suggest.Name(bareName(t.Text), types); ok {
			near = slices.Index(types, name)
		}
	}
	if near < 0 {
		return next
	}
	return fmt.Sprintf("did you mean %s, the list of %s? Otherwise %s", a.lists[near].Name, a.lists[near].Type.Text, next)
}

// bareName returns the name of a type without its package and stars.
func bareName(text string) string {
	text = strings.TrimLeft(text, "*")
	return text[strings.LastIndexByte(text, '.')+1:]
}

// checkGroupMembers reports values in the listeners' group that are no rollcall.Listener. A
// function whose parameters are not known may take them.
func (a *application) checkGroupMembers() {
	if !a.closed() {
		return
	}
	taken := map[inGroup]bool{}
	for _, x := range a.parts {
		if x.Func == nil {
			continue
		}
		if x.Func.Unknown && x.Kind != supply {
			return
		}
		for _, g := range x.Func.Takes {
			taken[inGroup{Group: g.Group, Type: g.Type}] = true
		}
	}
	for _, x := range a.parts {
		if x.Func == nil {
			continue
		}
		for _, g := range x.Func.Feeds {
			if g.Group == defaultGroup && g.Type != listenerType && !taken[inGroup{Group: g.Group, Type: g.Type}] {
				a.problem(notAListener, x, fmt.Sprintf("%s puts a %s into the group %s, which collects rollcall.Listener values only, so nothing calls it: pass its constructor to fxevents.AsListener",
					callsite.Named(cmp.Or(x.Func.Name, "the option"), cmp.Or(x.Func.At, x.At)), g.Text, defaultGroup))
			}
		}
	}
}
