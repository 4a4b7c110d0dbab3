package event

import (
	"reflect"
	"strings"
)

// Key is what listeners subscribe to: a Go type or a name. Keys are comparable with ==.
// The zero Key matches no event, and a listener that has it is invalid.
type Key struct {
	typ  reflect.Type
	name string
}

// KeyOf is the key of the type E, which may be an interface.
func KeyOf[E any]() Key { return Key{typ: reflect.TypeFor[E]()} }

// TypeKey returns the key of the type t, or the zero Key for nil.
func TypeKey(t reflect.Type) Key { return Key{typ: t} }

// NameKey returns the key of the events with this name.
func NameKey(name string) Key { return Key{name: name} }

// Type is the Go type, or nil for the key of a name.
func (k Key) Type() reflect.Type { return k.typ }

// Name is the name, or "" for the key of a type.
func (k Key) Name() string { return k.name }

// IsInterface reports whether the key is an interface type. Its listeners are called for
// every event that implements the interface.
func (k Key) IsInterface() bool { return k.typ != nil && k.typ.Kind() == reflect.Interface }

// String is the name, or the type with its package's name: "*recipes.Created".
func (k Key) String() string {
	if k.typ == nil {
		return k.name
	}
	return k.typ.String()
}

// Path is the name, or the type with its package's import path:
// "*github.com/acme/recipes.Created". Unnamed types are as in String.
func (k Key) Path() string {
	if k.typ == nil {
		return k.name
	}
	stars, t := "", k.typ
	for t.Kind() == reflect.Pointer && t.Name() == "" {
		stars, t = stars+"*", t.Elem()
	}
	if t.PkgPath() == "" {
		return k.typ.String()
	}
	return stars + t.PkgPath() + "." + t.Name()
}

// Matches reports whether text is this key's name, or its type with the package's name or
// import path. The "*" of a pointer is optional: "recipes.Created" matches
// *recipes.Created.
func (k Key) Matches(text string) bool {
	if k.typ == nil {
		return k.name == text && text != ""
	}
	for _, full := range []string{k.String(), k.Path()} {
		if text == full || text == strings.TrimLeft(full, "*") {
			return true
		}
	}
	return false
}
