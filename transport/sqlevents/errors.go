package sqlevents

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// SchemaError reports that the tables are missing or of another version.
type SchemaError struct {
	Table string // the table that has the version
	Found int    // 0 if there is none
	Want  int
}

func (e *SchemaError) Error() string {
	switch {
	case e.Found == 0:
		return fmt.Sprintf("the outbox has no tables: the table %s is missing or empty: call sqlevents.Migrate, or run the SQL of sqlevents.Schema", e.Table)
	case e.Found > e.Want:
		return fmt.Sprintf("the tables of the outbox are of version %d (in %s), but this program knows version %d: update it", e.Found, e.Table, e.Want)
	}
	return fmt.Sprintf("the tables of the outbox are of version %d (in %s), but this program needs version %d: call sqlevents.Migrate", e.Found, e.Table, e.Want)
}

// errTxDone reports a Publish with a context of InTx that has ended.
var errTxDone = errors.New("the transaction of InTx has ended: do not keep its context")

// panicError reports that a function of the application or of another transport panicked.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("it panicked: %v", e.value) }

func isPanic(err error) bool {
	p := (*panicError)(nil)
	return errors.As(err, &p)
}

// recovered calls f. It returns its error, or a *panicError if f panics: a panic in a
// goroutine of the relay would end the process.
func recovered(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value, debug.Stack()}
		}
	}()
	return f()
}

func annotated(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
