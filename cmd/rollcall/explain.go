package main

import (
	"fmt"
	"io"
	"slices"
)

// explain tells one listener's story.
func explain(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(stderr, usage)
		return exitOK
	}
	if len(args) != 3 {
		fmt.Fprintf(stderr, "rollcall: explain takes a file, an event and a listener\n%s", usage)
		return exitUsage
	}
	reports, problems := reportsOf(args[:1])
	if len(problems) > 0 {
		printProblems(stderr, problems)
		return exitBad
	}
	if err := reports[0].Explain(stdout, args[1], args[2]); err != nil {
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
		return exitBad
	}
	return exitOK
}
