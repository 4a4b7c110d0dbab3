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

// The values of error.type that are not Go types of errors.
const (
	panicked    = "panic"
	interrupted = "interrupted"
	canceled    = "canceled"
	timeout     = "timeout"
	other       = "_OTHER" // the conventions' value for errors that can't be classified
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

// endDispatch ends the span of a dispatch. It does not record errors that are already
// recorded, for example on the listeners' spans.
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

// isListeners reports whether an error of a dispatch is from a listener.
func isListeners(err error) bool {
	_, failed := err.(*rollcall.ListenerError)
	return failed || err == rollcall.ErrPanicPasses
}

// fail marks a span as failed. It formats the error with fmt, which recovers if a method
// of the error panics, for example on a nil pointer.
func fail(span trace.Span, err error) {
	span.SetAttributes(errorTypeKey.String(errorType(err)))
	span.SetStatus(codes.Error, fmt.Sprint(err))
}

// record adds the exception event. It adds none if a method of the error panics.
func record(span trace.Span, err error) {
	defer func() { _ = recover() }()
	if stack := stackOf(err); stack != nil {
		span.RecordError(err, trace.WithAttributes(stackKey.String(string(stack))))
		return
	}
	span.RecordError(err)
}

// stackOf returns the stack of a panic, or nil. A panic that passes has not been
// recovered yet, so its stack is the current one.
func stackOf(err error) []byte {
	if err == rollcall.ErrPanicPasses {
		return debug.Stack()
	}
	if p, ok := bare(err).(*rollcall.PanicError); ok {
		return p.Stack
	}
	return nil
}

// errorType returns the error.type of an error.
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
	case *rollcall.PublishError:
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

// joinedType returns interrupted if one of the errors is an interruption. Otherwise it
// returns the class of the first error. An interruption matters more than earlier
// failures of listeners.
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

// bare returns err without the wrappers of fmt.Errorf, whose type does not help to
// classify the error.
func bare(err error) error {
	inner := errors.Unwrap(err)
	if inner == nil || fmt.Sprintf("%T", err) != "*fmt.wrapError" {
		return err
	}
	return bare(inner)
}
