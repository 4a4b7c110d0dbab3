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
		return p.decorates(call, name == "Replace", one)
	case "Supply":
		return p.supplies(call)
	case "Populate", "WithLogger", "StartTimeout", "StopTimeout", "RecoverFromPanics", "ErrorHook", "Logger":
		return one(part{Kind: harmless})
	case "Error":
		return p.notUnderstood(call) // the application fails anyway
	}
	return p.notUnderstood(call)
}

// functionsOf returns a part for each function that is provided or invoked.
func (p *pkg) functionsOf(call *ast.CallExpr, k kind) []part {
	if call.Ellipsis.IsValid() {
		return p.notUnderstood(call)
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

// annotated returns what a constructor takes and returns, also if it is annotated.
func (p *pkg) annotated(e ast.Expr) *function {
	if o := p.objectOf(ast.Unparen(e)); o != nil && o.Name() == "Private" && o.Pkg() != nil && o.Pkg().Path() == fxPath {
		return nil
	}
	switch r := p.resolved(e).(type) {
	case *ast.CallExpr:
		if path, name := p.calls(r); path == fxPath && name == "Annotate" && len(r.Args) > 0 {
			return p.annotate(r)
		}
	case *ast.CompositeLit:
		if is(p.typeOf(r), fxPath+".Annotated") {
			return p.annotatedLiteral(r)
		}
	}
	return p.function(e)
}

// annotate returns what a function takes and returns that fx.Annotate changes.
func (p *pkg) annotate(call *ast.CallExpr) *function {
	f := p.function(call.Args[0])
	s := signatureOf(p.typeOf(call.Args[0]))
	if call.Ellipsis.IsValid() || s == nil {
		f.Unknown = true
		return f
	}
	results := resultsOf(s)
	var as []types.Type
	for _, e := range call.Args[1:] {
		annotation, name := p.annotation(e)
		switch {
		case name == "" || name == "From":
			f.Unknown = true
		case name == "OnStart" || name == "OnStop":
		case name == "As":
			as = append(as, p.interfaces(annotation)...)
		case name == "ParamTags":
			f.Needs, f.Takes = nil, nil
			f.takeTagged(s, p.structTags(annotation))
		case name == "ResultTags":
			f.Gives, f.Feeds = nil, nil
			f.giveTagged(results, p.structTags(annotation), as)
			as = nil
		}
	}
	if len(as) > 0 {
		f.Gives = nil
		for _, t := range as {
			f.Gives = append(f.Gives, typeInfoOf(t))
		}
	}
	return f
}

// annotation returns a call of package fx and its name, or "" for anything else.
func (p *pkg) annotation(e ast.Expr) (*ast.CallExpr, string) {
	call, ok := p.resolved(e).(*ast.CallExpr)
	if !ok {
		return nil, ""
	}
	if path, name := p.calls(call); path == fxPath {
		return call, name
	}
	return nil, ""
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

// interfaces returns the types that a call of fx.As names: new(T) is of type *T.
func (p *pkg) interfaces(as *ast.CallExpr) []types.Type {
	var list []types.Type
	for _, e := range as.Args {
		if pointer, ok := p.typeOf(e).Underlying().(*types.Pointer); ok {
			list = append(list, pointer.Elem())
		}
	}
	return list
}

// structTags returns the constant tags of a call of fx.ParamTags or fx.ResultTags.
func (p *pkg) structTags(call *ast.CallExpr) []reflect.StructTag {
	var list []reflect.StructTag
	for _, e := range call.Args {
		text, _ := p.text(e)
		list = append(list, reflect.StructTag(text))
	}
	return list
}

func (f *function) takeTagged(s *types.Signature, tags []reflect.StructTag) {
	for i := range s.Params().Len() {
		t := s.Params().At(i).Type()
		var tag reflect.StructTag
		if i < len(tags) {
			tag = tags[i]
		}
		switch group := tag.Get("group"); {
		case group != "":
			f.Takes = append(f.Takes, groupOf(group, elemOf(t)))
		case tag.Get("name") != "" || tag.Get("optional") == "true" || s.Variadic() && i == s.Params().Len()-1:
		default:
			f.take(t)
		}
	}
}

// giveTagged sets what a function returns whose results have tags. The types of fx.As take
// the place of the results.
func (f *function) giveTagged(results []types.Type, tags []reflect.StructTag, as []types.Type) {
	if len(as) > 0 && len(results) == 1 {
		results = as
		for len(tags) > 0 && len(tags) < len(as) {
			tags = append(tags, tags[0])
		}
	}
	for i, t := range results {
		var tag reflect.StructTag
		if i < len(tags) {
			tag = tags[i]
		}
		switch group := tag.Get("group"); {
		case group != "":
			f.Feeds = append(f.Feeds, groupOf(group, t))
		case tag.Get("name") != "":
		default:
			f.give(t)
		}
	}
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
		return p.notUnderstood(call)
	}
	var parts []part
	for _, e := range call.Args {
		x := part{Kind: supply, Func: &function{}, At: p.place(e.Pos()), local: local{span: spanOf(e)}}
		if c, ok := p.resolved(e).(*ast.CallExpr); ok && p.isAnnotate(e) {
			p.suppliesAnnotated(x.Func, c)
		} else if t := p.typeOf(e); types.IsInterface(t) {
			x.Func.Unknown = true
		} else {
			x.Func.Gives = []typeInfo{typeInfoOf(t)}
		}
		parts = append(parts, x)
	}
	return parts
}

func (p *pkg) suppliesAnnotated(f *function, call *ast.CallExpr) {
	results := []types.Type{p.typeOf(call.Args[0])}
	var as []types.Type
	var tags []reflect.StructTag
	for _, e := range call.Args[1:] {
		annotation, name := p.annotation(e)
		switch {
		case name == "As":
			as = append(as, p.interfaces(annotation)...)
		case name == "ResultTags":
			tags = p.structTags(annotation)
		default:
			f.Unknown = true
		}
	}
	f.giveTagged(results, tags, as)
}

// decorates returns the part of fx.Decorate or fx.Replace. Only a decorator of what rollcall
// reads counts, but what is replaced need not be built.
func (p *pkg) decorates(call *ast.CallExpr, values bool, one func(part) []part) []part {
	x := part{Kind: harmless, Func: &function{}}
	for _, e := range call.Args {
		if values && !types.IsInterface(p.typeOf(e)) {
			x.Func.Gives = append(x.Func.Gives, typeInfoOf(p.typeOf(e)))
			continue
		}
		f := p.annotated(e)
		if call.Ellipsis.IsValid() || values || f == nil || f.Unknown || len(f.Feeds) > 0 {
			return one(part{Kind: decorate})
		}
		x.Func.Gives = append(x.Func.Gives, f.Gives...)
	}
	if slices.ContainsFunc(x.Func.Gives, typeInfo.ofRollcall) {
		return one(part{Kind: decorate})
	}
	return one(x)
}
