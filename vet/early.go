package vet

import (
	"go/ast"
	"go/types"
)

// notAssembled is what an emitter returns before the listeners are assembled.
const notAssembled = "the event listeners are not assembled yet: dispatch from a hook of fx.Lifecycle, " +
	"or from an fx.Invoke that stands after fxevents.Module, not from a constructor"

// findEarly finds where a constructor of the package emits an event by one of its
// parameters. A function literal, such as a hook, may run later.
func (p *pkg) findEarly(f *function, constructor ast.Expr) {
	kind, body := p.bodyOf(constructor)
	if body == nil {
		return
	}
	params := map[types.Object]bool{}
	for _, field := range kind.Params.List {
		for _, name := range field.Names {
			if v, ok := p.info.Defs[name].(*types.Var); ok && !p.changed[v] {
				params[v] = true
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.GoStmt:
			return false
		case *ast.CallExpr:
			if f.Emits == "" && p.emits(n) && params[p.root(n.Fun)] {
				f.Emits, f.emits = p.place(n.Pos()), spanOf(n)
			}
		}
		return true
	})
}

// bodyOf returns the type and the body of a function of the package, or nil.
func (p *pkg) bodyOf(e ast.Expr) (*ast.FuncType, *ast.BlockStmt) {
	e = p.resolved(e)
	if literal, ok := e.(*ast.FuncLit); ok {
		return literal.Type, literal.Body
	}
	fn, ok := p.objectOf(e).(*types.Func)
	if !ok {
		return nil, nil
	}
	decl := p.funcs[fn]
	if decl == nil || decl.Body == nil {
		return nil, nil
	}
	return decl.Type, decl.Body
}

// emits reports whether a call dispatches an event.
func (p *pkg) emits(call *ast.CallExpr) bool {
	fn := p.callee(call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != rootPath || fn.Signature().Recv() == nil {
		return false
	}
	t := fn.Signature().Recv().Type()
	return fn.Name() == "Emit" && emitted(t) != nil || fn.Name() == "Dispatch" && is(t, rootPath+".Dispatcher")
}

// root returns the variable at the beginning of a selector, or nil.
func (p *pkg) root(e ast.Expr) types.Object {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.Ident:
			return p.info.Uses[x]
		default:
			return nil
		}
	}
}

// reportEarly reports a constructor that emits, and that the assembly needs for certain.
func (p *pkg) reportEarly(f *function) {
	if f.Emits != "" {
		p.reportAt(earlyEmit, f.emits, notAssembled)
	}
}

// checkEarly reports the constructors that emit among those that the assembly needs: of
// listeners, contributions, and of what they inject.
func (a *application) checkEarly() {
	providers := a.providers()
	seen := map[*function]bool{}
	var visit func(*part, *function)
	visit = func(by *part, f *function) {
		if f == nil || seen[f] {
			return
		}
		seen[f] = true
		switch {
		case f.Emits != "" && f.emits != span{}:
			a.reportAt(earlyEmit, f.emits, notAssembled)
		case f.Emits != "" && a.scale != partial:
			a.problem(earlyEmit, by, f.Name+" ("+f.At+"), which "+by.Call+" at "+by.At+" needs, dispatches an event at "+f.Emits+", but "+notAssembled)
		}
		for _, need := range f.Needs {
			visit(by, providers[need.Type.ID])
		}
	}
	for _, x := range a.of(listener, contribution) {
		visit(x, x.Func)
	}
}
