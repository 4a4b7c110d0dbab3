package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/orderfile"
)

func order(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("rollcall order", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	name := flags.String("format", "text", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	}
	format := inspect.Format(*name)
	if !slices.Contains(inspect.Formats(), format) {
		fmt.Fprintf(stderr, "rollcall: %v\n", &inspect.FormatError{Format: format})
		return exitUsage
	}
	if flags.NArg() != 1 {
		fmt.Fprintf(stderr, "rollcall: order takes one file, not %d\n%s", flags.NArg(), usage)
		return exitUsage
	}
	return printOrder(flags.Arg(0), format, stdout, stderr)
}

func printOrder(path string, format inspect.Format, stdout, stderr io.Writer) int {
	orders, problems := orderOf(path)
	var err error
	switch {
	case len(problems) == 0:
		err = inspect.OfFile(orders).Write(stdout, format)
	case format == inspect.JSON:
		err = printErrors(stdout, problems)
	}
	explain(stderr, problems)
	if err != nil {
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
	}
	if err != nil || len(problems) > 0 {
		return exitBad
	}
	return exitOK
}

// kindUnreadable is that of a file that can't be read at all.
const kindUnreadable orderfile.Kind = "unreadable"

// orderOf gives the order or the problems.
func orderOf(path string) ([]orderfile.ProviderOrder, []*orderfile.Error) {
	data, err := read(path)
	if err != nil {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err
		}
		return nil, []*orderfile.Error{{Kind: kindUnreadable, File: path, Position: orderfile.Position{Line: 1, Column: 1}, Message: err.Error()}}
	}
	orders, err := orderfile.Order(path, data)
	return orders, orderfile.Errors(err)
}

// read stops a byte beyond what orderfile takes, which then refuses it.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, orderfile.MaxSize+1))
}

// jsonError is a problem as programs read it.
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
		list[i] = jsonError{p.Kind, p.Message, p.File, p.Position.Line, p.Position.Column}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{"errors": list})
}

func explain(w io.Writer, problems []*orderfile.Error) {
	for _, p := range problems {
		fmt.Fprintln(w, p)
	}
}
