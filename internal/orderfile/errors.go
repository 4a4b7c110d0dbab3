package orderfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/printable"
)

// Kind is a kind of problem.
type Kind string

// The kinds of problem of an order file. Package ordering finds the last three.
const (
	KindSyntax          Kind = "syntax"
	KindUnknownKey      Kind = "unknown_key"
	KindMissingEvent    Kind = "missing_event"
	KindInvalidPriority Kind = "invalid_priority"
	KindDuplicate       Kind = "duplicate"
	KindUnknownTarget   Kind = "unknown_target"
	KindNotListening    Kind = "not_listening"
	KindCycle           Kind = "cycle"
)

// KindMore counts the problems that are not reported one by one.
const KindMore Kind = "more"

// The kinds that only an application can find: the file names something that the
// application does not have.
const (
	KindUnknownListener Kind = "unknown_listener"
	KindUnknownEvent    Kind = "unknown_event"
	KindUnknownProvider Kind = "unknown_provider"
)

// checks ranks the kinds in the order in which their problems are reported.
var checks = map[Kind]int{KindInvalidPriority: 1, KindDuplicate: 2, KindUnknownTarget: 3, KindNotListening: 4, KindCycle: 5}

// Error is one problem of an order file, with its place.
type Error struct {
	Kind     Kind
	File     string
	Position Position // zero if the problem is the file as a whole
	Message  string
	Err      error // of package ordering, or nil
}

// Error returns the position and the message. It indents all lines of the message after
// the first, so that each line that is not indented begins a problem.
func (e *Error) Error() string {
	message := strings.ReplaceAll(e.Message, "\n", "\n    ")
	if e.Position == (Position{}) {
		return e.File + ": " + message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Position.Line, e.Position.Column, message)
}

// Unwrap returns the error of package ordering that caused this one, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Errors returns the problems behind an error of this package, in the order in which they
// are reported. It returns nil if there are none.
func Errors(err error) []*Error {
	var all []*Error
	for _, leaf := range errlist.Leaves(err) {
		var problem *Error
		if errors.As(leaf, &problem) {
			all = append(all, problem)
		}
	}
	return all
}

// maxProblems is how many problems of a file are reported.
const maxProblems = 100

// maxMessage is how many bytes a message may have. A name may be as long as the file.
const maxMessage = 4096

// cut returns a message of at most maxMessage bytes and an ellipsis.
func cut(message string) string { return printable.Cut(message, maxMessage) }

// join joins the problems, sorted by check and then by position. Beyond maxProblems, it
// only says how many there are.
func join(problems []*Error) error {
	slices.SortStableFunc(problems, func(a, b *Error) int {
		return cmp.Or(
			cmp.Compare(checks[a.Kind], checks[b.Kind]),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
		)
	})
	if more := len(problems) - maxProblems; more > 0 {
		problems = append(problems[:maxProblems:maxProblems],
			&Error{Kind: KindMore, File: problems[0].File, Message: fmt.Sprintf("and %d more, which are not listed", more)})
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}
