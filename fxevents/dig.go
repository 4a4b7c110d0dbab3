package fxevents

import (
	"reflect"
	"strconv"
	"sync"

	"go.uber.org/dig"
)

// DigContainer returns a function for provider.NewContainer that takes values of type T
// from a dig container. An ID is the name under which the container has a T. The error is
// dig's. The function may be used concurrently. Nobody else may use the container at the
// same time, and its constructors must not dispatch events whose listeners come from it.
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
