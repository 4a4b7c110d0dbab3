package main

import (
	"fmt"
	"io"
)

func check(args []string, stderr io.Writer) int {
	flags := flagsOf("check", stderr)
	if code, done := parse(flags, args); done {
		return code
	}
	if flags.NArg() == 0 {
		fmt.Fprintf(stderr, "rollcall: check takes one file or more\n%s", usage)
		return exitUsage
	}
	code := exitOK
	for _, path := range flags.Args() {
		if _, problems := reportOf(path); len(problems) > 0 {
			printProblems(stderr, problems)
			code = exitBad
		}
	}
	return code
}
