package fxevents

import (
	"errors"
	"reflect"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// Ordered declares a list and provides it as []T: HTTP middlewares, migrations, start
// hooks, or other values of one type that modules contribute with [Contribute], in an order
// that is the same in every run. A list follows the rules of listeners, see package
// ordering. Order files, [Sequence], [Off], the report and the errors work as for listeners.
// Order files name the list with the key list instead of event:
//
//	services:
//	  log.Logging:
//	    tags: [ { name: event_listener, list: http.middleware, priority: first } ]
//
// T may be an interface, a function type, a struct or a pointer. The module that defines
// the type declares the list, once: for a second list of the same T, Fx reports that []T is
// already provided, with both places. Define a type of its own for each list. The name must
// differ from those of other lists and of events.
//
// All consumers get one slice, which they must not change. It is empty, and not nil, if
// nobody contributes. fx.Decorate may replace it. A constructor that runs before the
// listeners are assembled gets the same slice. If something is wrong with the list, it gets
// all members in declared order, and fx.New then reports all problems in an
// [*AssemblyError]. That also checks lists that nobody consumes.
//
// Lists are sorted once, when the container builds them. A consumer pays nothing for the
// order. The slice may be read concurrently.
func Ordered[T any](name string) fx.Option {
	at := callsite.Caller(0)
	list := declaredList{name: name, source: at, typ: reflect.TypeFor[T]()}
	return fx.Options(
		fx.Provide(
			locatedAt(callsite.PC(0), defineOneTypeForEachList[T](name, at)),
			fx.Annotated{Group: listGroup, Target: func(m module) declaredList {
				list := list
				list.declared = m.assembly().nextDeclared()
				return list
			}},
		),
		needsModule("fxevents.Ordered", at),
	)
}

// declaredList is a list at its place in declared order.
type declaredList struct {
	declared     int
	name, source string
	typ          reflect.Type // of its members
}

// check returns an error if the list can't have its name.
func (l declaredList) check() error {
	switch l.name {
	case "":
		return errors.New("a list needs a name: order files and reports call it by that")
	case orderfile.Every:
		return errors.New("a list can't be named *, which stands for all lists and events: give it another name")
	}
	return nil
}

// listIn is what a list is made from.
type listIn[T any] struct {
	fx.In

	Module        module               `optional:"true"`
	Contributions []*contributionTo[T] `group:"rollcall.list"`
}

// defineOneTypeForEachList returns the constructor of a list. The container shows the name
// of this function if two lists have one type, so it must not be inlined.
//
//go:noinline
func defineOneTypeForEachList[T any](name, at string) any {
	return func(in listIn[T]) ([]T, error) {
		if err := (maybeModule{Module: in.Module}).require("fxevents.Ordered", at); err != nil {
			return nil, err
		}
		members := make([]*contribution, len(in.Contributions))
		for i, c := range in.Contributions {
			members[i] = c.core()
		}
		order := in.Module.assembly().orderOfList(name, members)
		list := make([]T, len(order))
		for i, at := range order {
			list[i] = in.Contributions[at].value
		}
		return list, nil
	}
}
