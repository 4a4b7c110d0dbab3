// Package background dispatches slow events after the reply. Each request has a buffer of
// its own, which is flushed when the reply has been sent.
package background

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/recipes"
)

// Module provides the Flusher. The application decorates its dispatcher with
// Buffer.
var Module = fx.Module("background", fx.Provide(NewFlusher))

// Buffer decorates the dispatcher d. If a request passes through Flusher.Handler, its
// events go to the buffer of that request. All other events go to d.
func Buffer(d rollcall.Dispatcher) rollcall.Dispatcher { return perRequest{d} }

type perRequest struct{ next rollcall.Dispatcher }

type bufferKey struct{}

// slot holds the buffer of a request. The buffer is nil until the first event.
type slot struct{ buffer *rollcall.Buffered }

func (p perRequest) Dispatch(ctx context.Context, ev any) error {
	s, ok := ctx.Value(bufferKey{}).(*slot)
	if !ok {
		return p.next.Dispatch(ctx, ev)
	}
	if s.buffer == nil {
		s.buffer = rollcall.NewBuffered(p.next, afterTheReply)
	}
	return s.buffer.Dispatch(ctx, ev)
}

// afterTheReply reports whether an event can wait. Only an event that decides the reply
// can't.
func afterTheReply(ev any) bool {
	_, decides := ev.(*recipes.Submitted)
	return !decides
}

// Flusher flushes buffers in the background, from the application's start to
// its stop.
type Flusher struct {
	errors io.Writer
	queue  chan *rollcall.Buffered
	done   chan struct{}
}

// waiting is how many requests may wait for their slow listeners. If there are more,
// their connections stay open until there is room.
const waiting = 1024

// NewFlusher returns a flusher that writes its errors to w.
func NewFlusher(lc fx.Lifecycle, w io.Writer) *Flusher {
	f := &Flusher{errors: w, queue: make(chan *rollcall.Buffered, waiting), done: make(chan struct{})}
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error { go f.loop(); return nil },
		OnStop:  f.stop,
	})
	return f
}

// Handler provides a buffer for each request, and queues it after the reply.
func (f *Flusher) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &slot{}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), bufferKey{}, s)))
		if s.buffer != nil {
			f.queue <- s.buffer
		}
	})
}

func (f *Flusher) loop() {
	defer close(f.done)
	for buffer := range f.queue {
		if _, err := buffer.Flush(context.Background()); err != nil {
			fmt.Fprintln(f.errors, "background:", err)
		}
	}
}

// stop flushes the queued buffers. The server has already stopped.
func (f *Flusher) stop(ctx context.Context) error {
	close(f.queue)
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
