// Package callsite names places and functions of Go source in messages.
package callsite

import (
	"cmp"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// Caller is the place that called the function skip frames above the caller
// of Caller, as "recipes/module.go:21", or "" if it is not known.
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

// Named returns a listener's ID and its place.
func Named(id, place string) string { return cmp.Or(id, "without ID") + At(place) }

// Both is At for two places. It returns "" if either place is unknown.
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
	pkg, function, _ := strings.Cut(path.Base(name), ".")
	if dir := path.Dir(name); isMajor(pkg, 2) && dir != "." {
		pkg = path.Base(dir)
	}
	function = strings.ReplaceAll(strings.TrimSuffix(function, "-fm"), "[...]", "")
	return packageName(pkg) + "." + strings.NewReplacer("(*", "", ")", "").Replace(function)
}

// packageName is what the last part of an import path says of the package's name:
// without the version of "yaml.v3", whose point the linker escapes.
func packageName(part string) string {
	part = strings.ReplaceAll(part, "%2e", ".")
	if i := strings.LastIndexByte(part, '.'); i > 0 && isMajor(part[i+1:], 0) {
		return part[:i]
	}
	return part
}

// isMajor reports whether a part of an import path is a major version, such as "v2", and
// at least the version least. The root of a module is never in "v1".
func isMajor(part string, least int) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(part, "v"))
	return err == nil && n >= least && part == "v"+strconv.Itoa(n)
}

// place shortens a path to its file and directory, and adds the line. These distinguish
// files, and are the same on every machine.
func place(file string, line int) string {
	file = filepath.ToSlash(file)
	parent := strings.LastIndexByte(file[:max(0, strings.LastIndexByte(file, '/'))], '/')
	return file[parent+1:] + ":" + strconv.Itoa(line)
}
