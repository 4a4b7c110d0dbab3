package otelevents

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/rollcall-go/rollcall"
)

// The values of error.type beside the Go types of errors.
const (
	panicked    = "panic"
	interrupted = "interrupted"
	canceled    = "canceled"
	timeout     = "timeout"
	other       = "_OTHER" // the conventions' name for what can't be classed
)

// endListener ends the span of a listener's call. The span has the listener's
// own error, without the wrapper that names the listener.
func endListener(span trace.Span, err error) {
	if err != nil && span.IsRecording() {
		if failed, ok := err.(*rollcall.ListenerError); ok {
			err = failed.Err
		}
		fail(span, err)
		record(span, err)
	}
	span.End()
}

// endDispatch ends the span of a dispatch. Errors that are recorded, as at the
// listeners' spans, are not recorded here again.
func endDispatch(span trace.Span, err error, isRecorded func(error) bool) {
	if err != nil {
		fail(span, err)
		for _, part := range parts(err) {
			if !isRecorded(part) {
				record(span, part)
			}
		}
	}
	span.End()
}

// isListeners reports whether an error of a dispatch is that of a listener.
func isListeners(err error) bool {
	_, failed := err.(*rollcall.ListenerError)
	return failed || err == rollcall.ErrPanicPasses
}

// fail marks a span. fmt does not mind an error whose methods panic, as those
// of a nil pointer may.
func fail(span trace.Span, err error) {
	span.SetAttributes(errorTypeKey.String(errorType(err)))
	span.SetStatus(codes.Error, fmt.Sprint(err))
}

// record adds the exception event; none for an error that can't say what it is.
func record(span trace.Span, err error) {
	defer func() { _ = recover() }()
	if stack := stackOf(err); stack != nil {
		span.RecordError(err, trace.WithAttributes(stackKey.String(string(stack))))
		return
	}
	span.RecordError(err)
}

// stackOf returns the stack of a panic, or nil. A panic that passes is still under
// way, so its stack is the current one.
func stackOf(err error) []byte {
	if err == rollcall.ErrPanicPasses {
		return debug.Stack()
	}
	if p, ok := bare(err).(*rollcall.PanicError); ok {
		return p.Stack
	}
	return nil
}

// errorType classes an error.
func errorType(err error) (class string) {
	defer func() {
		if recover() != nil { // a method of err panicked
			class = other
		}
	}()
	err = bare(err)
	switch x := err.(type) {
	case *rollcall.ListenerError:
		return errorType(x.Err)
	case *rollcall.PanicError:
		return panicked
	case *rollcall.InterruptedError:
		return interrupted
	case interface{ Unwrap() []error }:
		return joinedType(x.Unwrap())
	}
	switch {
	case err == rollcall.ErrPanicPasses:
		return panicked
	case errors.Is(err, context.Canceled):
		return canceled
	case errors.Is(err, context.DeadlineExceeded):
		return timeout
	}
	return fmt.Sprintf("%T", err)
}

// joinedType returns interrupted if one of the errors is, otherwise the class of
// the first error. An interruption matters more than earlier failures of listeners.
func joinedType(all []error) string {
	if slices.ContainsFunc(all, func(err error) bool { return errorType(err) == interrupted }) {
		return interrupted
	}
	return errorType(all[0])
}

// parts returns the errors that err joins, or err itself; none if err is nil.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// bare returns err without what fmt.Errorf wrapped around it, which is of no use
// for classing.
func bare(err error) error {
	inner := errors.Unwrap(err)
	if inner == nil || fmt.Sprintf("%T", err) != "*fmt.wrapError" {
		return err
	}
	return bare(inner)
}
