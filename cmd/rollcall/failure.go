package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/printable"
)

// The kinds of problem that only the command finds.
const (
	kindUnreadable  orderfile.Kind = "unreadable"  // a file can't be read at all
	kindBuild       orderfile.Kind = "build"       // the application can't be compiled
	kindApplication orderfile.Kind = "application" // fx.New fails
	kindRevision    orderfile.Kind = "revision"    // Git does not have what -since names
)

// failure is why there is no report: a text for people, and the problems for programs.
type failure struct {
	text     string
	problems []problem
}

// problem is a problem in the JSON output. Those of a file always have a position. If no
// position is known, that is the start of the file. Those of an application may have none.
type problem struct {
	Kind    orderfile.Kind `json:"kind"`
	Message string         `json:"message"`
	File    string         `json:"file,omitempty"`
	Line    int            `json:"line,omitempty"`
	Column  int            `json:"column,omitempty"`
}

// failed returns a failure with one problem. The text is that of the command itself.
func failed(kind orderfile.Kind, format string, args ...any) *failure {
	message := fmt.Sprintf(format, args...)
	return &failure{"rollcall: " + message, []problem{{Kind: kind, Message: message}}}
}

// quoted returns a failure whose text is that of another program.
func quoted(kind orderfile.Kind, text string) *failure {
	text = strings.TrimRight(text, "\n")
	return &failure{text, []problem{{Kind: kind, Message: text}}}
}

// at returns the failure as one of the application at a revision, if there is one.
func (f *failure) at(revision string) *failure {
	if f == nil || revision == "" {
		return f
	}
	at := "at " + revision + ":"
	text, own := strings.CutPrefix(f.text, "rollcall: ")
	separator := " "
	if !own { // it is of another program, and stays as that prints it
		separator = "\n"
	}
	moved := failure{text: "rollcall: " + at + separator + text}
	for _, p := range f.problems {
		p.Message = at + " " + p.Message
		moved.problems = append(moved.problems, p)
	}
	return &moved
}

// and returns both failures as one. f may be nil.
func (f *failure) and(other *failure) *failure {
	if f == nil {
		return other
	}
	return &failure{f.text + "\n" + other.text, append(slices.Clip(f.problems), other.problems...)}
}

// ofFiles returns the problems of files as a failure, or nil if there are none.
func ofFiles(errs []*orderfile.Error) *failure {
	if len(errs) == 0 {
		return nil
	}
	f := &failure{}
	var texts []string
	for _, e := range errs {
		texts = append(texts, e.Error())
		f.problems = append(f.problems, problem{e.Kind, e.Message, e.File, max(1, e.Position.Line), max(1, e.Position.Column)})
	}
	f.text = strings.Join(texts, "\n")
	return f
}

// print prints the text so that a name in it can't control the terminal.
func (f *failure) print(w io.Writer) { fmt.Fprintln(w, printable.Text(f.text)) }

// printJSON prints the problems.
func (f *failure) printJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{"errors": f.problems})
}
