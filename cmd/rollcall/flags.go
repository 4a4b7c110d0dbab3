package main

import (
	"flag"
	"go/token"
	"path/filepath"
	"strings"
)

// given holds the text of a flag, and whether the flag is set.
type given struct {
	value string
	set   bool
}

// String returns the text.
func (g *given) String() string { return g.value }

// Set sets the text.
func (g *given) Set(text string) error {
	*g = given{text, true}
	return nil
}

// appFlags say which application a command is about.
type appFlags struct{ target, tags given }

// applicationFlags adds -app and -tags to the flags of a command.
func applicationFlags(flags *flag.FlagSet) *appFlags {
	a := &appFlags{}
	flags.Var(&a.target, "app", "")
	flags.Var(&a.tags, "tags", "")
	return a
}

// misuse returns what is wrong with the flags, or "".
func (a *appFlags) misuse() string {
	if !a.target.set {
		if a.tags.set {
			return "-tags needs -app"
		}
		return ""
	}
	pkg, name := a.split()
	if !token.IsIdentifier(name) || strings.HasPrefix(pkg, "-") || strings.Contains(pkg, "...") {
		return "-app takes a package, a dot and a name, such as ./internal/shop.Options"
	}
	return ""
}

// split returns the package, as for go build, and the name in it.
func (a *appFlags) split() (pkg, name string) {
	target := filepath.ToSlash(a.target.value)
	dot := strings.LastIndexByte(target, '.')
	if dot < strings.LastIndexByte(target, '/') {
		return target, ""
	}
	pkg, name = target[:max(dot, 0)], target[dot+1:]
	if pkg == "" {
		pkg = "."
	}
	return pkg, name
}
