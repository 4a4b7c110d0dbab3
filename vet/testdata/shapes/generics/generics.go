// Package generics has generic events, listeners and helpers. // want package:"uses rollcall"
package generics

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

// Changed is the event that a T has changed.
type Changed[T any] struct{ Before, After T }

type (
	Order struct{ ID string }
	Price struct{ Cents int }
)

// Log listens to changes of any type.
type Log[T any] struct {
	emitted *rollcall.Emitter[*Changed[T]]
}

func NewLog[T any](e *rollcall.Emitter[*Changed[T]]) *Log[T] { return &Log[T]{e} }

func (*Log[T]) Handle(context.Context, *Changed[T]) error { return nil }

func (*Log[T]) OnChanged(context.Context, *Changed[T]) error { return nil }

// entity returns all that one type needs.
func entity[T any](name string, tag ...tags.Tag) fx.Option {
	return fx.Module(name,
		fxevents.Event[*Changed[T]](name+".changed"),
		fxevents.AsListener(NewLog[T], tag...),
	)
}

// listenTo registers a method for any type.
func listenTo[L, E any](method func(L, context.Context, E) error, options ...tags.Option) fx.Option {
	return fxevents.Listen(method, tags.On[E](options...))
}

// Value is anything that can be contributed.
type Value[T any] struct{ value T }

func ordered[T any](name string, values ...T) fx.Option {
	options := []fx.Option{fxevents.Ordered[Value[T]](name)}
	for _, v := range values {
		options = append(options, fxevents.ContributeValue(Value[T]{v}, tags.Place(tags.ID(name+".value"))))
	}
	return fx.Options(options...)
}

// Application uses the helpers.
func Application() fx.Option {
	return fx.Options(
		fxevents.Module(),
		entity[Order]("order", `id:"log.orders" priority:"first"`),
		entity[Price]("price", `id:"log.prices"`),
		fx.Provide(NewLog[Order]),
		listenTo((*Log[Order]).OnChanged, tags.ID("again"), tags.After("log.orders")),
		ordered("names", "a"),
		ordered("numbers", 1),
	)
}
