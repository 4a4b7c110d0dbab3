package vet

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
)

// ofFx returns the parts of a call of package fx.
func (p *pkg) ofFx(call *ast.CallExpr, name string) []part {
	one := func(x part) []part {
		x.Call, x.At, x.span = "fx."+name, p.place(call.Pos()), spanOf(call)
		return []part{x}
	}
	switch name {
	case "Options":
		return p.ofArgs(call, 0)
	case "Module":
		return one(part{Kind: scope, Children: p.ofArgs(call, 1)})
	case "Provide":
		return p.functionsOf(call, provide)
	case "Invoke":
		return p.functionsOf(call, invoke)
	case "Decorate", "Replace":
		return one(p.decorates(call, name == "Replace"))
	case "Supply":
		return p.supplies(call)
	case "Populate", "WithLogger", "StartTimeout", "StopTimeout", "RecoverFromPanics", "ErrorHook", "Logger":
		return one(part{Kind: harmless})
	}
	return notUnderstood()
}

// functionsOf returns a part for each function that is provided or invoked.
func (p *pkg) functionsOf(call *ast.CallExpr, k kind) []part {
	if call.Ellipsis.IsValid() {
		return notUnderstood()
	}
	var parts []part
	for _, e := range call.Args {
		f := p.annotated(e)
		if f == nil { // fx.Private
			continue
		}
		parts = append(parts, part{Kind: k, Func: f, At: p.place(e.Pos()), local: local{span: spanOf(e)}})
	}
	return parts
}

// annotated returns what a constructor takes and returns, also if it is annotated. It
// returns nil for fx.Private.
func (p *pkg) annotated(e ast.Expr) *function {
	if o := p.objectOf(ast.Unparen(e)); o != nil && o.Name() == "Private" && o.Pkg() != nil && o.Pkg().Path() == fxPath {
		return nil
	}
	if call, name := p.fxCall(e); name == "Annotate" {
		return p.annotate(call)
	}
	if literal, ok := p.resolved(e).(*ast.CompositeLit); ok && is(p.typeOf(literal), fxPath+".Annotated") {
		return p.annotatedLiteral(literal)
	}
	return p.function(e)
}

// fxCall returns a call of package fx and its name, or "" for anything else.
func (p *pkg) fxCall(e ast.Expr) (*ast.CallExpr, string) {
	call, ok := p.resolved(e).(*ast.CallExpr)
	if !ok {
		return nil, ""
	}
	if path, name := p.calls(call); path == fxPath {
		return call, name
	}
	return nil, ""
}

// annotate returns what a function takes and returns that fx.Annotate changes.
func (p *pkg) annotate(call *ast.CallExpr) *function {
	f, a := p.function(call.Args[0]), p.annotationsOf(call)
	s := signatureOf(p.typeOf(call.Args[0]))
	if a.unknown || s == nil {
		f.Unknown, f.Needs = true, nil
		return f
	}
	if len(a.params) > 0 {
		f.Needs, f.Takes = nil, nil
		f.takeTagged(s, a.params)
	}
	if len(a.results)+len(a.as) > 0 {
		f.Gives, f.Feeds = nil, nil
		f.giveTagged(resultsOf(s), a.results, a.as)
	}
	return f
}

// annotations are those of a call of fx.Annotate.
type annotations struct {
	params, results []reflect.StructTag
	as              []types.Type
	unknown         bool // some are not understood
}

func (p *pkg) annotationsOf(call *ast.CallExpr) annotations {
	a := annotations{unknown: call.Ellipsis.IsValid()}
	for _, e := range call.Args[1:] {
		annotation, name := p.fxCall(e)
		understood := true
		switch name {
		case "OnStart", "OnStop":
		case "As":
			var as []types.Type
			as, understood = p.interfaces(annotation)
			a.as = append(a.as, as...)
		case "ParamTags":
			a.params, understood = p.structTags(annotation)
		case "ResultTags":
			a.results, understood = p.structTags(annotation)
		default:
			understood = false
		}
		a.unknown = a.unknown || !understood
	}
	return a
}

func resultsOf(s *types.Signature) []types.Type {
	var list []types.Type
	for v := range s.Results().Variables() {
		if v.Type() != errorType {
			list = append(list, v.Type())
		}
	}
	return list
}

