package vet

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// event returns the part of a call of fxevents.Event.
func (p *pkg) event(call *ast.CallExpr) []part {
	t := p.typeArg(call)
	if t == nil {
		return notUnderstood()
	}
	x := part{Kind: eventPart, Call: "fxevents.Event", Type: typeInfoOf(t), Children: p.ofArgs(call, 1)}
	name, ok := p.text(call.Args[0])
	x.Name, x.Hidden = name, !ok
	return []part{x}
}

// ordered returns the part of a call of fxevents.Ordered.
func (p *pkg) ordered(call *ast.CallExpr) []part {
	t := p.typeArg(call)
	if t == nil {
		return notUnderstood()
	}
	x := part{Kind: list, Call: "fxevents.Ordered", Type: listInfoOf(t)}
	name, ok := p.text(call.Args[0])
	x.Name, x.Hidden = name, !ok
	return []part{x}
}

// listInfoOf returns the type of the members of a list.
func listInfoOf(t types.Type) typeInfo {
	info := typeInfoOf(t)
	info.Under = identity(t.Underlying())
	return info
}

// keyed returns a function that returns the part of a call whose arguments from an index on
// are receiver keys.
func (p *pkg) keyed(k kind, name string, from int) func(*ast.CallExpr) []part {
	return func(call *ast.CallExpr) []part {
		keys, ok := p.texts(call, from)
		return []part{{Kind: k, Call: name, Keys: keys, Hidden: !ok}}
	}
}

// rule returns a function that returns the part of a call of fxevents.Sequence or
// fxevents.Off.
func (p *pkg) rule(k kind, name string) func(*ast.CallExpr) []part {
	return func(call *ast.CallExpr) []part {
		event, ok := p.text(call.Args[0])
		entries, all := p.texts(call, 1)
		return []part{{Kind: k, Call: name, Name: event, Keys: entries, Hidden: !ok || !all}}
	}
}

// provider returns the part of a call of fxevents.NamedProvider.
func (p *pkg) provider(call *ast.CallExpr) []part {
	name, ok := p.text(call.Args[0])
	group, known := p.text(call.Args[1])
	return []part{{Kind: namedProvider, Call: "fxevents.NamedProvider", Name: name, Group: group, Hidden: !ok || !known}}
}

// subscribes returns the part of a call of fxevents.Subscription, whose argument should be
// a literal.
func (p *pkg) subscribes(call *ast.CallExpr) []part {
	x := part{Kind: subscription, Call: "fxevents.Subscription", Hidden: true}
	literal, ok := p.resolved(call.Args[0]).(*ast.CompositeLit)
	if !ok {
		return []part{x}
	}
	for _, e := range literal.Elts {
		if field, ok := e.(*ast.KeyValueExpr); ok {
			if name, ok := field.Key.(*ast.Ident); ok && name.Name == "Key" {
				if key, known := p.text(field.Value); known {
					x.Keys, x.Hidden = []string{key}, false
				}
			}
		}
	}
	return []part{x}
}

// assembles returns the part of a call of fxevents.Module or fxnats.Module.
func (p *pkg) assembles(name string) func(*ast.CallExpr) []part {
	return func(call *ast.CallExpr) []part {
		return []part{{Kind: assembly, Call: name, Children: p.ofArgs(call, 0)}}
	}
}

// opens returns a function that returns the part of a call that opens a transport. The
// container has the transport by the type that the constructor returns, too.
func (p *pkg) opens(name string) func(*ast.CallExpr) []part {
	return func(call *ast.CallExpr) []part {
		f := p.function(call.Args[0])
		return []part{{Kind: transporter, Call: name, Func: &function{Gives: f.Gives, Unknown: f.Unknown}}}
	}
}

// plain returns a function that returns a part that has nothing but its kind.
func plain(k kind, name string) func(*ast.CallExpr) []part {
	return func(*ast.CallExpr) []part { return []part{{Kind: k, Call: name}} }
}

