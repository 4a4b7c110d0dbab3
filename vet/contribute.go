package vet

import (
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"slices"

	"github.com/rollcall-go/rollcall/internal/callsite"
)

// contribute returns the contribution of a call of Contribute, and reports what is wrong
// with it.
func (p *pkg) contribute(call *ast.CallExpr) []part {
	r := registration{pkg: p, call: call, target: call.Args[0], list: true}
	of := p.typeArg(call)
	if of == nil {
		return []part{{Kind: contribution, Call: "fxevents.Contribute", Hidden: true}}
	}
	x := r.contribution("fxevents.Contribute", of)
	x.Func = r.function(call.Args[0])
	r.reportEarly(x.Func)
	result, err := p.memberOf(call.Args[0], of)
	if err != nil {
		r.fail(badConstructor, spanOf(call.Args[0]), err)
		x.Broken = true
		return []part{x}
	}
	if result == nil {
		x.Hidden = true
	} else if err := r.identify(&x, result, true); err != nil {
		r.fail(badContribution, spanOf(call.Args[0]), err)
		x.Broken = true
	}
	return []part{x}
}

// contributeValue is contribute for a call of ContributeValue.
func (p *pkg) contributeValue(call *ast.CallExpr) []part {
	r := registration{pkg: p, call: call, target: call.Args[0], list: true}
	of := p.typeArg(call)
	if of == nil {
		return []part{{Kind: contribution, Call: "fxevents.ContributeValue", Hidden: true}}
	}
	x := r.contribution("fxevents.ContributeValue", of)
	value := p.resolved(call.Args[0])
	switch t := p.typeOf(value); {
	case p.info.Types[value].IsNil():
		r.fail(badContribution, spanOf(call.Args[0]), fmt.Errorf("the value is a nil %s: pass a value", reflected(of)))
		x.Broken = true
	case types.IsInterface(t):
		x.Hidden = true
	default:
		if !types.IsInterface(of) {
			t = of // the value is converted
		}
		if err := r.identify(&x, t, false); err != nil {
			r.fail(badContribution, spanOf(call.Args[0]), err)
			x.Broken = true
		}
	}
	return []part{x}
}

// contribution returns a contribution with its tag, and reports the tag's problems.
func (r registration) contribution(call string, of types.Type) part {
	x := part{Kind: contribution, Call: call, Type: listInfoOf(of)}
	tag, known := r.tagsOf(1)
	switch {
	case !known:
		x.Hidden = true
		return x
	case len(tag) > 1:
		r.fail(badTag, spanOf(r.call), errors.New("it has more than one tag: write one"))
	}
	tagged := r.tagged(call, tag[0])
	x.Tag, x.text = tagged.Tag, tagged.text
	f := x.fields()
	for _, key := range []struct{ value, name, why string }{
		{f.Event, "event", "a contribution goes to the list of its type"},
		{f.Method, "method", "a contribution is a value, not a method"},
		{f.Group, "group", "a list has no group"},
		{f.Async, "async", "nothing in a list is asynchronous"},
	} {
		if key.value != "" {
			r.failTag(x, key.name, badTag, fmt.Errorf("the tag has the key %s, but %s: drop %s from the tag", key.name, key.why, key.name))
		}
	}
	return x
}

// identify sets the ID of a contribution. A value whose type is known only at run time stays
// hidden.
func (r registration) identify(x *part, t types.Type, constructor bool) error {
	x.Of = typeInfoOf(t)
	if id := x.fields().ID; id != "" {
		x.ID = id
		return nil
	}
	if types.IsInterface(t) {
		x.Hidden = true
		return nil
	}
	if typeNames(t) {
		x.ID = idOf(t)
		return nil
	}
	target := r.resolved(r.target)
	if _, isFunc := r.typeOf(target).Underlying().(*types.Signature); !isFunc {
		return fmt.Errorf("its type %s has no name: give its tag an id", reflected(r.typeOf(target)))
	}
	if _, literal := target.(*ast.FuncLit); literal {
		return errors.New("a function literal has no name of its own: give its tag an id")
	}
	name, _ := r.named(target)
	switch {
	case r.instance(target).TypeArgs.Len() > 0:
		return errors.New("the instances of a generic function share one name: give its tag an id")
	case name == "":
		x.Hidden = true
	case constructor:
		x.ID = callsite.WithoutNew(name)
	default:
		x.ID = name
	}
	return nil
}

