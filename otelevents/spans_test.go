package otelevents_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/provider"
)

type options = []rollcall.Option

// nilError is an error that can't say what it is.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestSpans(t *testing.T) {
	typedNil := (*nilError)(nil)
	missing := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	for _, tt := range []struct {
		name      string
		listeners listeners
		options   options
		want      string
	}{
		{"success", listeners{on("a"), on("b")}, nil, `
dispatch order.placed {event.name=order.placed}
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {event.name=order.placed,listener.id=b,listener.index=1}
`},
		{"asynchronous listeners", listeners{on("a"), on("b", `async:"mail"`), on("c", `async:"mail"`)}, nil, `
dispatch order.placed {event.name=order.placed}
  call a {event.name=order.placed,listener.id=a,listener.index=0}
`},
		{"an error before asynchronous listeners", listeners{failing("a", errFailed), on("b"), on("c", `async:"mail"`)}, nil, `
dispatch order.placed {error.type=*errors.errorString,dispatch.not_called=1,event.name=order.placed} Error: listener a of order.placed: failed
  call a {error.type=*errors.errorString,event.name=order.placed,listener.id=a,listener.index=0} Error: failed +exception(*errors.errorString, failed)
`},
		{"nobody listens", nil, nil, "\n"},
		{"an error", listeners{on("a"), failing("b", errFailed), on("c")}, nil, `
dispatch order.placed {error.type=*errors.errorString,dispatch.not_called=1,event.name=order.placed} Error: listener b of order.placed: failed
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {error.type=*errors.errorString,event.name=order.placed,listener.id=b,listener.index=1} Error: failed +exception(*errors.errorString, failed)
`},
		{"a wrapped error", listeners{failing("a", fmt.Errorf("index: %w", fmt.Errorf("read: %w", missing)))}, nil, `
dispatch order.placed {error.type=*fs.PathError,event.name=order.placed} Error: listener a of order.placed: index: read: open x: file does not exist
  call a {error.type=*fs.PathError,event.name=order.placed,listener.id=a,listener.index=0} Error: index: read: open x: file does not exist +exception(*fmt.wrapError, index: read: open x: file does not exist)
`},
		{"a wrapped nothing", listeners{failing("a", fmt.Errorf("index: %w", error(nil)))}, nil, `
dispatch order.placed {error.type=*fmt.wrapError,event.name=order.placed} Error: listener a of order.placed: index: %!w(<nil>)
  call a {error.type=*fmt.wrapError,event.name=order.placed,listener.id=a,listener.index=0} Error: index: %!w(<nil>) +exception(*fmt.wrapError, index: %!w(<nil>))
`},
		{"a timeout", listeners{failing("a", fmt.Errorf("index: %w", context.DeadlineExceeded))}, nil, `
dispatch order.placed {error.type=timeout,event.name=order.placed} Error: listener a of order.placed: index: context deadline exceeded
  call a {error.type=timeout,event.name=order.placed,listener.id=a,listener.index=0} Error: index: context deadline exceeded +exception(*fmt.wrapError, index: context deadline exceeded)
`},
		{"joined errors of one listener", listeners{failing("a", errors.Join(context.Canceled, missing))}, nil, `
dispatch order.placed {error.type=canceled,event.name=order.placed} Error: listener a of order.placed: context canceled; open x: file does not exist
  call a {error.type=canceled,event.name=order.placed,listener.id=a,listener.index=0} Error: context canceled; open x: file does not exist +exception(*errors.joinError, context canceled; open x: file does not exist)
`},
		{"an error that is a nil pointer", listeners{failing("a", typedNil)}, nil, `
dispatch order.placed {error.type=*otelevents_test.nilError,event.name=order.placed} Error: listener a of order.placed: <nil>
  call a {error.type=*otelevents_test.nilError,event.name=order.placed,listener.id=a,listener.index=0} Error: <nil>
`},
		{"an error whose methods panic", listeners{failing("a", (*rollcall.PanicError)(nil))}, nil, `
dispatch order.placed {error.type=_OTHER,event.name=order.placed} Error: listener a of order.placed: <nil>
  call a {error.type=_OTHER,event.name=order.placed,listener.id=a,listener.index=0} Error: <nil>
`},
		{"a panic", listeners{panicking("a", "no"), on("b")}, nil, `
dispatch order.placed {error.type=panic,dispatch.not_called=1,event.name=order.placed} Error: listener a of order.placed: panic: no
  call a {error.type=panic,event.name=order.placed,listener.id=a,listener.index=0} Error: panic: no +exception(*rollcall.PanicError, panic: no, stack)
`},
		{"a panic that passes", listeners{on("a"), panicking("b", "no"), on("c")}, options{rollcall.PassPanics()}, `
dispatch order.placed {error.type=panic,dispatch.not_called=1,event.name=order.placed} Error: it did not return: a panic passes through the dispatch, or its goroutine ends
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {error.type=panic,event.name=order.placed,listener.id=b,listener.index=1} Error: it did not return: a panic passes through the dispatch, or its goroutine ends +exception(*errors.errorString, it did not return: a panic passes through the dispatch, or its goroutine ends, stack)
`},
		{"all errors", listeners{failing("a", errFailed), on("b"), panicking("c", "no")}, options{rollcall.CollectErrors()}, `
dispatch order.placed {error.type=*errors.errorString,event.name=order.placed} Error: listener a of order.placed: failed; listener c of order.placed: panic: no
  call a {error.type=*errors.errorString,event.name=order.placed,listener.id=a,listener.index=0} Error: failed +exception(*errors.errorString, failed)
  call b {event.name=order.placed,listener.id=b,listener.index=1}
  call c {error.type=panic,event.name=order.placed,listener.id=c,listener.index=2} Error: panic: no +exception(*rollcall.PanicError, panic: no, stack)
`},
		{"all errors, which are one", listeners{panicking("a", "no"), on("b")}, options{rollcall.CollectErrors()}, `
dispatch order.placed {error.type=panic,event.name=order.placed} Error: listener a of order.placed: panic: no
  call a {error.type=panic,event.name=order.placed,listener.id=a,listener.index=0} Error: panic: no +exception(*rollcall.PanicError, panic: no, stack)
  call b {event.name=order.placed,listener.id=b,listener.index=1}
`},
		{"stopped", listeners{on("a"), stopping("b"), on("c"), on("d")}, nil, `
dispatch order.placed {dispatch.not_called=2,dispatch.stopped=true,dispatch.stopped_by=b,event.name=order.placed}
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {event.name=order.placed,listener.id=b,listener.index=1}
`},
		{"stopped by the last", listeners{on("a"), stopping("b")}, nil, `
dispatch order.placed {event.name=order.placed}
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {event.name=order.placed,listener.id=b,listener.index=1}
`},
		{"in parallel", listeners{on("a"), failing("b", errFailed), on("c", `priority:"last"`)}, options{rollcall.Parallel(2), rollcall.CollectErrors()}, `
dispatch order.placed {error.type=*errors.errorString,event.name=order.placed} Error: listener b of order.placed: failed
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {error.type=*errors.errorString,event.name=order.placed,listener.id=b,listener.index=1} Error: failed +exception(*errors.errorString, failed)
  call c {event.name=order.placed,listener.id=c,listener.index=2}
`},
		{"stopped in parallel", listeners{stopping("a", `priority:"first"`), on("b"), on("c")}, options{rollcall.Parallel(2)}, `
dispatch order.placed {dispatch.not_called=2,dispatch.stopped=true,dispatch.stopped_by=a,event.name=order.placed}
  call a {event.name=order.placed,listener.id=a,listener.index=0}
`},
		{"a panic that passes in parallel", listeners{panicking("a", "no", `priority:"first"`), on("b")}, options{rollcall.Parallel(2), rollcall.PassPanics()}, `
dispatch order.placed {error.type=panic,dispatch.not_called=1,event.name=order.placed} Error: it did not return: a panic passes through the dispatch, or its goroutine ends
  call a {error.type=panic,event.name=order.placed,listener.id=a,listener.index=0} Error: it did not return: a panic passes through the dispatch, or its goroutine ends +exception(*errors.errorString, it did not return: a panic passes through the dispatch, or its goroutine ends, stack)
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newTelemetry()
			value := o.dispatch(t, ctx, &placed{secret: "of the customer"}, tt.listeners, tt.options...)
			if passes := strings.Contains(tt.name, "passes"); passes != (value == "no") {
				t.Errorf("a panic with %v came through", value)
			}
			check(t, "spans", "\n"+o.tree(), tt.want)
		})
	}
}

// An event may be stopped before anybody hears it, and may be unable to say so.
func TestSpansOfOddEvents(t *testing.T) {
	stopped := &placed{}
	stopped.StopPropagation()
	for _, tt := range []struct {
		name string
		ev   any
		want string
	}{
		{"stopped from the start", stopped, `
dispatch order.placed {dispatch.stopped=true,event.name=order.placed}
`},
		{"a nil pointer", (*placed)(nil), `
dispatch order.placed {error.type=panic,dispatch.not_called=1,event.name=order.placed} Error: asking a *otelevents_test.placed whether it is stopped: panic: runtime error: invalid memory address or nil pointer dereference +exception(*fmt.wrapError, asking a *otelevents_test.placed whether it is stopped: panic: runtime error: invalid memory address or nil pointer dereference, stack)
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newTelemetry()
			o.dispatch(t, ctx, tt.ev, listeners{on("a")})
			check(t, "spans", "\n"+o.tree(), tt.want)
		})
	}
}

