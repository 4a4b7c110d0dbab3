package main

import "testing"

// The name follows the last dot of -app, which may be missing in a package's path.
func TestSplit(t *testing.T) {
	for target, want := range map[string][2]string{
		"./internal/shop.Options":      {"./internal/shop", "Options"},
		"example.org/shop.Options":     {"example.org/shop", "Options"},
		"gopkg.in/yaml.v3.application": {"gopkg.in/yaml.v3", "application"},
		"Options":                      {".", "Options"},
		".Options":                     {".", "Options"},
		"./.Options":                   {"./", "Options"},
		"..Options":                    {".", "Options"},
		"../..Options":                 {"../.", "Options"},
		"./internal/shop":              {"./internal/shop", ""},
		"example.org/shop":             {"example.org/shop", ""},
		"":                             {".", ""},
	} {
		a := &appFlags{target: given{target, true}}
		if pkg, name := a.split(); pkg != want[0] || name != want[1] {
			t.Errorf("%q: %q and %q, want %q", target, pkg, name, want)
		}
	}
}
