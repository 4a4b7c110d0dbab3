package main

import "io"

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
	case app.target.set:
		return checked(stderr, func() *failure { _, f := app.reports(stderr, ""); return f })
	case flags.NArg() == 0:
		return usageError(stderr, "check takes one file or more")
	}
	code := exitOK
	for _, path := range flags.Args() {
		code = max(code, checked(stderr, func() *failure { _, f := reportsOf([]string{path}); return f }))
	}
	return code
}

// checked prints a failure, if there is one.
func checked(stderr io.Writer, check func() *failure) int {
	if f := check(); f != nil {
		f.print(stderr)
		return exitBad
	}
	return exitOK
}