// reader returns the function that turns a call of package fxevents into parts, or nil.
func (p *pkg) reader(name string) func(*ast.CallExpr) []part {
	full := "fxevents." + name
	switch name {
	case "AsListener":
		return p.asListener
	case "Listen":
		return p.listen
	case "Contribute":
		return p.contribute
	case "ContributeValue":
		return p.contributeValue
	case "Event":
		return p.event
	case "Ordered":
		return p.ordered
	case "Module":
		return p.assembles(full)
	case "Receive":
		return p.keyed(receive, full, 0)
	case "ReceivedElsewhere":
		return p.keyed(elsewhere, full, 0)
	case "Published":
		return p.keyed(published, full, 0)
	case "Inbox":
		return p.keyed(inbox, full, 1)
	case "Transport", "DefaultTransport":
		return p.opens(full)
	case "OrderFile":
		return p.orderFile
	case "Sequence":
		return p.rule(sequence, full)
	case "Off":
		return p.rule(off, full)
	case "NamedProvider":
		return p.provider
	case "Subscription":
		return p.subscribes
	case "Strict":
		return plain(strict, full)
	case "Runtime":
		return plain(runTime, full)
	case "Codec":
		return plain(codec, full)
	case "Policy", "StartWithoutBroker", "Logger":
		return plain(harmless, full)
	}
	return nil
}

// registered returns what a call of package fxevents or fxnats adds to an application, and
// checks the call. It returns false for other calls.
func (p *pkg) registered(call *ast.CallExpr) ([]part, bool) {
	if parts, known := p.registrations[call]; known {
		return parts, parts != nil
	}
	p.registrations[call] = nil
	build := p.builder(call)
	if build == nil {
		return nil, false
	}
	parts := p.holding(call, build)
	for i := range parts {
		if x := &parts[i]; x.At == "" {
			x.At, x.span = p.place(call.Pos()), spanOf(call)
			if x.text == nil {
				x.text = call
			}
		}
	}
	parts = slices.Clip(parts)
	p.registrations[call] = parts
	return parts, true
}

// holding calls build. A call in a test may be wrong on purpose, so what is wrong with it is
// reported only as a part of an application that must be right.
func (p *pkg) holding(call *ast.CallExpr, build func(*ast.CallExpr) []part) []part {
	if !p.inTest(call.Pos()) {
		return build(call)
	}
	outer, held := p.held, []analysis.Diagnostic{}
	p.held = &held
	parts := build(call)
	p.held = outer
	p.inTests[spanOf(call)] = held
	return parts
}

// reportHeld reports what is wrong with the calls in tests that some parts come from.
func (p *pkg) reportHeld(parts []part) {
	for _, x := range parts {
		for _, d := range p.inTests[x.span] {
			p.report(d)
		}
		p.reportHeld(x.Children)
	}
}

func (p *pkg) builder(call *ast.CallExpr) func(*ast.CallExpr) []part {
	path, name := p.calls(call)
	switch {
	case path == fxnatsPath && name == "Module":
		return func(call *ast.CallExpr) []part {
			return []part{{Kind: assembly, Call: "fxnats.Module", Children: p.ofArgs(call, 0)}, {Kind: transporter, Call: "fxevents.DefaultTransport"}}
		}
	case path != fxeventsPath, !p.hasArgs(call):
		return nil
	}
	return p.reader(name)
}

// hasArgs reports whether a call has an argument for each parameter. A call of a function
// with several results, such as f(g()), has fewer.
func (p *pkg) hasArgs(call *ast.CallExpr) bool {
	fn := p.callee(call)
	required := fn.Signature().Params().Len()
	if fn.Signature().Variadic() {
		required--
	}
	if len(call.Args) == 1 {
		if _, several := p.typeOf(call.Args[0]).(*types.Tuple); several {
			return false
		}
	}
	return len(call.Args) >= required
}
