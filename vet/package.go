package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/rollcall-go/rollcall/internal/callsite"
)

// pkg is a package that is analyzed.
type pkg struct {
	pass          *analysis.Pass
	info          *types.Info
	inits         map[*types.Var]ast.Expr     // variables with what they begin with; nil is the zero value
	changed       map[*types.Var]bool         // variables that are assigned again, or whose address is taken
	assigned      map[*types.Var][]assignment // options that are assigned again
	functions     map[ast.Stmt]ast.Node       // statements with the function that always runs them, if it runs to its end
	builders      map[*types.Func][]part      // functions that build applications of their parameters
	testBuilders  map[*types.Func][]part      // those that fail a test if the application does not start
	funcs         map[*types.Func]*ast.FuncDecl
	memo          map[types.Object][]part        // of package-level functions and variables
	busy          map[types.Object]bool          // those that are being evaluated
	params        map[*types.Var]int             // parameters of functions that may be options, with their indexes
	embedded      map[*types.Var][]string        // patterns of go:embed
	files         map[string]*token.File         // order files
	held          *[]analysis.Diagnostic         // takes the reports about a call in a test
	inTests       map[span][]analysis.Diagnostic // reports about calls in tests
	reported      map[reportKey]bool
	registrations map[*ast.CallExpr][]part // what the calls of package fxevents add; nil for others
}

type reportKey struct {
	pos     token.Pos
	message string
}

func newPackage(pass *analysis.Pass) *pkg {
	p := &pkg{
		pass:          pass,
		info:          pass.TypesInfo,
		inits:         map[*types.Var]ast.Expr{},
		changed:       map[*types.Var]bool{},
		assigned:      map[*types.Var][]assignment{},
		functions:     map[ast.Stmt]ast.Node{},
		builders:      map[*types.Func][]part{},
		testBuilders:  map[*types.Func][]part{},
		funcs:         map[*types.Func]*ast.FuncDecl{},
		memo:          map[types.Object][]part{},
		busy:          map[types.Object]bool{},
		params:        map[*types.Var]int{},
		embedded:      map[*types.Var][]string{},
		files:         map[string]*token.File{},
		inTests:       map[span][]analysis.Diagnostic{},
		reported:      map[reportKey]bool{},
		registrations: map[*ast.CallExpr][]part{},
	}
	for _, f := range pass.Files {
		p.index(f)
	}
	return p
}

// report reports a problem once, even if several applications have it.
func (p *pkg) report(d analysis.Diagnostic) {
	if p.held != nil {
		*p.held = append(*p.held, d)
		return
	}
	if key := (reportKey{d.Pos, d.Message}); !p.reported[key] {
		p.reported[key] = true
		p.pass.Report(d)
	}
}

// place returns a position as messages of an application have it.
func (p *pkg) place(pos token.Pos) string {
	at := p.pass.Fset.Position(pos)
	return callsite.Place(at.Filename, at.Line)
}

// index finds the functions of a file, and what its variables hold.
func (p *pkg) index(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if fn, ok := p.info.Defs[n.Name].(*types.Func); ok {
				p.funcs[fn] = n
				p.indexParams(fn)
			}
			p.indexFunction(n, n.Type, n.Body)
		case *ast.FuncLit:
			p.indexFunction(n, n.Type, n.Body)
		case *ast.GenDecl:
			p.indexEmbedded(n)
		case *ast.ValueSpec:
			p.declare(n.Names, n.Values)
		case *ast.AssignStmt:
			p.assign(n)
		case *ast.IncDecStmt:
			p.change(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				p.change(n.Key)
				p.change(n.Value)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				p.change(n.X)
			}
		}
		return true
	})
}

// indexEmbedded notes the patterns of variables that have a go:embed directive.
func (p *pkg) indexEmbedded(decl *ast.GenDecl) {
	for _, s := range decl.Specs {
		spec, ok := s.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 {
			continue
		}
		v, ok := p.info.Defs[spec.Names[0]].(*types.Var)
		for _, comments := range []*ast.CommentGroup{decl.Doc, spec.Doc} {
			if comments == nil || !ok {
				continue
			}
			for _, c := range comments.List {
				if patterns, is := strings.CutPrefix(c.Text, "//go:embed "); is {
					p.embedded[v] = append(p.embedded[v], strings.Fields(patterns)...)
				}
			}
		}
	}
}

// indexParams notes the parameters of a function that may be options.
func (p *pkg) indexParams(fn *types.Func) {
	for i := range fn.Signature().Params().Len() {
		if v := fn.Signature().Params().At(i); isOption(v.Type()) {
			p.params[v] = i
		}
	}
}

// indexFunction notes the statements that run whenever a function runs to its end, and its
// named results, which begin with their zero values.
func (p *pkg) indexFunction(function ast.Node, kind *ast.FuncType, body *ast.BlockStmt) {
	if body == nil {
		return
	}
	for _, statement := range body.List {
		p.functions[statement] = function
	}
	if kind.Results != nil {
		for _, field := range kind.Results.List {
			p.declare(field.Names, nil)
		}
	}
}

