// Package source names places and functions of Go source in messages.
package source

import (
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// Caller is the place that called the function skip frames above the caller
// of Caller, as "recipes/module.go:21", or "" where it is not known.
func Caller(skip int) string {
	var pcs [1]uintptr
	if runtime.Callers(skip+3, pcs[:]) == 0 {
		return ""
	}
	at := pcs[0] - 1 // the call, not what it returns to
	return place(runtime.FuncForPC(at).FileLine(at))
}

// Func is the short name of a function, such as "recipes.Indexer.OnCreated",
// and its place. Both are "" for what is not a non-nil function.
func Func(f any) (name, at string) {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		return "", ""
	}
	fn := runtime.FuncForPC(v.Pointer())
	file, line := fn.FileLine(v.Pointer())
	return short(fn.Name()), place(file, line)
}

// At is a place behind what stands there, as " (recipes/module.go:21)"; "" for a
// place that is not known.
func At(place string) string {
	if place == "" {
		return ""
	}
	return " (" + place + ")"
}

// Both is At for two places; "" where one is not known.
func Both(a, b string) string {
	if a == "" || b == "" {
		return ""
	}
	return At(a + " and " + b)
}

// Type is the short name of a type, "recipes.Indexer" for *recipes.Indexer. It
// has no comma, even between type arguments: that would end a name in a list.
func Type(t reflect.Type) string {
	return strings.ReplaceAll(strings.TrimLeft(t.String(), "*"), ",", " ")
}

// short turns "github.com/acme/recipes.(*Indexer).OnCreated-fm" into
// "recipes.Indexer.OnCreated".
func short(name string) string {
	name = strings.TrimSuffix(path.Base(name), "-fm")
	name = strings.ReplaceAll(name, "[...]", "")
	return strings.NewReplacer("(*", "", ")", "").Replace(name)
}

// place keeps of the path what tells files apart and is the same on every
// machine.
func place(file string, line int) string {
	file = filepath.ToSlash(file)
	parent := strings.LastIndexByte(file[:max(0, strings.LastIndexByte(file, '/'))], '/')
	return file[parent+1:] + ":" + strconv.Itoa(line)
}
