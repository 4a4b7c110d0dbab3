package vet

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// reflected returns a type as package reflect prints it, and so as the messages of an
// application have it.
func reflected(t types.Type) string {
	return printer{nameOf}.text(t)
}

// identity returns a text that only identical types have.
func identity(t types.Type) string {
	return printer{named: func(o *types.TypeName) string {
		if o.Pkg() == nil {
			return o.Name()
		}
		return o.Pkg().Path() + "." + o.Name()
	}}.text(t)
}

// pathOf returns a type as event.Key.Path has it: with its import path.
func pathOf(t types.Type) string {
	stars, of := "", types.Unalias(t)
	for {
		pointer, ok := of.(*types.Pointer)
		if !ok {
			break
		}
		stars, of = stars+"*", types.Unalias(pointer.Elem())
	}
	named, ok := of.(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return reflected(t)
	}
	return stars + importPath(named.Obj().Pkg()) + "." + named.Obj().Name() + inner(named)
}

// idOf returns the default ID of a listener of a type: its package and name.
func idOf(t types.Type) string {
	return strings.NewReplacer(",", " ", "*", "").Replace(reflected(t))
}

// importPath returns the import path that a program has for a package.
func importPath(p *types.Package) string {
	if p.Name() == "main" {
		return "main"
	}
	return p.Path()
}

func nameOf(o *types.TypeName) string {
	if o.Pkg() == nil {
		return o.Name()
	}
	return o.Pkg().Name() + "." + o.Name()
}

// inner returns the type arguments of a type. Package reflect prints them with import paths.
func inner(named *types.Named) string {
	args := named.TypeArgs()
	if args.Len() == 0 {
		return ""
	}
	texts := make([]string, args.Len())
	for i := range texts {
		texts[i] = printer{named: func(o *types.TypeName) string {
			if o.Pkg() == nil {
				return o.Name()
			}
			return importPath(o.Pkg()) + "." + o.Name()
		}}.text(args.At(i))
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// printer prints types in the syntax of package reflect.
type printer struct{ named func(*types.TypeName) string }

func (p printer) text(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return types.Default(t).(*types.Basic).Name()
	case *types.Named:
		return p.named(t.Obj()) + inner(t)
	case *types.TypeParam:
		return t.Obj().Name()
	case *types.Pointer:
		return "*" + p.text(t.Elem())
	case *types.Slice:
		return "[]" + p.text(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + p.text(t.Elem())
	case *types.Map:
		return "map[" + p.text(t.Key()) + "]" + p.text(t.Elem())
	case *types.Chan:
		return p.channel(t)
	case *types.Signature:
		return "func" + p.signature(t)
	case *types.Struct:
		return p.structure(t)
	case *types.Interface:
		return p.methods(t)
	}
	return fmt.Sprint(t)
}

func (p printer) channel(t *types.Chan) string {
	switch t.Dir() {
	case types.SendOnly:
		return "chan<- " + p.text(t.Elem())
	case types.RecvOnly:
		return "<-chan " + p.text(t.Elem())
	}
	return "chan " + p.text(t.Elem())
}

func (p printer) signature(t *types.Signature) string {
	in := p.tuple(t.Params())
	if t.Variadic() {
		last := len(in) - 1
		in[last] = "..." + strings.TrimPrefix(in[last], "[]")
	}
	text := "(" + strings.Join(in, ", ") + ")"
	switch out := p.tuple(t.Results()); len(out) {
	case 0:
		return text
	case 1:
		return text + " " + out[0]
	default:
		return text + " (" + strings.Join(out, ", ") + ")"
	}
}

func (p printer) tuple(t *types.Tuple) []string {
	texts := make([]string, t.Len())
	for i := range texts {
		texts[i] = p.text(t.At(i).Type())
	}
	return texts
}

func (p printer) structure(t *types.Struct) string {
	if t.NumFields() == 0 {
		return "struct {}"
	}
	fields := make([]string, t.NumFields())
	for i := range fields {
		f := t.Field(i)
		if fields[i] = p.text(f.Type()); !f.Embedded() {
			fields[i] = f.Name() + " " + fields[i]
		}
		if tag := t.Tag(i); tag != "" {
			fields[i] += " " + strconv.Quote(tag)
		}
	}
	return "struct { " + strings.Join(fields, "; ") + " }"
}

func (p printer) methods(t *types.Interface) string {
	if t.NumMethods() == 0 {
		return "interface {}"
	}
	methods := make([]string, t.NumMethods())
	for i := range methods {
		methods[i] = t.Method(i).Name() + p.signature(t.Method(i).Signature())
	}
	return "interface { " + strings.Join(methods, "; ") + " }"
}

// isGeneric reports whether a type depends on a type parameter.
func isGeneric(t types.Type) bool {
	found := false
	var visit func(types.Type)
	tuple := func(of *types.Tuple) {
		for v := range of.Variables() {
			visit(v.Type())
		}
	}
	visit = func(t types.Type) {
		switch t := types.Unalias(t).(type) {
		case *types.TypeParam:
			found = true
		case *types.Named:
			for arg := range t.TypeArgs().Types() {
				visit(arg)
			}
		case *types.Pointer:
			visit(t.Elem())
		case *types.Slice:
			visit(t.Elem())
		case *types.Array:
			visit(t.Elem())
		case *types.Map:
			visit(t.Key())
			visit(t.Elem())
		case *types.Chan:
			visit(t.Elem())
		case *types.Signature:
			tuple(t.Params())
			tuple(t.Results())
		case *types.Struct:
			for f := range t.Fields() {
				visit(f.Type())
			}
		}
	}
	visit(t)
	return found
}