// interfaces returns the types that a call of fx.As names: new(T) is of type *T. It returns
// false if one is not understood, such as fx.Self().
func (p *pkg) interfaces(as *ast.CallExpr) ([]types.Type, bool) {
	var list []types.Type
	for _, e := range as.Args {
		pointer, ok := p.typeOf(e).Underlying().(*types.Pointer)
		if !ok {
			return nil, false
		}
		list = append(list, pointer.Elem())
	}
	return list, true
}

// structTags returns the tags of a call of fx.ParamTags or fx.ResultTags. It returns false
// if one is not constant.
func (p *pkg) structTags(call *ast.CallExpr) ([]reflect.StructTag, bool) {
	texts, ok := p.texts(call, 0)
	var list []reflect.StructTag
	for _, text := range texts {
		list = append(list, reflect.StructTag(text))
	}
	return list, ok
}

// takeTagged adds the parameters of a function, some of which have tags.
func (f *function) takeTagged(s *types.Signature, tags []reflect.StructTag) {
	for i := range s.Params().Len() {
		tag := tagAt(tags, i)
		if s.Variadic() && i == s.Params().Len()-1 && tag.Get("group") == "" {
			continue // optional
		}
		f.take(s.Params().At(i).Type(), tag)
	}
}

// giveTagged adds the results of a function, some of which have tags. The types of fx.As
// take the place of a single result. Of several, each may have one of the types.
func (f *function) giveTagged(results []types.Type, tags []reflect.StructTag, as []types.Type) {
	if len(as) > 0 && len(results) == 1 {
		results = as
		for len(tags) > 0 && len(tags) < len(as) {
			tags = append(tags, tags[0])
		}
	} else {
		results = append(results, as...)
	}
	for i, t := range results {
		f.addResult(t, tagAt(tags, i))
	}
}

func tagAt(tags []reflect.StructTag, i int) reflect.StructTag {
	if i < len(tags) {
		return tags[i]
	}
	return ""
}

// annotatedLiteral returns what an fx.Annotated provides.
func (p *pkg) annotatedLiteral(e *ast.CompositeLit) *function {
	var target ast.Expr
	name, group, known := "", "", true
	for _, element := range e.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return &function{Unknown: true}
		}
		ok = true
		switch key, _ := field.Key.(*ast.Ident); key.Name {
		case "Target":
			target = field.Value
		case "Name":
			name, ok = p.text(field.Value)
		case "Group":
			group, ok = p.text(field.Value)
		}
		known = known && ok
	}
	if target == nil || !known {
		return &function{Unknown: true}
	}
	f := p.function(target)
	s := signatureOf(p.typeOf(target))
	if s == nil || f.Unknown {
		return f
	}
	switch {
	case group != "":
		f.Gives = nil
		for _, t := range resultsOf(s) {
			f.Feeds = append(f.Feeds, groupOf(group, t))
		}
	case name != "":
		f.Gives = nil
	}
	return f
}

// supplies returns a part for each value that is supplied.
func (p *pkg) supplies(call *ast.CallExpr) []part {
	if call.Ellipsis.IsValid() {
		return notUnderstood()
	}
	var parts []part
	for _, e := range call.Args {
		x := part{Kind: supply, Func: &function{}, At: p.place(e.Pos()), local: local{span: spanOf(e)}}
		if annotated, name := p.fxCall(e); name == "Annotate" {
			a := p.annotationsOf(annotated)
			x.Func.Unknown = a.unknown
			x.Func.giveTagged([]types.Type{p.typeOf(annotated.Args[0])}, a.results, a.as)
		} else if t := p.typeOf(e); types.IsInterface(t) {
			x.Func.Unknown = true
		} else {
			x.Func.Gives = []typeInfo{typeInfoOf(t)}
		}
		parts = append(parts, x)
	}
	return parts
}

// decorates returns the part of fx.Decorate or fx.Replace. Only a decorator of what rollcall
// reads counts, but what is replaced need not be built.
func (p *pkg) decorates(call *ast.CallExpr, values bool) part {
	x := part{Kind: harmless, Func: &function{}}
	for _, e := range call.Args {
		if values && !types.IsInterface(p.typeOf(e)) {
			x.Func.Gives = append(x.Func.Gives, typeInfoOf(p.typeOf(e)))
			continue
		}
		f := p.annotated(e)
		if call.Ellipsis.IsValid() || values || f == nil || f.Unknown || len(f.Feeds) > 0 {
			return part{Kind: decorate}
		}
		x.Func.Gives = append(x.Func.Gives, f.Gives...)
	}
	if slices.ContainsFunc(x.Func.Gives, typeInfo.ofRollcall) {
		return part{Kind: decorate}
	}
	return x
}
