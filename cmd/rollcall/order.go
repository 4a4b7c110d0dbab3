package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// order prints an order, its sequence, or a difference between two.
func order(args []string, stdout, stderr io.Writer) int {
	var o orderFlags
	flags := flagsOf("order", stderr)
	flags.StringVar((*string)(&o.format), "format", "text", "")
	flags.BoolVar(&o.diff, "diff", false, "")
	flags.BoolVar(&o.sequence, "sequence", false, "")
	flags.Var(&o.since, "since", "")
	o.app = applicationFlags(flags)
	if code, done := parse(flags, args); done {
		return code
	}
	o.files = flags.Args()
	if problem := o.misuse(); problem != "" {
		return usageError(stderr, "%s", problem)
	}
	if err := o.show(make([]inspect.Report, 2)).Write(io.Discard, o.format); err != nil { // the format is unknown
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
		return exitUsage
	}
	return o.print(stdout, stderr)
}

// orderFlags are the flags and the files of order.
type orderFlags struct {
	format         inspect.Format
	diff, sequence bool
	since          given
	app            *appFlags
	files          []string
}

// misuse returns what is wrong with the arguments, or "".
func (o *orderFlags) misuse() string {
	takes, files := "order takes one file", 1
	switch {
	case o.diff && o.sequence:
		return "order takes -diff or -sequence, not both"
	case o.since.set && (o.diff || o.sequence):
		return "order takes only one of -since, -diff and -sequence"
	case o.since.set && o.since.value == "":
		return "-since needs a Git revision, such as HEAD~1"
	case o.since.set && !o.app.target.set:
		return "-since needs -app; to compare two files, use -diff"
	case o.diff && o.app.target.set:
		return "order -diff takes two files; to see what changes in an application, use -since"
	case o.diff:
		takes, files = "order -diff takes two files", 2
	case o.sequence:
		takes = "order -sequence takes one file"
	}
	switch problem := o.app.misuse(); {
	case problem != "":
		return problem
	case o.app.target.set && len(o.files) > 0:
		return "order takes -app or a file, not both"
	case !o.app.target.set && len(o.files) != files:
		return fmt.Sprintf("%s, not %d", takes, len(o.files))
	}
	return ""
}

// show returns what to print of the reports.
func (o *orderFlags) show(reports []inspect.Report) written {
	switch {
	case o.diff || o.since.set:
		return inspect.Compare(reports[0], reports[1])
	case o.sequence:
		return sequenced(reports[0])
	}
	return reports[0]
}

// print prints what was asked for, or why there is nothing to print.
func (o *orderFlags) print(stdout, stderr io.Writer) int {
	reports, f := o.app.load(stderr, o.since.value, o.files)
	var err error
	switch {
	case f == nil:
		err = o.show(reports).Write(stdout, onTerminal(o.format, stdout))
	case o.format == inspect.JSON:
		err = f.printJSON(stdout)
	}
	if f != nil {
		f.print(stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
	}
	if err != nil || f != nil {
		return exitBad
	}
	return exitOK
}

// written is what a command prints: a report, its sequence, or a difference.
type written interface {
	Write(w io.Writer, format inspect.Format) error
}

// sequenced is a report whose order is printed as a sequence, which is always YAML.
type sequenced inspect.Report

func (s sequenced) Write(w io.Writer, format inspect.Format) error {
	if format != inspect.Text && format != inspect.ANSI {
		return &inspect.FormatError{Format: format, Known: []inspect.Format{inspect.Text}}
	}
	return inspect.Report(s).WriteSequence(w)
}

// load returns the reports of the files, or of the application: with since, the old one
// first.
func (a *appFlags) load(stderr io.Writer, since string, files []string) ([]inspect.Report, *failure) {
	if a.target.set {
		return a.reports(stderr, since)
	}
	return reportsOf(files)
}

// reportsOf returns the reports of files, or their problems.
func reportsOf(paths []string) ([]inspect.Report, *failure) {
	var reports []inspect.Report
	var problems []*orderfile.Error
	for _, path := range paths {
		report, more := reportOf(path)
		reports, problems = append(reports, report), append(problems, more...)
	}
	return reports, ofFiles(problems)
}

// onTerminal returns inspect.ANSI instead of inspect.Text if stdout is a terminal
// and colours are not disabled (https://no-color.org).
func onTerminal(format inspect.Format, stdout io.Writer) inspect.Format {
	f, ok := stdout.(*os.File)
	if format != inspect.Text || !ok || os.Getenv("NO_COLOR") != "" {
		return format
	}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" {
		return inspect.ANSI
	}
	return format
}

// reportOf returns the report of a file or its problems.
func reportOf(path string) (inspect.Report, []*orderfile.Error) {
	data, err := read(path)
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return inspect.Report{}, []*orderfile.Error{{Kind: kindUnreadable, File: path, Message: err.Error()}}
	}
	report, err := inspect.OfFile(path, data)
	return report, orderfile.Errors(err)
}

// read reads at most one byte more than orderfile accepts, so that orderfile
// refuses a larger file.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, orderfile.MaxSize+1))
}
