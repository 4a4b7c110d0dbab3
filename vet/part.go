package vet

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/rollcall-go/rollcall/tags"
)

// kind says what a part of an application is.
type kind int

// The kinds of parts. An unknown part may be any others. A foreign part comes from code that
// can't name rollcall.
const (
	unknown kind = iota
	foreign
	harmless // changes nothing that the analyzer looks at
	param    // what a function gets as its parameter
	scope    // fx.Module
	provide
	supply
	invoke
	decorate
	assembly // fxevents.Module, with its options
	eventPart
	listener
	list
	contribution
	receive
	elsewhere
	inbox
	transporter // fxevents.Transport and fxevents.DefaultTransport

	// Options of fxevents.Module and fxevents.Event.
	orderFile
	sequence
	off
	namedProvider
	subscription
	strict
	runTime
	codec
	published
)

// part is one part of an application: an option, as far as the analyzer understands it.
// Parts are facts, so they have no types and no syntax, except for what is local.
type part struct {
	Kind     kind
	Call     string // such as "fxevents.Event"
	At       string // the place of the call, as messages have it
	Children []part // of a scope, an assembly, or an event

	Name   string   // of an event, a list or a provider; the event of a rule
	Group  string   // of a provider
	Keys   []string // receiver keys, or entries of a rule
	Of     typeInfo // the component of a listener, or the value of a contribution
	Type   typeInfo // of an event, of a list's members, or what a listener takes; of a component
	Tag    string   // of a listener or a contribution
	ID     string   // of a listener or a contribution
	Long   string   // the ID of a listener if several methods of its type listen to one event
	ByType bool     // the ID is that of the type
	Hidden bool     // the IDs or events of a listener are not known
	Broken bool     // a problem is reported, and the application leaves the part out
	Func   *function
	Index  int    // of a parameter
	Path   string // of an order file, as the application has it
	File   string // where it was found
	Data   []byte // its content

	Maybe bool // only some applications have the part

	local
}

// local is what only the package that has a part knows of it.
type local struct {
	span   span
	text   ast.Expr // the expression with its names: its tag, or else its call
	origin string   // the option of another package that has it
}

// fields returns what the tag says. Its problems are reported where it is written.
func (x *part) fields() tags.Fields {
	fields, _ := tags.Parse(tags.Tag(x.Tag))
	fields.Placement.Source = ""
	return fields
}

// typeInfo is a type in a fact.
type typeInfo struct {
	ID        string // the same for identical types only
	Text      string // as messages have it
	Path      string // with its import path
	Under     string // the identity of its underlying type; of lists and contributions
	Default   string // the default ID of a listener that is one
	Interface bool
	Nominal   bool // a named type, or a pointer to one
	Named     bool // has a method EventName
}

func typeInfoOf(t types.Type) typeInfo {
	return typeInfo{
		ID: identity(t), Text: reflected(t), Path: pathOf(t), Default: idOf(t), Interface: types.IsInterface(t), Nominal: isNominal(t),
		Named: hasMethod(t, "EventName", "func() string"),
	}
}

// hasMethod reports whether a type has the method of an interface such as
// rollcall.Subscriber, judging by the name of the method and the text of its signature.
func hasMethod(t types.Type, name, signature string) bool {
	m := types.NewMethodSet(t).Lookup(nil, name)
	return m != nil && reflected(m.Type()) == signature
}

func isNominal(t types.Type) bool {
	_, is := pointed(t).(*types.Named)
	return is
}

// pointed returns the type that a pointer points to, or the type itself, without aliases.
func pointed(t types.Type) types.Type {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	return types.Unalias(t)
}

// matches is event.Key.Matches: it reports whether a text means the type.
func (t typeInfo) matches(text string) bool {
	for _, full := range []string{t.Text, t.Path} {
		if text == full || text == strings.TrimLeft(full, "*") {
			return true
		}
	}
	return false
}

// function is a constructor, or a function that is invoked.
type function struct {
	Name, At string // as messages have them; "" if they are not known
	Needs    []need
	Gives    []typeInfo
	Takes    []inGroup // the value groups of its parameters
	Feeds    []inGroup // those of its results
	Unknown  bool      // what it takes and returns is not known
	Emits    string    // where it emits an event while it runs

	emits span
}

// need is a parameter without which a constructor fails.
type need struct {
	Type    typeInfo
	Emitter string // the event type, if it is an emitter
	EventID string
}

// inGroup is a value in a value group.
type inGroup struct {
	Group, Type, Text string
}

// of reports whether the type is one of a package, or made of one.
func (t typeInfo) of(path string) bool { return strings.Contains(t.ID, path+".") }

// ofRollcall reports whether the type is one that package fxevents provides or collects, or
// made of one.
func (t typeInfo) ofRollcall() bool {
	return t.of(rootPath) || t.of(fxeventsPath) || t.of(transportPath) || t.of(rootPath+"/provider") || t.of(rootPath+"/inspect")
}
