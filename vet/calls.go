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
