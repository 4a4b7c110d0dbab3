package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/orderfile"
)

func order(args []string, stdout, stderr io.Writer) int {
	flags := flagsOf("order", stderr)
	name := flags.String("format", "text", "")
	diff := flags.Bool("diff", false, "")
	sequence := flags.Bool("sequence", false, "")
	if code, done := parse(flags, args); done {
		return code
	}
	files, takes := 1, "order takes one file"
	show := func(reports []inspect.Report) written { return reports[0] }
	nothing := written(inspect.Report{})
	switch {
	case *diff && *sequence:
		fmt.Fprintf(stderr, "rollcall: order takes -diff or -sequence, not both\n%s", usage)
		return exitUsage
	case *diff:
		files, takes, nothing = 2, "order -diff takes two files", inspect.Diff{}
		show = func(reports []inspect.Report) written { return inspect.Compare(reports[0], reports[1]) }
	case *sequence:
		takes, nothing = "order -sequence takes one file", sequenced{}
		show = func(reports []inspect.Report) written { return sequenced(reports[0]) }
	}
	format := inspect.Format(*name)
	if err := nothing.Write(io.Discard, format); err != nil { // the format is unknown
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
		return exitUsage
	}
	if flags.NArg() != files {
		fmt.Fprintf(stderr, "rollcall: %s, not %d\n%s", takes, flags.NArg(), usage)
		return exitUsage
	}
	return printOrder(flags.Args(), show, format, stdout, stderr)
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

// printOrder prints what show makes of the reports of the files.
func printOrder(paths []string, show func([]inspect.Report) written, format inspect.Format, stdout, stderr io.Writer) int {
	reports, problems := reportsOf(paths)
	var err error
	switch {
	case len(problems) == 0:
		err = show(reports).Write(stdout, onTerminal(format, stdout))
	case format == inspect.JSON:
		err = printErrors(stdout, problems)
	}
	printProblems(stderr, problems)
	if err != nil {
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
	}
	if err != nil || len(problems) > 0 {
		return exitBad
	}
	return exitOK
}

func reportsOf(paths []string) (reports []inspect.Report, problems []*orderfile.Error) {
	for _, path := range paths {
		report, more := reportOf(path)
		reports, problems = append(reports, report), append(problems, more...)
	}
	return reports, problems
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

// kindUnreadable marks a file that can't be read at all.
const kindUnreadable orderfile.Kind = "unreadable"

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

// jsonError is a problem in the JSON output. It always has a position. If no position is
// known, that is the start of the file.
type jsonError struct {
	Kind    orderfile.Kind `json:"kind"`
	Message string         `json:"message"`
	File    string         `json:"file"`
	Line    int            `json:"line"`
	Column  int            `json:"column"`
}

func printErrors(w io.Writer, problems []*orderfile.Error) error {
	list := make([]jsonError, len(problems))
	for i, p := range problems {
		list[i] = jsonError{p.Kind, p.Message, p.File, max(1, p.Position.Line), max(1, p.Position.Column)}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{"errors": list})
}

// printable replaces characters with which a name in a file could control the terminal or
// reverse the text around it. It keeps line breaks, because a problem may have several
// lines.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '�'
		}
		return r
	}, s)
}

func printProblems(w io.Writer, problems []*orderfile.Error) {
	for _, p := range problems {
		fmt.Fprintln(w, printable(p.Error()))
	}
}
