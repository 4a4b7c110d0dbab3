package main

import "io"

// check prints the problems of files or of an application.
func check(args []string, stderr io.Writer) int {
	flags := flagsOf("check", stderr)
	app := applicationFlags(flags)
	if code, done := parse(flags, args); done {
		return code
	}
	switch problem := app.misuse(); {
	case problem != "":
		return usageError(stderr, "%s", problem)
	case app.target.set && flags.NArg() > 0:
		return usageError(stderr, "check takes -app or files, not both")
	case !app.target.set && flags.NArg() == 0:
		return usageError(stderr, "check takes one file or more")
	}
	if _, f := app.load(stderr, "", flags.Args()); f != nil {
		f.print(stderr)
		return exitBad
	}
	return exitOK
}
