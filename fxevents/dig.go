package fxevents

import (
	"reflect"
	"strconv"
	"sync"

	"go.uber.org/dig"
)

// DigContainer returns a function for provider.NewContainer that reads from a dig
// container. The function returns the T that the container provides under the name id, or
// dig's error. It may be called concurrently, but nothing else may use the container at the
// same time. The container's constructors must not dispatch events whose listeners come
// from the container: such a dispatch deadlocks.
func DigContainer[T any](c *dig.Container) func(id string) (any, error) {
	var mu sync.Mutex // a dig container is not for concurrent use
	return func(id string) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		in := reflect.StructOf([]reflect.StructField{
			{Name: "In", Type: reflect.TypeFor[dig.In](), Anonymous: true},
			{Name: "Value", Type: reflect.TypeFor[T](), Tag: reflect.StructTag("name:" + strconv.Quote(id))},
		})
		var value any
		take := func(args []reflect.Value) []reflect.Value {
			value = args[0].FieldByName("Value").Interface()
			return nil
		}
		err := c.Invoke(reflect.MakeFunc(reflect.FuncOf([]reflect.Type{in}, nil, false), take).Interface())
		return value, err
	}
}
