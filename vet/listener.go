package vet

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/tags"
)

const listenerType = rootPath + ".Listener"

// registration is a call of AsListener, Listen, Contribute or ContributeValue.
type registration struct {
	*pkg
	call   *ast.CallExpr
	target ast.Expr // the method, constructor or value
	list   bool
}

// errorf returns an error as the application has it: with the target and both places.
func (r registration) message(err error) string {
	what, done := "listener", "registered"
	if r.list {
		what, done = "value", "contributed"
	}
	name, at := r.named(r.target)
	if name == "" {
		return fmt.Sprintf("the %s %s at %s: %v", what, done, r.place(r.call.Pos()), err)
	}
	return fmt.Sprintf("%s (%s), %s at %s: %v", name, at, done, r.place(r.call.Pos()), err)
}

func (r registration) fail(c category, at span, err error, fixes ...analysis.SuggestedFix) {
	r.reportAt(c, at, r.message(err), fixes...)
}

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
	if result == nil || !known {
		return []part{r.hidden("fxevents.AsListener")}
	}
	r.reportEarly(r.function(r.target))
	var parts []part
	for _, t := range tag {
		parts = append(parts, r.listenerOf(result, t))
		parts[len(parts)-1].Name = cmp.Or(parts[0].fields().ID, idOf(result))
	}
	return parts
}

// hidden returns a listener of which only the call is known.
func (r registration) hidden(call string) part {
	return part{Kind: listener, Call: call, Hidden: true, Func: r.function(r.target)}
}

// written is a tag with the expression that it is written in.
type written struct {
	text tags.Tag
	expr ast.Expr // nil if the call has no tag
}

// tagsOf returns the tags of a call from an argument on, or one empty tag. It returns false
// if one is not constant.
func (r registration) tagsOf(from int) ([]written, bool) {
	if r.call.Ellipsis.IsValid() {
		return nil, false
	}
	if len(r.call.Args) <= from {
		return []written{{}}, true
	}
	var list []written
	for _, e := range r.call.Args[from:] {
		text, ok := r.tag(e)
		if !ok {
			return nil, false
		}
		list = append(list, written{text, r.resolved(e)})
	}
	return list, true
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
func (r registration) listenerOf(result types.Type, t written) part {
	x := r.tagged("fxevents.AsListener", t)
	x.Func, x.Of = r.function(r.target), typeInfoOf(result)
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
			r.failTag(x, "", badListener, fmt.Errorf("%s lists its own subscriptions: drop event, id, method, priority, before, after and async from its tag", reflected(result)))
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
	var methods, fitting []string
	set := types.NewMethodSet(t)
	for m := range set.Methods() {
		if !m.Obj().Exported() {
			continue
		}
		methods = append(methods, m.Obj().Name())
		if takes := eventOf(m.Type().(*types.Signature)); takes != nil && !is(takes, "context.Context") {
			fitting = append(fitting, m.Obj().Name())
		}
	}
	near := suggest.DidYouMean(name, methods)
	switch {
	case !byDefault:
		return fmt.Errorf("%s has no method %s%s", reflected(t), name, near)
	case near == "" && len(fitting) == 1:
		near = fmt.Sprintf(", as method:%q", fitting[0])
	}
	return fmt.Errorf("%s has no method Handle: add one, or name another by the tag's method key%s", reflected(t), near)
}

// failMethod reports a listener that can't be called. If a method of a similar name is
// there, it suggests that.
func (r registration) failMethod(x *part, t types.Type, err error) {
	method := x.fields().Method
	if x.text == nil || method == "" {
		r.fail(badListener, r.spanOfTag(x), err)
		return
	}
	var names []string
	for m := range types.NewMethodSet(t).Methods() {
		if m.Obj().Exported() && eventOf(m.Type().(*types.Signature)) != nil {
			names = append(names, m.Obj().Name())
		}
	}
	near := ""
	if methodOf(t, method) == nil {
		near, _ = suggest.Name(method, names)
	}
	at, fixes := renamed(x.text, method, near)
	r.fail(badListener, at, err, fixes...)
}

func (r registration) spanOfTag(x *part) span {
	if x.text != nil {
		return spanOf(x.text)
	}
	return spanOf(r.call)
}

// failTag reports a problem with a key of a tag.
func (r registration) failTag(x part, key string, c category, err error) {
	at := r.spanOfTag(&x)
	if x.text != nil {
		at, _ = find(x.text, key)
	}
	r.fail(c, at, err)
}

// tagged returns a listener or a contribution with its tag, and reports the tag's problems.
func (r registration) tagged(call string, t written) part {
	x := part{Kind: listener, Call: call, Tag: string(t.text), local: local{text: t.expr}}
	if _, err := tags.Parse(t.text); err != nil {
		r.badTag(t, err)
	}
	return x
}

// badTag reports the problems of a tag together, as the application does.
func (r registration) badTag(t written, err error) {
	if t.expr == nil {
		r.fail(badTag, spanOf(r.call), err)
		return
	}
	at, fixes := keyFix(t, err)
	r.fail(badTag, at, err, fixes...)
}

// keyFix returns the place of the first problem of a tag, and the fix of a misspelt key.
func keyFix(t written, err error) (span, []analysis.SuggestedFix) {
	var first *tags.Error
	if !errors.As(err, &first) {
		return spanOf(t.expr), nil
	}
	word := wordAt(string(t.text), first.Offset)
	return renamed(t.expr, word, nearestKey(first.Message, word))
}

// wordAt returns the word of a tag that begins at an offset, without quotes.
func wordAt(tag string, offset int) string {
	rest := strings.TrimLeft(tag[min(offset, len(tag)):], "\"`")
	if end := strings.IndexAny(rest, "\"`: \t,"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// nearestKey returns the key that the message about an unknown key suggests, or "".
func nearestKey(message, key string) string {
	rest, ok := strings.CutPrefix(message, fmt.Sprintf("unknown key %q, did you mean ", key))
	near, _, found := strings.Cut(rest, "?")
	if !ok || !found {
		return ""
	}
	return near
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
	switch e := p.resolved(e).(type) {
	case *ast.Ident:
		if _, ok := p.info.Uses[e].(*types.Func); ok {
			return e.Name
		}
	case *ast.SelectorExpr:
		if _, ok := p.info.Uses[e.Sel].(*types.Func); ok {
			return e.Sel.Name
		}
	}
	return ""
}
