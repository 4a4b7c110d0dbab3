package main

import (
	"fmt"
	"io"
)

// explain prints why one listener runs at its place.
func explain(args []string, stdout, stderr io.Writer) int {
	flags := flagsOf("explain", stderr)
	if code, done := parse(flags, args); done {
		return code
	}
	if flags.NArg() != 3 {
		fmt.Fprintf(stderr, "rollcall: explain takes a file, an event and a listener\n%s", usage)
		return exitUsage
	}
	reports, problems := reportsOf(flags.Args()[:1])
	if len(problems) > 0 {
		printProblems(stderr, problems)
		return exitBad
	}
	if err := reports[0].Explain(stdout, flags.Arg(1), flags.Arg(2)); err != nil {
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
		return exitBad
	}
	return exitOK
}
