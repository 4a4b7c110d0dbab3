package vet

import (
	"go/ast"
	"go/types"
	"reflect"
	"strings"

	"github.com/rollcall-go/rollcall/internal/callsite"
)

// fx.In and fx.Out are aliases of these.
const (
	inType  = "go.uber.org/dig.In"
	outType = "go.uber.org/dig.Out"
)

var errorType = types.Universe.Lookup("error").Type()

// is reports whether a type has an identity.
func is(t types.Type, id string) bool { return identity(t) == id }

// named returns how messages call a function, and its place. It returns "" for both if the
// function is not known by a name.
func (p *pkg) named(e ast.Expr) (name, at string) {
	e = p.resolved(e)
	switch e := e.(type) {
	case *ast.IndexExpr:
		return p.named(e.X)
	case *ast.IndexListExpr:
		return p.named(e.X)
	}
	return p.nameOfFunc(p.objectOf(e))
}

func (p *pkg) nameOfFunc(o types.Object) (name, at string) {
	fn, ok := o.(*types.Func)
	if !ok || fn.Pkg() == nil {
		return "", ""
	}
	receiver := ""
	if recv := fn.Signature().Recv(); recv != nil {
		named, ok := pointed(recv.Type()).(*types.Named)
		if !ok {
			return "", ""
		}
		receiver = "(*" + named.Obj().Name() + ")."
	}
	return callsite.Short(linked(fn.Pkg()) + "." + receiver + fn.Name()), p.place(fn.Pos())
}

// linked returns the import path of a package in the names of functions: the linker escapes
// the dots of its last part.
func linked(p *types.Package) string {
	path := importPath(p)
	last := strings.LastIndexByte(path, '/') + 1
	return path[:last] + strings.ReplaceAll(path[last:], ".", "%2e")
}

// function returns what a constructor takes and returns.
func (p *pkg) function(e ast.Expr) *function {
	f := &function{}
	f.Name, f.At = p.named(e)
	s, ok := p.typeOf(e).Underlying().(*types.Signature)
	if !ok || isGeneric(s) {
		f.Unknown = true
		return f
	}
	f.takeTagged(s, nil)
	f.giveTagged(resultsOf(s), nil, nil)
	p.findEarly(f, e)
	return f
}

// take adds a parameter, or the fields of a struct that embeds fx.In.
func (f *function) take(t types.Type, tag reflect.StructTag) {
	group, fields := tag.Get("group"), embedding(t, inType)
	switch {
	case group != "":
		f.Takes = append(f.Takes, groupOf(group, elemOf(t)))
	case tag.Get("name") != "" || tag.Get("optional") == "true":
	case fields != nil:
		eachField(fields, inType, f.take)
	default:
		n := need{Type: typeInfoOf(t)}
		if e := emitted(t); e != nil {
			n.Emitter, n.EventID = reflected(e), identity(e)
		}
		f.Needs = append(f.Needs, n)
	}
}

// addResult adds a result, or the fields of a struct that embeds fx.Out.
func (f *function) addResult(t types.Type, tag reflect.StructTag) {
	group, fields := tag.Get("group"), embedding(t, outType)
	switch {
	case group != "":
		f.Feeds = append(f.Feeds, groupOf(group, t))
	case tag.Get("name") != "":
	case fields != nil:
		eachField(fields, outType, f.addResult)
	default:
		f.Gives = append(f.Gives, typeInfoOf(t))
	}
}

// eachField calls do for each field of a struct that embeds fx.In or fx.Out, except for that.
func eachField(fields *types.Struct, embedded string, do func(types.Type, reflect.StructTag)) {
	for i := range fields.NumFields() {
		if field := fields.Field(i); !field.Embedded() || !is(field.Type(), embedded) {
			do(field.Type(), reflect.StructTag(fields.Tag(i)))
		}
	}
}

func elemOf(t types.Type) types.Type {
	if s, ok := t.Underlying().(*types.Slice); ok {
		return s.Elem()
	}
	return t
}

// groupOf returns a value in the group of a struct tag, which may have options.
func groupOf(tag string, t types.Type) inGroup {
	name, options, _ := strings.Cut(tag, ",")
	if strings.Contains(options, "flatten") {
		t = elemOf(t)
	}
	return inGroup{Group: name, Type: identity(t), Text: reflected(t)}
}

// embedding returns the fields of a struct that embeds fx.In or fx.Out, or nil.
func embedding(t types.Type, embedded string) *types.Struct {
	fields, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for f := range fields.Fields() {
		if f.Embedded() && is(f.Type(), embedded) {
			return fields
		}
	}
	return nil
}

// emitted returns the event type of an emitter, or nil for another type.
func emitted(t types.Type) types.Type {
	pointer, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return nil
	}
	named, ok := types.Unalias(pointer.Elem()).(*types.Named)
	if !ok || named.Obj().Name() != "Emitter" || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != rootPath || named.TypeArgs().Len() != 1 {
		return nil
	}
	return named.TypeArgs().At(0)
}