// A dispatch that its context ends is told from one whose listener gave up.
func TestSpansInterrupted(t *testing.T) {
	for _, tt := range []struct {
		name    string
		err     error
		options options
		want    string
	}{
		{"between listeners", nil, nil, `
dispatch order.placed {error.type=interrupted,dispatch.not_called=1,event.name=order.placed} Error: dispatch of order.placed stopped before listener b: context canceled +exception(*rollcall.InterruptedError, dispatch of order.placed stopped before listener b: context canceled)
  call a {event.name=order.placed,listener.id=a,listener.index=0}
`},
		{"by a listener", context.Canceled, nil, `
dispatch order.placed {error.type=canceled,dispatch.not_called=1,event.name=order.placed} Error: listener a of order.placed: context canceled
  call a {error.type=canceled,event.name=order.placed,listener.id=a,listener.index=0} Error: context canceled +exception(*errors.errorString, context canceled)
`},
		{"after an error", errFailed, options{rollcall.CollectErrors()}, `
dispatch order.placed {error.type=interrupted,dispatch.not_called=1,event.name=order.placed} Error: listener a of order.placed: failed; dispatch of order.placed stopped before listener b: context canceled +exception(*rollcall.InterruptedError, dispatch of order.placed stopped before listener b: context canceled)
  call a {error.type=*errors.errorString,event.name=order.placed,listener.id=a,listener.index=0} Error: failed +exception(*errors.errorString, failed)
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newTelemetry()
			done, cancel := context.WithCancel(ctx)
			giveUp := doing("a", func(context.Context, *placed) error { cancel(); return tt.err })
			o.dispatch(t, done, &placed{}, listeners{giveUp, on("b")}, tt.options...)
			check(t, "spans", "\n"+o.tree(), tt.want)
		})
	}
}

// What a listener does nests below it, a further dispatch too, and the first
// dispatch below whoever began it.
func TestSpansNest(t *testing.T) {
	o := newTelemetry()
	tracer := o.tracers.Tracer("the application")
	inner := rollcall.NewDispatcher(build(t, listeners{panicking("inner", "no")}), rollcall.Observe(o.observer))
	outer := rollcall.NewDispatcher(build(t, listeners{
		doing("works", func(ctx context.Context, _ *placed) error {
			_, span := tracer.Start(ctx, "query")
			defer span.End()
			return nil
		}),
		doing("dispatches", func(ctx context.Context, p *placed) error { return inner.Dispatch(ctx, p) }),
	}), rollcall.Observe(o.observer))

	ctx, request := tracer.Start(ctx, "request")
	_ = outer.Dispatch(ctx, &placed{})
	request.End()
	check(t, "spans", "\n"+o.tree(), `
request {}
  dispatch order.placed {error.type=panic,event.name=order.placed} Error: listener dispatches of order.placed: listener inner of order.placed: panic: no
    call works {event.name=order.placed,listener.id=works,listener.index=0}
      query {}
    call dispatches {error.type=panic,event.name=order.placed,listener.id=dispatches,listener.index=1} Error: listener inner of order.placed: panic: no +exception(*rollcall.ListenerError, listener inner of order.placed: panic: no)
      dispatch order.placed {error.type=panic,event.name=order.placed} Error: listener inner of order.placed: panic: no
        call inner {error.type=panic,event.name=order.placed,listener.id=inner,listener.index=0} Error: panic: no +exception(*rollcall.PanicError, panic: no, stack)
`)
	for _, s := range o.spans.Ended() {
		if s.SpanKind() != trace.SpanKindInternal {
			t.Errorf("%s is of the kind %v", s.Name(), s.SpanKind())
		}
	}
}

// A listener of a dispatch that is not sampled gets the trace's context all the
// same, so that others learn that it is not sampled.
func TestSpansUnsampled(t *testing.T) {
	o := newTelemetry(sdktrace.WithSampler(sdktrace.NeverSample()))
	var got []trace.SpanContext
	hears := func(id string) rollcall.Listener {
		return doing(id, func(ctx context.Context, _ *placed) error {
			got = append(got, trace.SpanContextFromContext(ctx))
			return errFailed
		})
	}
	o.dispatch(t, ctx, &placed{}, listeners{hears("a"), hears("b")}, rollcall.CollectErrors())
	if len(got) != 2 || !got[0].IsValid() || got[0].IsSampled() || !got[0].Equal(got[1]) {
		t.Errorf("the listeners got %v", got)
	}
	check(t, "spans", o.tree(), "")
	check(t, "metrics", "\n"+o.measured(t), `
dispatch.duration {event.name=order.placed} 1 s
dispatches {event.name=order.placed} 1 {dispatch}
listener.duration {event.name=order.placed,listener.id=a} 1 s
listener.duration {event.name=order.placed,listener.id=b} 1 s
listener.errors {event.name=order.placed,listener.id=a} 1 {error}
listener.errors {event.name=order.placed,listener.id=b} 1 {error}
`)
}

// byName samples the spans whose names it finds.
type byName struct{ part string }

func (s byName) Description() string { return "by name" }

func (s byName) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if len(p.Attributes) > 0 && strings.Contains(p.Name, s.part) {
		return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample}
	}
	return sdktrace.SamplingResult{Decision: sdktrace.Drop}
}

// A sampler sees the attributes, and may drop the listeners' spans alone.
func TestSpansSampledByName(t *testing.T) {
	o := newTelemetry(sdktrace.WithSampler(byName{"dispatch"}))
	o.dispatch(t, ctx, &placed{}, listeners{failing("a", errFailed)})
	check(t, "spans", "\n"+o.tree(), `
dispatch order.placed {error.type=*errors.errorString,event.name=order.placed} Error: listener a of order.placed: failed
`)
}

// A listener's place is that in the list of the dispatch.
func TestSpansOfChangingLists(t *testing.T) {
	o := newTelemetry()
	admits := func(ev any, l rollcall.Listener) bool { return ev.(*placed).secret == "" || l.ID == "b" }
	d := rollcall.NewDispatcher(provider.NewFilter(build(t, listeners{on("a"), on("b")}), admits), rollcall.Observe(o.observer))
	for _, secret := range []string{"", "for b", ""} {
		_ = d.Dispatch(ctx, &placed{secret: secret})
	}
	check(t, "spans", "\n"+o.tree(), `
dispatch order.placed {event.name=order.placed}
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {event.name=order.placed,listener.id=b,listener.index=1}
dispatch order.placed {event.name=order.placed}
  call b {event.name=order.placed,listener.id=b,listener.index=0}
dispatch order.placed {event.name=order.placed}
  call a {event.name=order.placed,listener.id=a,listener.index=0}
  call b {event.name=order.placed,listener.id=b,listener.index=1}
`)
}
