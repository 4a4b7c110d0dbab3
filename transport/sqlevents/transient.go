package sqlevents

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// DeadlockError reports that the database has ended a transaction because it and another
// one waited for each other. Roll back and run it again.
type DeadlockError struct {
	Err    error
	advice string // for Publish with WithTx
}

func (e *DeadlockError) Error() string {
	return fmt.Sprintf("the database has ended this transaction, because it and another one waited for each other: roll back and run it again%s: %v", e.advice, e.Err)
}

// Unwrap returns the error of the driver.
func (e *DeadlockError) Unwrap() error { return e.Err }

// asDeadlock returns a *DeadlockError if err is the database's error for a deadlock.
// Otherwise it returns err.
func asDeadlock(err error, advice string) error {
	if err != nil && (hasState(err, "40P01") || hasNumber(err, "1213")) {
		return &DeadlockError{err, advice}
	}
	return err
}

// maxTries is how often retried calls its function.
const maxTries = 10

// retried calls f again, after random pauses of up to half a second, while its error is
// transient and ctx has not ended.
func retried(ctx context.Context, transient func(error) bool, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || try == maxTries || !transient(err) {
			return err
		}
		select {
		case <-time.After(rand.N(time.Millisecond << try)):
		case <-ctx.Done():
			return err
		}
	}
}

// isTransient reports whether the database has ended a transaction because of other
// transactions, so that the same transaction may succeed.
func isTransient(err error) bool {
	return hasState(err, "40001") || hasState(err, "40P01") || hasNumber(err, "1213") || hasNumber(err, "1020") || isBusy(err)
}

// hasState reports whether an error has an SQLSTATE, as those of PostgreSQL's drivers have.
func hasState(err error, state string) bool {
	var e interface{ SQLState() string }
	return errors.As(err, &e) && e.SQLState() == state
}

// hasNumber reports whether an error has a number of MariaDB. The driver's type has it in a
// field, and its text begins with it: "Error 1213 (40001): ...".
func hasNumber(err error, number string) bool {
	return someError(err, func(e error) bool { return strings.HasPrefix(e.Error(), "Error "+number+" (") })
}

// isBusy reports whether SQLite could not get its lock. A driver has the code in a method,
// or only in the text.
func isBusy(err error) bool {
	const busy = 5
	var e interface{ Code() int }
	if errors.As(err, &e) {
		return e.Code()&0xff == busy
	}
	return someError(err, func(e error) bool { return e.Error() == "database is locked" })
}

// someError reports whether f is true of err or of an error in its tree.
func someError(err error, f func(error) bool) bool {
	if err == nil || f(err) {
		return err != nil
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return someError(e.Unwrap(), f)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if someError(inner, f) {
				return true
			}
		}
	}
	return false
}
