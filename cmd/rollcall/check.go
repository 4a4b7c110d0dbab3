package main

import (
	"fmt"
	"io"
)

func check(paths []string, stderr io.Writer) int {
	if len(paths) == 0 {
		fmt.Fprintf(stderr, "rollcall: check takes one file or more\n%s", usage)
		return exitUsage
	}
	code := exitOK
	for _, path := range paths {
		if _, problems := orderOf(path); len(problems) > 0 {
			printProblems(stderr, problems)
			code = exitBad
		}
	}
	return code
}