// typeNames reports whether the ID of a value is that of its type.
func typeNames(t types.Type) bool {
	switch t := pointed(t).(type) {
	case *types.Named:
		return !isFunction(t)
	case *types.Basic:
		return true
	}
	return false
}

// memberOf returns the type of what a constructor contributes to the list of a type. It is
// nil if that is not known.
func (p *pkg) memberOf(constructor ast.Expr, list types.Type) (types.Type, error) {
	t := p.typeOf(constructor)
	if p.info.Types[ast.Unparen(constructor)].IsNil() {
		return nil, noConstructor("<nil>", "pass a function that returns it")
	}
	member := types.AssignableTo(t, list)
	itself := fmt.Errorf("this is a %s itself, not a constructor of one: pass it to fxevents.ContributeValue", reflected(list))
	s := signatureOf(t)
	switch {
	case s == nil && types.IsInterface(t) && !p.isAnnotate(constructor), isGeneric(t):
		return nil, nil
	case member && s == nil && !p.isAnnotate(constructor):
		return nil, itself
	case s == nil:
		return nil, noConstructor(p.otherThanFunc(constructor), p.insteadOf(constructor))
	case member && (isFunction(list) || !returnsOne(s) || !types.AssignableTo(s.Results().At(0).Type(), list)):
		return nil, itself
	case !returnsOne(s):
		return nil, fmt.Errorf("the constructor must return one %s, or one and an error, but it is %s: contribute each value by a call of its own", reflected(list), reflected(t))
	case !types.AssignableTo(s.Results().At(0).Type(), list):
		return nil, notAMember(s.Results().At(0).Type(), list)
	}
	if types.IsInterface(list) {
		return s.Results().At(0).Type(), nil
	}
	return list, nil
}

func noConstructor(got, next string) error {
	return fmt.Errorf("%s takes a constructor function, not a %s: %s", "Contribute", got, next) // staticcheck takes the name for a word
}

// returnsOne reports whether a function returns one value, or a value and an error.
func returnsOne(s *types.Signature) bool {
	out := s.Results()
	fails := out.Len() == 2 && out.At(1).Type() == errorType
	return (out.Len() == 1 || fails) && embedding(out.At(0).Type(), outType) == nil
}

// notAMember returns the error for a constructor whose result the list can't hold.
func notAMember(result, list types.Type) error {
	got, want := reflected(result), reflected(list)
	if got == want {
		got, want = pathOf(result), pathOf(list)
	}
	next := "return one"
	switch {
	case types.AssignableTo(types.NewPointer(result), list):
		next = "return a *" + got
	case types.IsInterface(list):
		if method := missingMethod(result, list); method != "" {
			next = "it has no method " + method
		}
	case sameKind(result, list) && types.ConvertibleTo(result, list):
		next = "convert it to " + want
	}
	return fmt.Errorf("it returns %s, which is not a %s: %s", got, want, next)
}

func sameKind(a, b types.Type) bool {
	x, y := a.Underlying(), b.Underlying()
	if basic, ok := x.(*types.Basic); ok {
		other, ok := y.(*types.Basic)
		return ok && basic.Kind() == other.Kind()
	}
	return fmt.Sprintf("%T", x) == fmt.Sprintf("%T", y)
}

// missingMethod returns the first method, in the order of names, of an interface that a type
// lacks, or "" if it has all names.
func missingMethod(t, of types.Type) string {
	set := types.NewMethodSet(t)
	var missing []string
	for m := range of.Underlying().(*types.Interface).Methods() {
		if set.Lookup(m.Pkg(), m.Name()) == nil {
			missing = append(missing, m.Name())
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return slices.Min(missing)
}
