package vet

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/types"

	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/tags"
)

const listenerType = rootPath + ".Listener"

// asListener returns the listeners of a call of AsListener, and reports what is wrong with
// them.
func (p *pkg) asListener(call *ast.CallExpr) []part {
	r := registration{pkg: p, call: call, target: call.Args[0]}
	result, err := p.resultOf(call.Args[0])
	if err != nil {
		r.fail(badConstructor, spanOf(call.Args[0]), err)
		return []part{{Kind: listener, Call: "fxevents.AsListener", Broken: true, Hidden: true}}
	}
	tag, known := r.tagsOf(1)
	f := r.function(r.target)
	if result == nil || !known {
		return []part{{Kind: listener, Call: "fxevents.AsListener", Hidden: true, Func: f}}
	}
	r.reportEarly(f)
	var parts []part
	for _, t := range tag {
		parts = append(parts, r.listenerOf(f, result, t))
		parts[len(parts)-1].Name = cmp.Or(parts[0].fields().ID, idOf(result))
	}
	return parts
}

// resultOf returns the type that a constructor returns. It is nil if that is not known.
func (p *pkg) resultOf(constructor ast.Expr) (types.Type, error) {
	t := p.typeOf(constructor)
	if text := p.otherThanFunc(constructor); text != "" {
		return nil, fmt.Errorf("AsListener takes a constructor function, not a %s: %s", text, p.insteadOf(constructor))
	}
	s, ok := t.Underlying().(*types.Signature)
	if !ok || isGeneric(t) {
		return nil, nil
	}
	out := s.Results()
	if s.Params().Len() > 0 && (out.Len() == 0 || out.Len() == 1 && out.At(0).Type() == errorType) {
		return nil, errors.New("this is the listener itself: return it from a function, and give it an id")
	}
	fails := out.Len() == 2 && out.At(1).Type() == errorType
	if out.Len() != 1 && !fails || out.At(0).Type() == errorType || embedding(out.At(0).Type(), outType) != nil {
		return nil, fmt.Errorf("the constructor must return one listener, or a listener and an error, but it is %s: "+
			"for more, put rollcall.Listener values into the group %q with fx.Out", reflected(t), "event_listener")
	}
	return out.At(0).Type(), nil
}

// otherThanFunc returns the type of something that is no constructor, as messages have it,
// or "" for a function and for what is not known.
func (p *pkg) otherThanFunc(e ast.Expr) string {
	if p.isAnnotate(e) {
		return "fx.annotated"
	}
	t := p.typeOf(e)
	if p.info.Types[ast.Unparen(e)].IsNil() {
		return "<nil>"
	}
	switch t.Underlying().(type) {
	case *types.Signature, *types.Interface:
		return ""
	}
	if t == types.Typ[types.Invalid] || isGeneric(t) {
		return ""
	}
	return reflected(t)
}

func (p *pkg) isAnnotate(e ast.Expr) bool {
	_, name := p.fxCall(e)
	return name == "Annotate"
}

// insteadOf returns what to write instead of something that is not a constructor.
func (p *pkg) insteadOf(e ast.Expr) string {
	if p.isAnnotate(e) || is(p.typeOf(e), fxPath+".Annotated") {
		return "pass the constructor itself, and name its parameters with a struct that embeds fx.In"
	}
	return "pass a function that returns it"
}

// listenerOf returns the listener that AsListener makes of a constructor's result.
func (r registration) listenerOf(f *function, result types.Type, t written) part {
	x := r.tagged("fxevents.AsListener", t)
	x.Func, x.Of = f, typeInfoOf(result)
	switch {
	case is(result, listenerType):
		x.Hidden = true
		if x.fields().Method != "" {
			r.failTag(x, "method", badListener, errors.New("a rollcall.Listener has its function: drop method from its tag"))
		}
	case types.IsInterface(result):
		x.Hidden = true
	case isSubscriber(result):
		x.Hidden = true
		if f := x.fields(); f.Event != "" || f.ID != "" || f.Method != "" || f.Async != "" || !f.Placement.IsZero() {
			r.failTag(x, "", badListener, fmt.Errorf("%s lists its own subscriptions: drop event, id, method, priority, labels, before, after and async from its tag", reflected(result)))
		}
	default:
		r.handler(&x, result)
	}
	return x
}

func isSubscriber(t types.Type) bool {
	return hasMethod(t, "Subscriptions", "func() []rollcall.Listener")
}

// handler sets what the method of a listener, or a listener that is a function, takes.
func (r registration) handler(x *part, t types.Type) {
	takes, err := handled(t, x.fields())
	if err == nil && isFunction(t) && x.fields().ID == "" {
		err = fmt.Errorf("a listener that is a plain %s needs an ID: give its tag an id", reflected(t))
	}
	if err != nil {
		x.Broken = true
		r.failMethod(x, t, err)
		return
	}
	x.Type, x.ID = typeInfoOf(takes), cmp.Or(x.fields().ID, idOf(t))
	x.ByType = x.fields().ID == ""
	if method := x.fields().Method; method != "" && x.ByType {
		x.Long = x.ID + "." + method
	}
}

func isFunction(t types.Type) bool { _, is := t.Underlying().(*types.Signature); return is }

