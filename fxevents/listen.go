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
// several methods of a type listen to one event, the method is part of each ID:
// "recipes.Indexer.OnCreated". Give IDs where others name such a listener.
func Listen[L, E any](method func(L, context.Context, E) error, tag ...tags.Tag) fx.Option {
	r := registration{source: source.Caller(0), target: method}
	if method == nil {
		return fx.Provide(r.problem(errors.New("the method is nil")))
	}
	var provided []any
	for _, t := range orOne(tag) {
		fields, err := tags.Parse(t)
		if fields.Method != "" {
			err = errors.Join(err, errors.New("the tag's key method has no meaning here: the method is given"))
		}
		if err != nil {
			provided = append(provided, r.problem(err))
		}
		fields.Method = ""
		provided = append(provided, listenOne(method, fields, r))
		provided = append(provided, r.groupUse(fields)...)
	}
	return fx.Provide(provided...)
}

// orOne is the tags, or the empty tag where there is none.
func orOne(tag []tags.Tag) []tags.Tag {
	if len(tag) == 0 {
		return []tags.Tag{""}
	}
	return tag
}

func listenOne[L, E any](method func(L, context.Context, E) error, fields tags.Fields, r registration) fx.Annotated {
	byDefault := fields.ID == ""
	if byDefault {
		fields.ID = source.Type(reflect.TypeFor[L]())
	}
	return fx.Annotated{Group: groupOf(fields), Target: func(a *Assembly, component L) provider.Listener {
		l := provider.FromFunc(func(ctx context.Context, e E) error { return method(component, ctx, e) }, fields)
		l.Source, l.Declared = r.source, a.nextDeclared()
		if byDefault {
			a.longIDs[l.Declared] = func() string { return fields.ID + "." + methodName(method) }
		}
		return l
	}}
}

// methodName is "OnCreated" for (*Indexer).OnCreated.
func methodName(method any) string {
	name, _ := source.Func(method)
	return name[strings.LastIndexByte(name, '.')+1:]
}
