package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// The options of an application are evaluated without running it. What is not understood
// becomes an unknown part. If a function has several return statements, or a variable several
// values, an application may have the parts of each.

// evaluated returns the parts of an option, or of a slice of options.
func (p *pkg) evaluated(e ast.Expr) []part {
	e = ast.Unparen(e)
	if p.info.Types[e].IsNil() {
		return nil
	}
	switch e := e.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		return p.ofObject(p.objectOf(e), e)
	case *ast.CompositeLit:
		return p.ofLiteral(e)
	case *ast.CallExpr:
		return p.ofCall(e)
	}
	return notUnderstood()
}

// notUnderstood returns a part for an expression that may hold anything.
func notUnderstood() []part { return []part{{Kind: unknown}} }

func (p *pkg) ofObject(o types.Object, e ast.Expr) []part {
	v, ok := o.(*types.Var)
	if !ok || v.IsField() {
		return notUnderstood()
	}
	if v.Pkg() != p.pass.Pkg {
		return p.imported(v, e)
	}
	if v.Parent() == p.pass.Pkg.Scope() {
		return p.remembered(v, func() []part { return p.ofVariable(v, e) })
	}
	return p.ofVariable(v, e)
}

func (p *pkg) ofVariable(v *types.Var, e ast.Expr) []part {
	if p.changed[v] || p.busy[v] {
		return notUnderstood()
	}
	p.busy[v] = true
	defer delete(p.busy, v)
	parts := p.initial(v)
	for _, a := range p.assigned[v] {
		parts = p.reassigned(parts, v, a, e.Pos())
	}
	return parts
}

// initial returns the parts that a variable begins with. One that has no
// value and is never assigned is not understood.
func (p *pkg) initial(v *types.Var) []part {
	if i, ok := p.params[v]; ok {
		return []part{{Kind: param, Index: i}}
	}
	init, declared := p.inits[v]
	switch {
	case init != nil:
		return p.evaluated(init)
	case declared && len(p.assigned[v]) > 0:
		return nil
	}
	return notUnderstood()
}

// reassigned returns the parts of a variable after an assignment. Before the place at which
// the variable is read, an append that always runs adds to them. Anything else may be so.
func (p *pkg) reassigned(parts []part, v *types.Var, a assignment, read token.Pos) []part {
	added, isAppend := p.appended(v, a.value)
	here := p.pass.Fset.File(read) == p.pass.Fset.File(a.statement.Pos())
	switch {
	case isAppend && p.always(a, v) && here && a.statement.End() <= read:
		return append(slices.Clip(parts), added...)
	case isAppend:
		return append(slices.Clip(parts), maybe(added)...)
	}
	return append(maybe(parts), maybe(p.evaluated(a.value))...)
}

// appended returns the parts that v = append(v, ...) adds. It returns false for any other
// value.
func (p *pkg) appended(v *types.Var, value ast.Expr) ([]part, bool) {
	call, ok := ast.Unparen(value).(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	if name, builtin := p.builtin(call); !builtin || name != "append" {
		return nil, false
	}
	first, ok := ast.Unparen(call.Args[0]).(*ast.Ident)
	if !ok || p.variable(first) != v {
		return nil, false
	}
	return p.ofArgs(call, 1), true
}

// maybe returns parts of which the application may have some.
func maybe(parts []part) []part {
	list := make([]part, len(parts))
	for i, x := range parts {
		x.Maybe = true
		x.Children = maybe(x.Children)
		list[i] = x
	}
	return list
}

// remembered evaluates a package-level variable or function once.
func (p *pkg) remembered(o types.Object, evaluate func() []part) []part {
	if parts, known := p.memo[o]; known {
		return parts
	}
	parts := evaluate()
	p.memo[o] = parts
	return parts
}

// ofLiteral returns the parts of a slice literal.
func (p *pkg) ofLiteral(e *ast.CompositeLit) []part {
	if _, ok := p.typeOf(e).Underlying().(*types.Slice); !ok {
		return notUnderstood()
	}
	var parts []part
	for _, element := range e.Elts {
		if _, keyed := element.(*ast.KeyValueExpr); keyed {
			return notUnderstood()
		}
		parts = append(parts, p.evaluated(element)...)
	}
	return parts
}

// ofArgs returns the parts of the arguments of a call from an index on.
func (p *pkg) ofArgs(call *ast.CallExpr, from int) []part {
	var parts []part
	for _, e := range call.Args[min(from, len(call.Args)):] {
		parts = append(parts, p.evaluated(e)...)
	}
	return parts
}

func (p *pkg) ofCall(call *ast.CallExpr) []part {
	if parts, ok := p.registered(call); ok {
		return parts
	}
	if tv := p.info.Types[call.Fun]; tv.IsType() && len(call.Args) == 1 {
		return p.evaluated(call.Args[0])
	}
	if b, ok := p.builtin(call); ok && b == "append" {
		return p.ofArgs(call, 0)
	}
	fn := p.callee(call)
	if fn == nil || fn.Pkg() == nil {
		return notUnderstood()
	}
	switch path := fn.Pkg().Path(); {
	case path == fxPath:
		return p.ofFx(call, fn.Name())
	case isOwn[path]:
		return notUnderstood()
	case fn.Pkg() != p.pass.Pkg:
		return p.substituted(call, fn, p.imported(fn, call))
	}
	return p.substituted(call, fn, p.ofFunction(fn))
}

func (p *pkg) builtin(call *ast.CallExpr) (string, bool) {
	name, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return "", false
	}
	_, ok = p.info.Uses[name].(*types.Builtin)
	return name.Name, ok
}

