package main

import (
	"fmt"
	"io"
)

// explain prints why one listener runs at its place.
func explain(args []string, stdout, stderr io.Writer) int {
	flags := flagsOf("explain", stderr)
	app := applicationFlags(flags)
	if code, done := parse(flags, args); done {
		return code
	}
	switch problem := app.misuse(); {
	case problem != "":
		return usageError(stderr, "%s", problem)
	case app.target.set && flags.NArg() != 2:
		return usageError(stderr, "explain -app takes an event and a listener")
	case !app.target.set && flags.NArg() != 3:
		return usageError(stderr, "explain takes a file, an event and a listener")
	}
	file, names := flags.Args()[:flags.NArg()-2], flags.Args()[flags.NArg()-2:]
	reports, f := app.load(stderr, "", file)
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
