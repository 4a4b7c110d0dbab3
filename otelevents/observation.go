package otelevents

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/friend"
)

// observation observes one dispatch. Each listener has its own element in calls, so that
// listeners can run concurrently without a lock.
type observation struct {
	observer  *Observer
	event     *knownEvent
	listeners *rollcall.Listeners

	ctx       context.Context
	span      trace.Span
	recording bool // whether the span is recorded; then listeners get spans, too
	began     time.Time

	calls    []call
	called   atomic.Int64
	returned atomic.Int64 // index of the listener that returned last, plus 1; 0 if none has

	stopped   bool
	stoppedBy int // index of the listener, plus 1; 0 if none had returned
}

// call is the call of one listener. Its listener field is nil until the call begins.
type call struct {
	listener *knownListener
	ctx      context.Context
	began    time.Time
}

// Calling begins the listener's span if the span of the dispatch is recorded.
func (o *observation) Calling(ctx context.Context, i int) context.Context {
	o.called.Add(1)
	l := o.event.listener(o.listeners, i)
	if o.recording {
		ctx, _ = o.observer.tracer.Start(ctx, l.span, l.start...)
	}
	o.calls[i] = call{listener: l, ctx: ctx, began: time.Now()}
	return ctx
}

// Returned ends the listener's span. There is none if another observer panicked before
// Calling.
func (o *observation) Returned(i int, err error) {
	c := &o.calls[i]
	if c.listener == nil {
		return
	}
	o.returned.Store(int64(i) + 1)
	o.observer.instruments.returned(c, err)
	if o.recording {
		endListener(trace.SpanFromContext(c.ctx), err)
	}
}

// Stopped records that the event was stopped, and which listener returned last before
// that.
func (o *observation) Stopped(int) {
	o.stopped, o.stoppedBy = true, int(o.returned.Load())
}

// End ends the dispatch's span.
func (o *observation) End(err error) {
	o.observer.instruments.ended(o)
	for _, part := range parts(err) {
		if i := o.publisher(part); i >= 0 {
			o.observer.instruments.errors.Add(o.ctx, 1, o.event.listener(o.listeners, i).add...)
		}
	}
	if o.recording {
		o.describe()
		endDispatch(o.span, err, isListeners)
	} else {
		o.span.End()
	}
}

// publisher returns the index of the first asynchronous listener whose publication failed
// with err, or -1 for any other error. That listener is not called, so it has no span.
func (o *observation) publisher(err error) int {
	failed, ok := err.(*rollcall.PublishError)
	if !ok {
		return -1
	}
	for i, l := range o.listeners.All() {
		if !o.listeners.IsAsync(i) {
			continue
		}
		if slices.Contains(failed.Keys, l.Async) || len(failed.Keys) == 0 && l.Async == friend.AnyKey {
			return i
		}
	}
	return -1
}

// describe sets the attributes that explain why listeners were not called, except for
// errors. Asynchronous listeners are not counted, because their receivers call them.
func (o *observation) describe() {
	left := -int(o.called.Load())
	for i := range o.listeners.Len() {
		if !o.listeners.IsAsync(i) {
			left++
		}
	}
	if left > 0 {
		o.span.SetAttributes(notCalledKey.Int(left))
	}
	if !o.stopped {
		return
	}
	o.span.SetAttributes(stoppedKey.Bool(true))
	if o.stoppedBy > 0 {
		o.span.SetAttributes(stoppedByKey.String(o.listeners.At(o.stoppedBy - 1).ID))
	}
}
