package coretest

import (
	"flag"
	"testing"
)

// Passes runs a test in an example, as go test does, and reports whether it passes. The
// test prints nothing, even with -v, because its output would become part of the
// example's output.
func Passes(test func(t *testing.T)) bool {
	verbose := flag.Lookup("test.v").Value
	before := verbose.String()
	if err := verbose.Set("false"); err != nil {
		panic(err)
	}
	defer func() {
		if err := verbose.Set(before); err != nil {
			panic(err)
		}
	}()
	every := func(string, string) (bool, error) { return true, nil }
	return testing.RunTests(every, []testing.InternalTest{{Name: "Test", F: test}})
}
