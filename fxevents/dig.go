package fxevents

import (
	"reflect"
	"strconv"
	"sync"

	"go.uber.org/dig"

	"github.com/rollcall-go/rollcall/provider"
)

// DigContainer adapts a dig container for provider.NewContainer: an ID is the
// name under which the container has a T. It may be used concurrently; a
// container that is also used otherwise must not be at the same time: nor may its
// constructors dispatch events whose listeners come from it.
func DigContainer[T any](c *dig.Container) provider.Getter {
	return &digContainer[T]{container: c}
}

type digContainer[T any] struct {
	mu        sync.Mutex // a dig container is not for concurrent use
	container *dig.Container
}

// Get gives the T of that name. The error is dig's.
func (c *digContainer[T]) Get(id string) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := reflect.StructOf([]reflect.StructField{
		{Name: "In", Type: reflect.TypeFor[dig.In](), Anonymous: true},
		{Name: "Value", Type: reflect.TypeFor[T](), Tag: reflect.StructTag("name:" + strconv.Quote(id))},
	})
	var value any
	take := func(args []reflect.Value) []reflect.Value {
		value = args[0].FieldByName("Value").Interface()
		return nil
	}
	err := c.container.Invoke(reflect.MakeFunc(reflect.FuncOf([]reflect.Type{in}, nil, false), take).Interface())
	return value, err
}