// handled returns the event type that a listener's function takes.
func handled(t types.Type, fields tags.Fields) (types.Type, error) {
	s, what := signatureOf(t), "a listener function"
	if !isFunction(t) || fields.Method != "" {
		name := cmp.Or(fields.Method, "Handle")
		if s = methodOf(t, name); s == nil {
			return nil, noMethod(t, name, fields.Method == "")
		}
		what = fmt.Sprintf("method %s of %s", name, reflected(t))
	}
	takes := eventOf(s)
	switch {
	case takes == nil:
		return nil, fmt.Errorf("%s must have one of the forms func(E), func(E) error, "+
			"func(context.Context, E), func(context.Context, E) error, "+
			"func(context.Context, E, rollcall.Origin), func(context.Context, E, rollcall.Origin) error; it is %s", what, formOf(t, s, fields))
	case is(takes, "context.Context"):
		return nil, fmt.Errorf("%s takes a context.Context and no event, so that it would never be called: "+
			"name another method, or add a parameter for the event", what)
	}
	return takes, nil
}

// formOf returns the type of a listener's function, for a message.
func formOf(t types.Type, s *types.Signature, fields tags.Fields) string {
	if isFunction(t) && fields.Method == "" {
		return reflected(t)
	}
	return reflected(s)
}

func signatureOf(t types.Type) *types.Signature {
	s, _ := t.Underlying().(*types.Signature)
	return s
}

// methodOf returns the signature of an exported method that the container's value has.
func methodOf(t types.Type, name string) *types.Signature {
	m := types.NewMethodSet(t).Lookup(nil, name)
	if m == nil || !m.Obj().Exported() {
		return nil
	}
	return m.Type().(*types.Signature)
}

// eventOf returns the type of the event parameter of a function in one of the forms of
// rollcall.Func, or nil.
func eventOf(s *types.Signature) types.Type {
	var in []types.Type
	for v := range s.Params().Variables() {
		in = append(in, v.Type())
	}
	withContext := len(in) > 1 && is(in[0], "context.Context")
	if withContext {
		in = in[1:]
	}
	if withContext && len(in) == 2 && is(in[1], rootPath+".Origin") {
		in = in[:1]
	}
	out := s.Results()
	if len(in) != 1 || s.Variadic() || out.Len() > 1 || out.Len() == 1 && out.At(0).Type() != errorType {
		return nil
	}
	return in[0]
}

func noMethod(t types.Type, name string, byDefault bool) error {
	methods, fitting := methodsOf(t)
	near := suggest.DidYouMean(name, methods)
	if methodOf(types.NewPointer(t), name) != nil {
		return fmt.Errorf("%s has no method %s, but *%s has: use a *%[1]s", reflected(t), name, reflected(t))
	}
	switch {
	case !byDefault:
		return fmt.Errorf("%s has no method %s%s", reflected(t), name, near)
	case near == "" && len(fitting) == 1:
		near = fmt.Sprintf(", as method:%q", fitting[0])
	}
	return fmt.Errorf("%s has no method Handle: add one, or name another by the tag's method key%s", reflected(t), near)
}

// methodsOf returns the names of the exported methods of a type, and of those that can be
// listeners.
func methodsOf(t types.Type) (all, fitting []string) {
	for m := range types.NewMethodSet(t).Methods() {
		if !m.Obj().Exported() {
			continue
		}
		all = append(all, m.Obj().Name())
		if takes := eventOf(m.Type().(*types.Signature)); takes != nil && !is(takes, "context.Context") {
			fitting = append(fitting, m.Obj().Name())
		}
	}
	return all, fitting
}

// failMethod reports a listener that can't be called. If a method of a similar name is
// there, it suggests that.
func (r registration) failMethod(x *part, t types.Type, err error) {
	method := x.fields().Method
	if x.text == nil || method == "" {
		r.fail(badListener, r.spanOfTag(x), err)
		return
	}
	near := ""
	if methodOf(t, method) == nil {
		_, fitting := methodsOf(t)
		near, _ = suggest.Name(method, fitting)
	}
	at, fixes := renamed(x.text, method, near)
	r.fail(badListener, at, err, fixes...)
}

// listen returns the listeners of a call of Listen, and reports what is wrong with them.
func (p *pkg) listen(call *ast.CallExpr) []part {
	r := registration{pkg: p, call: call, target: call.Args[0]}
	if p.info.Types[ast.Unparen(call.Args[0])].IsNil() {
		r.fail(badListener, spanOf(call.Args[0]), errors.New("the method is nil"))
		return []part{{Kind: listener, Call: "fxevents.Listen", Broken: true, Hidden: true}}
	}
	args := p.typeArgs(call)
	tag, known := r.tagsOf(1)
	if len(args) != 2 || isGeneric(args[0]) || isGeneric(args[1]) || !known {
		return []part{{Kind: listener, Call: "fxevents.Listen", Hidden: true}}
	}
	component, takes := args[0], args[1]
	var parts []part
	for _, t := range tag {
		x := r.tagged("fxevents.Listen", t)
		f := x.fields()
		if f.Method != "" {
			r.failTag(x, "method", badTag, errors.New("the tag names a method, but Listen already has one: drop method from the tag"))
		}
		x.Func, x.Of = &function{Needs: []need{{Type: typeInfoOf(component)}}}, typeInfoOf(component)
		x.Func.Name, x.Func.At = p.named(r.target)
		x.Type, x.ID, x.ByType = typeInfoOf(takes), cmp.Or(f.ID, idOf(component)), f.ID == ""
		if name := p.lastName(call.Args[0]); name != "" && x.ByType {
			x.Long = x.ID + "." + name
		} else if x.ByType {
			x.Hidden = true // a literal has no name that is known here
		}
		parts = append(parts, x)
	}
	return parts
}

// lastName returns the name of a method or function without its package and type.
func (p *pkg) lastName(e ast.Expr) string {
	if fn, ok := p.objectOf(p.resolved(e)).(*types.Func); ok {
		return fn.Name()
	}
	return ""
}
