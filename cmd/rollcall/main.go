// Command rollcall shows the order of event listeners: the one that an order file declares,
// without any Go code, or the one of an application, without running it.
//
//	rollcall order [-format text|json|markdown|mermaid|dot|svg] FILE
//	rollcall order -diff [-format text|json|markdown] OLD NEW
//	rollcall order -sequence FILE
//	rollcall explain FILE EVENT LISTENER
//	rollcall check FILE...
//
// order prints the order of each event with its reasons. The default format is text. It has
// colours on a terminal unless NO_COLOR is set. The format ansi is text that always has
// colours.
//
// order -diff prints what changes in the order from OLD to NEW. order -sequence prints the
// order as the sequence of an order file, to start from. explain prints why a listener runs
// at its place, or what switches it off. check, for CI, prints nothing if the files have no
// problems.
//
// Instead of a file, each command takes an application:
//
//	rollcall order -app ./internal/shop.Options [-format text|json|markdown|mermaid|dot|svg]
//	rollcall order -app ./internal/shop.Options -since HEAD~1 [-format text|json|markdown]
//	rollcall order -app ./internal/shop.Options -sequence
//	rollcall explain -app ./internal/shop.Options EVENT LISTENER
//	rollcall check -app ./internal/shop.Options
//
// -app names a func() fx.Option or a variable of type fx.Option: a package as for go build,
// a dot and the name. The name may be unexported, and the package may be main. Without a
// package, it is that of the working directory. -tags sets build tags as for go build.
//
// The command builds the application in its own module, calls fx.New with the options, and
// does not start the application. Constructors and the functions of fx.Invoke run. What they
// print goes to standard error. The tests of the package do not run. Nothing is written to
// the source tree or the Git repository.
//
// -since prints what changes from a Git revision to the working tree, with uncommitted
// changes. It builds the application at that revision, too, in a temporary folder.
//
// Problems are printed to standard error, and the exit code is 1. With -format json, order
// also prints them to standard output, as
//
//	{"errors":[{"kind":…,"message":…,"file":…,"line":…,"column":…}]}
//
// Problems of an application may lack file, line and column. Their kind is build,
// application or revision, or a kind of problem of an order file.
//
// If the arguments are wrong, the usage is printed and the exit code is 2.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `Usage:
  rollcall order [-format text|json|markdown|mermaid|dot|svg] FILE
        print the order that an order file declares, with its reasons
  rollcall order -diff [-format text|json|markdown] OLD NEW
        print what changes in the order from one file to another
  rollcall order -sequence FILE
        print the order as the sequence of an order file, to start from
  rollcall explain FILE EVENT LISTENER
        print why a listener runs at its place
  rollcall check FILE...
        print all problems of order files, or nothing if there are none

Each takes an application instead of a file:
  rollcall order -app ./internal/shop.Options [-tags TAGS]
        print the order of the application: its constructors run, but it does not start
  rollcall order -app ./internal/shop.Options -since HEAD~1 [-format text|json|markdown]
        print what changes in the order since a Git revision
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// The exit codes.
const (
	exitOK    = 0
	exitBad   = 1 // bad input
	exitUsage = 2
)

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "order":
		return order(args[1:], stdout, stderr)
	case "explain":
		return explain(args[1:], stdout, stderr)
	case "check":
		return check(args[1:], stderr)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	return usageError(stderr, "unknown command %q", args[0])
}

// usageError prints what is wrong with the arguments, and the usage.
func usageError(stderr io.Writer, format string, args ...any) int {
	fmt.Fprintf(stderr, "rollcall: %s\n%s", fmt.Sprintf(format, args...), usage)
	return exitUsage
}

// flagsOf returns the flags of a command. At first, that is only -h, which every command
// has.
func flagsOf(command string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("rollcall "+command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	return flags
}

// parse parses the arguments. If they ask for help or are wrong, it returns the exit code
// and true.
func parse(flags *flag.FlagSet, args []string) (code int, done bool) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK, true
	case err != nil:
		return exitUsage, true
	}
	return exitOK, false
}
