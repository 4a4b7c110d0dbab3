package fxevents

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/tags"
)

// Listen registers a method as a listener of the event type E, once for each tag, or once
// if there are no tags. The container must provide the component L that has the method. A
// tag may have all keys of package tags except method. A nil method and a bad tag are
// reported by fx.New, in an [*AssemblyError].
//
// The default ID is the component's package and type, "recipes.Indexer". If several methods
// of a type listen to one event, the method is part of each ID: "recipes.Indexer.OnCreated".
// Set an ID if the hints of other listeners name this one: a second method changes the
// default.
//
// If the container lacks the component, its error names a function of this package. The
// place of the Listen call is then logged to slog.Default().
func Listen[L, E any](method func(L, context.Context, E) error, tag ...tags.Tag) fx.Option {
	at := callsite.Caller(0)
	return fx.Options(fx.Provide(listens(method, at, tag)...), fx.ErrorHook(componentHint{reflect.TypeFor[L](), at}))
}

// listens returns the constructors that Listen provides. The argument at is the place of
// the call. listens is not part of Listen because Fx looks up a position in Listen, and
// that takes longer if Listen has more code.
func listens[L, E any](method func(L, context.Context, E) error, at string, tag []tags.Tag) []any {
	r := registration{source: at, target: method}
	if method == nil {
		return []any{r.loss(errors.New("the method is nil"))}
	}
	provided := make([]any, 0, max(1, len(tag)))
	for _, t := range orOne(tag) {
		fields, err := tags.Parse(t)
		if fields.Method != "" {
			err = errors.Join(err, errors.New("the tag names a method, but Listen already has one: drop method from the tag"))
		}
		if err != nil {
			provided = append(provided, r.problem(err))
		}
		fields.Method = ""
		provided = append(provided, listen(method, fields, at))
		provided = append(provided, r.groupUse(fields.Group)...)
	}
	return provided
}

// orOne returns the tags, or one empty tag if there are none.
func orOne(tag []tags.Tag) []tags.Tag {
	if len(tag) == 0 {
		return []tags.Tag{""}
	}
	return tag
}

// listen returns a constructor that makes a listener from a component. The constructor
// returns a list of one, because the container inspects less of a list than of a struct.
func listen[L, E any](method func(L, context.Context, E) error, fields tags.Fields, at string) fx.Annotated {
	byDefault := fields.ID == ""
	if byDefault {
		fields.ID = callsite.Type(reflect.TypeFor[L]())
	}
	return fx.Annotated{Group: listOf(fields.Group), Target: func(m module, component L) []rollcall.Listener {
		l := rollcall.FromFunc(func(ctx context.Context, e E) error { return method(component, ctx, e) }, fields)
		a := m.assembly()
		l.Source = at
		l = a.placed(l)
		if byDefault {
			a.defaultID(&l, reflect.TypeFor[L](), func() string { return fields.ID + "." + methodName(method) })
		}
		return []rollcall.Listener{l}
	}}
}

// methodName returns the name of a method, such as "OnCreated" for (*Indexer).OnCreated.
func methodName(method any) string {
	name, _ := callsite.Func(method)
	return name[strings.LastIndexByte(name, '.')+1:]
}
