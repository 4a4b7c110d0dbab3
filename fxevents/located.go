package fxevents

import (
	"reflect"

	"go.uber.org/fx"
)

// locatedAt returns a constructor that the container's messages show at a place of the
// application instead of this package: the program counter of the call that provides it.
// Fx has this for the functions that it wraps itself. Where Fx lacks the field, the
// messages show the constructor.
func locatedAt(pc uintptr, constructor any) any {
	annotated := reflect.ValueOf(fx.Annotate(constructor))
	if annotated.Kind() != reflect.Struct || pc == 0 {
		return constructor
	}
	located := reflect.New(annotated.Type()).Elem()
	located.Set(annotated)
	field := located.FieldByName("FuncPtr")
	if !field.IsValid() || field.Kind() != reflect.Uintptr {
		return constructor
	}
	field.SetUint(uint64(pc))
	return located.Interface()
}
