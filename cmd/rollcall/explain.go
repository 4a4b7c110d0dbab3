package main

import (
	"fmt"
	"io"

	"github.com/rollcall-go/rollcall/inspect"
)

// explain prints why one listener runs at its place.
func explain(args []string, stdout, stderr io.Writer) int {
	flags := flagsOf("explain", stderr)
	app := applicationFlags(flags)
	if code, done := parse(flags, args); done {
		return code
	}
	names := flags.Args()
	load := func() ([]inspect.Report, *failure) { return app.reports(stderr, "") }
	switch problem := app.misuse(); {
	case problem != "":
		return usageError(stderr, "%s", problem)
	case app.target.set && len(names) != 2:
		return usageError(stderr, "explain -app takes an event and a listener")
	case !app.target.set && len(names) != 3:
		return usageError(stderr, "explain takes a file, an event and a listener")
	case !app.target.set:
		file := names[:1]
		names, load = names[1:], func() ([]inspect.Report, *failure) { return reportsOf(file) }
	}
	reports, f := load()
	if f != nil {
		f.print(stderr)
		return exitBad
	}
	if err := reports[0].Explain(stdout, names[0], names[1]); err != nil {
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
		return exitBad
	}
	return exitOK
}
