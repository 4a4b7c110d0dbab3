package fxevents

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// Listen makes a method of a component that the container has a listener of
// the event type E, once for each tag, or once if there is none. The tag's keys
// are those of package tags, but for method.
//
// Its default ID is the component's package and type, "recipes.Indexer". Where
// several methods of a type listen to one event, the method is part of it:
// "recipes.Indexer.OnCreated".
func Listen[L, E any](method func(L, context.Context, E) error, tag ...tags.Tag) fx.Option {
	r := registration{source: source.Caller(0)}
	r.target, r.targetSource = source.Func(method)
	if method == nil {
		return r.problem(errors.New("the method is nil"))
	}
	var options []fx.Option
	for _, t := range orOne(tag) {
		fields, err := tags.Parse(t)
		if fields.Method != "" {
			err = errors.Join(err, errors.New("the tag's key method has no meaning here: the method is given"))
		}
		if err != nil {
			options = append(options, r.problem(err))
			continue
		}
		options = append(options, listenOne(method, fields, r))
	}
	return fx.Options(options...)
}

// orOne is the tags, or the empty tag where there is none.
func orOne(tag []tags.Tag) []tags.Tag {
	if len(tag) == 0 {
		return []tags.Tag{""}
	}
	return tag
}

func listenOne[L, E any](method func(L, context.Context, E) error, fields tags.Fields, r registration) fx.Option {
	byDefault := fields.ID == ""
	if byDefault {
		fields.ID = typeID(reflect.TypeFor[L]())
	}
	return r.provide(fields, func(a *Assembly, component L) []provider.Listener {
		bound := func(ctx context.Context, e E) error { return method(component, ctx, e) }
		listeners := r.listeners(a, provider.New[E](fields.ID, bound), fields)
		for i := range listeners {
			listeners[i].Source = r.source
			if byDefault {
				a.methods[listeners[i].Declared] = r.target
			}
		}
		return listeners
	})
}

// typeID is "recipes.Indexer" for *recipes.Indexer.
func typeID(t reflect.Type) string { return strings.TrimLeft(t.String(), "*") }
