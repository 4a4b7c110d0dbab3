package vet

import "go/ast"

// checkCalls checks each call of the package by itself.
func (p *pkg) checkCalls() {
	for _, f := range p.pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				p.registered(call)
			}
			return true
		})
	}
}

// registered returns what a call of package fxevents adds to an application. It returns
// false for other calls.
func (p *pkg) registered(call *ast.CallExpr) ([]part, bool) {
	if parts, known := p.registrations[call]; known {
		return parts, parts != nil
	}
	p.registrations[call] = nil
	path, name := p.calls(call)
	if path != fxeventsPath {
		return nil, false
	}
	check := map[string]func(*ast.CallExpr) []part{
		"AsListener": p.asListener, "Listen": p.listen, "Contribute": p.contribute, "ContributeValue": p.contributeValue,
	}[name]
	if check == nil || len(call.Args) == 0 {
		return nil, false
	}
	parts := check(call)
	for i := range parts {
		parts[i].At, parts[i].span, parts[i].pkg = p.place(call.Pos()), spanOf(call), p.pass.Pkg
	}
	p.registrations[call] = parts
	return parts, true
}