// ofFunction returns the parts that a function of the package returns.
func (p *pkg) ofFunction(fn *types.Func) []part {
	decl := p.funcs[fn.Origin()]
	if decl == nil || decl.Body == nil || p.busy[fn] || fn.Signature().TypeParams().Len() > 0 || fn.Signature().Results().Len() != 1 {
		return notUnderstood()
	}
	return p.remembered(fn, func() []part {
		p.busy[fn] = true
		defer delete(p.busy, fn)
		results := resultsIn(decl.Body)
		if named := fn.Signature().Results().At(0); len(results) == 0 || p.changed[named] || len(p.assigned[named]) > 0 {
			return notUnderstood()
		}
		if len(results) == 1 {
			return p.evaluated(results[0])
		}
		var parts []part
		for _, r := range results {
			parts = append(parts, maybe(p.evaluated(r))...)
		}
		return parts
	})
}

// resultsIn returns the results of the return statements of a function with one result. It
// returns none if there may be others.
func resultsIn(body *ast.BlockStmt) []ast.Expr {
	var results []ast.Expr
	understood := true
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if len(n.Results) != 1 {
				understood = false
				return false
			}
			results = append(results, n.Results[0])
		}
		return true
	})
	if !understood {
		return nil
	}
	return results
}

// substituted replaces the parameters of a function by the arguments of its call, and
// remembers the call as the place of parts from elsewhere.
func (p *pkg) substituted(call *ast.CallExpr, fn *types.Func, parts []part) []part {
	s := fn.Signature()
	argument := func(i int) []part {
		if s.Variadic() && i == s.Params().Len()-1 {
			return p.ofArgs(call, i)
		}
		if i >= len(call.Args) {
			return notUnderstood()
		}
		return p.evaluated(call.Args[i])
	}
	return replaced(parts, argument)
}

func replaced(parts []part, argument func(int) []part) []part {
	var list []part
	for _, x := range parts {
		switch {
		case x.Kind == param && x.Maybe:
			list = append(list, maybe(argument(x.Index))...)
		case x.Kind == param:
			list = append(list, argument(x.Index)...)
		default:
			x.Children = replaced(x.Children, argument)
			list = append(list, x)
		}
	}
	return list
}

// imported returns the parts of a variable or function of another package. What comes from
// a package that does not reach rollcall can't have parts of it, unless it gets them as an
// argument.
func (p *pkg) imported(o types.Object, e ast.Expr) []part {
	var s summary
	switch {
	case o.Pkg() == nil:
		return notUnderstood()
	case o.Pkg().Path() == fxPath:
		return []part{{Kind: harmless}} // fx.NopLogger
	}
	p.pass.ImportPackageFact(o.Pkg(), &s)
	if parts, ok := s.Options[keyOf(o)]; ok {
		return located(parts, spanOf(e), o.Pkg().Path()+"."+o.Name())
	}
	call, isCall := e.(*ast.CallExpr)
	if !s.Uses && !(isCall && p.takesParts(call)) {
		return []part{{Kind: foreign}}
	}
	return notUnderstood()
}

// located sets the place that parts of another package are reported at.
func located(parts []part, at span, origin string) []part {
	list := make([]part, len(parts))
	for i, x := range parts {
		x.local = local{span: at, origin: origin}
		x.Children = located(x.Children, at, origin)
		list[i] = x
	}
	return list
}

// takesParts reports whether a call may hand parts of rollcall over: options, functions, or
// values of interfaces.
func (p *pkg) takesParts(call *ast.CallExpr) bool {
	if s, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && p.info.Selections[s] != nil {
		return true // a method, whose receiver may hold anything
	}
	for _, e := range call.Args {
		if t := p.typeOf(e); mayHold(t, 3) {
			return true
		}
	}
	for _, t := range p.typeArgs(call) {
		if _, basic := t.Underlying().(*types.Basic); !basic {
			return true
		}
	}
	return false
}

// mayHold reports whether a value of a type may hold an option or a constructor.
func mayHold(t types.Type, depth int) bool {
	if depth == 0 {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return false
	case *types.Slice:
		return mayHold(u.Elem(), depth-1)
	case *types.Array:
		return mayHold(u.Elem(), depth-1)
	case *types.Map:
		return mayHold(u.Elem(), depth-1) || mayHold(u.Key(), depth-1)
	case *types.Struct:
		for f := range u.Fields() {
			if mayHold(f.Type(), depth-1) {
				return true
			}
		}
		return false
	}
	return true
}

// isOption reports whether a type is an option of an application, of fxevents.Module or of
// fxevents.Event, or a slice of them.
func isOption(t types.Type) bool {
	t = elemOf(t)
	switch identity(t) {
	case fxPath + ".Option", fxeventsPath + ".Option", fxeventsPath + ".EventOption":
		return true
	}
	return false
}
