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
	"unicode"
	"unicode/utf8"
)

// Caller returns a place in source code, such as "recipes/module.go:21", or "" if it is
// unknown. If skip is 0, the place is where the function that calls Caller was called.
// Each further skip goes one caller up.
func Caller(skip int) string {
	return PlaceOf(PC(skip + 1))
}

// PlaceOf returns the place of a program counter, or "" for 0.
func PlaceOf(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	return Place(runtime.FuncForPC(pc).FileLine(pc))
}

// PC is like Caller, but returns the program counter of the call, or 0.
func PC(skip int) uintptr {
	var pcs [1]uintptr
	if runtime.Callers(skip+3, pcs[:]) == 0 {
		return 0
	}
	return pcs[0] - 1 // the call, not the return address
}

// Func returns the short name of a function, such as "recipes.Indexer.OnCreated", and its
// place. It returns "" for both if f is nil or not a function.
func Func(f any) (name, at string) {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		return "", ""
	}
	fn := runtime.FuncForPC(v.Pointer())
	file, line := fn.FileLine(v.Pointer())
	return Short(fn.Name()), Place(file, line)
}

// At returns a place to append to a text, such as " (recipes/module.go:21)", or "" if the
// place is unknown.
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

// Type returns the short name of a type, such as "recipes.Indexer" for *recipes.Indexer.
// It replaces the commas between type arguments and drops stars, which an ID must not
// hold.
func Type(t reflect.Type) string {
	return strings.NewReplacer(",", " ", "*", "").Replace(t.String())
}

// Short turns the name of a function in package runtime, such as
// "github.com/acme/recipes.(*Indexer).OnCreated-fm", into "recipes.Indexer.OnCreated".
func Short(name string) string {
	pkg, function, _ := strings.Cut(path.Base(name), ".")
	if dir := path.Dir(name); isMajor(pkg, 2) && dir != "." {
		pkg = path.Base(dir)
	}
	function = strings.ReplaceAll(strings.TrimSuffix(function, "-fm"), "[...]", "")
	return packageName(pkg) + "." + strings.NewReplacer("(*", "", ")", "").Replace(function)
}

// packageName returns the name of a package, judging by the last part of its import path.
// It undoes the linker's escape of a dot, and drops a version such as that of "yaml.v3".
func packageName(part string) string {
	part = strings.ReplaceAll(part, "%2e", ".")
	if i := strings.LastIndexByte(part, '.'); i > 0 && isMajor(part[i+1:], 0) {
		return part[:i]
	}
	return part
}

// isMajor reports whether a part of an import path is a major version, such as "v2", and
// at least the version least. The path of a module never ends in "v1".
func isMajor(part string, least int) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(part, "v"))
	return err == nil && n >= least && part == "v"+strconv.Itoa(n)
}

// Place shortens a path to its last directory and its file, and adds the line. The result
// distinguishes files, and is the same on every machine.
func Place(file string, line int) string {
	file = filepath.ToSlash(file)
	parent := strings.LastIndexByte(file[:max(0, strings.LastIndexByte(file, '/'))], '/')
	return file[parent+1:] + ":" + strconv.Itoa(line)
}

// WithoutNew returns "httpx.Auth" for a constructor "httpx.NewAuth". It keeps "auth.New".
func WithoutNew(name string) string {
	dot := strings.LastIndexByte(name, '.') + 1
	for _, prefix := range []string{"New", "new"} {
		rest, ok := strings.CutPrefix(name[dot:], prefix)
		if first, _ := utf8.DecodeRuneInString(rest); ok && unicode.IsUpper(first) {
			return name[:dot] + rest
		}
	}
	return name
}