// declare notes what variables begin with: their values or, if there are none, their zero
// values. The results of a call with several results are not known.
func (p *pkg) declare(names []*ast.Ident, values []ast.Expr) {
	for i, name := range names {
		v, ok := p.info.Defs[name].(*types.Var)
		switch {
		case !ok:
		case len(values) == 0:
			p.inits[v] = nil
		case len(values) == len(names):
			p.inits[v] = values[i]
		}
	}
}

func (p *pkg) assign(n *ast.AssignStmt) {
	for i, left := range n.Lhs {
		name, _ := left.(*ast.Ident)
		if name != nil && n.Tok == token.DEFINE {
			if v, ok := p.info.Defs[name].(*types.Var); ok {
				if len(n.Lhs) == len(n.Rhs) {
					p.inits[v] = n.Rhs[i]
				}
				continue
			}
		}
		if v := p.variable(name); v != nil && len(n.Lhs) == len(n.Rhs) && n.Tok == token.ASSIGN && isOption(v.Type()) {
			p.assigned[v] = append(p.assigned[v], assignment{n, n.Rhs[i]})
			continue
		}
		p.change(left)
	}
}

// assignment is an assignment to a variable after its declaration.
type assignment struct {
	statement ast.Stmt
	value     ast.Expr
}

// variable returns the variable that a name means, or nil.
func (p *pkg) variable(name *ast.Ident) *types.Var {
	if name == nil {
		return nil
	}
	v, _ := p.info.Uses[name].(*types.Var)
	return v
}

// always reports whether an assignment to a parameter or a local variable runs whenever its
// function does.
func (p *pkg) always(a assignment, v *types.Var) bool {
	function := p.functions[a.statement]
	return function != nil && function.Pos() <= v.Pos() && v.Pos() < function.End()
}

// change notes that a variable, an element or a field of it may change.
func (p *pkg) change(e ast.Expr) {
	for e != nil {
		switch x := e.(type) {
		case *ast.Ident:
			if v, ok := p.info.Uses[x].(*types.Var); ok {
				p.changed[v] = true
			}
			return
		case *ast.SelectorExpr:
			if v, ok := p.info.Uses[x.Sel].(*types.Var); ok && !v.IsField() {
				p.changed[v] = true
				return
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return
		}
	}
}

// initOf returns what a variable always holds, or nil if that is not known.
func (p *pkg) initOf(v *types.Var) ast.Expr {
	if p.changed[v] || len(p.assigned[v]) > 0 {
		return nil
	}
	return p.inits[v]
}

// callee returns the function that a call calls, or nil if it is not known.
func (p *pkg) callee(call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(p.info, call).(*types.Func)
	return fn
}

// calls returns the import path and the name of the function of a package that a call
// calls, or "" for both.
func (p *pkg) calls(call *ast.CallExpr) (path, name string) {
	fn := p.callee(call)
	if fn == nil || fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return "", ""
	}
	return fn.Pkg().Path(), fn.Name()
}

// typeArg returns the only type argument of a call. It is nil if there are more, or if it
// depends on a type parameter.
func (p *pkg) typeArg(call *ast.CallExpr) types.Type {
	if args := p.typeArgs(call); len(args) == 1 && !isGeneric(args[0]) {
		return args[0]
	}
	return nil
}

// typeArgs returns the type arguments of a call, also inferred ones.
func (p *pkg) typeArgs(call *ast.CallExpr) []types.Type {
	return slices.Collect(p.instance(call.Fun).TypeArgs.Types())
}

// instance returns the instance of a generic function that an expression is. It has no type
// arguments for any other expression.
func (p *pkg) instance(e ast.Expr) types.Instance {
	switch e := ast.Unparen(e).(type) {
	case *ast.IndexExpr:
		return p.instance(e.X)
	case *ast.IndexListExpr:
		return p.instance(e.X)
	case *ast.SelectorExpr:
		return p.info.Instances[e.Sel]
	case *ast.Ident:
		return p.info.Instances[e]
	}
	return types.Instance{}
}

// typeOf returns the type of an expression. It is never nil.
func (p *pkg) typeOf(e ast.Expr) types.Type {
	if t := p.info.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

// objectOf returns the object that a name means, or nil.
func (p *pkg) objectOf(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		return p.info.Uses[e]
	case *ast.SelectorExpr:
		return p.info.Uses[e.Sel]
	}
	return nil
}

// resolved returns the expression that a variable holds, or the expression itself.
func (p *pkg) resolved(e ast.Expr) ast.Expr {
	for range 20 {
		e = ast.Unparen(e)
		name, ok := e.(*ast.Ident)
		if !ok {
			return e
		}
		v, ok := p.info.Uses[name].(*types.Var)
		if !ok {
			return e
		}
		init := p.initOf(v)
		if init == nil {
			return e
		}
		e = init
	}
	return e
}
