package monitor

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/transport"
)

// HandlerOption changes what [Handler] shows.
type HandlerOption interface{ apply(*handler) }

type handlerOption func(*handler)

func (f handlerOption) apply(h *handler) { f(h) }

// Backlog shows what waits for each receiver key on the page of its event. The transport is
// that of the application. If it is no transport.BacklogReporter, or nil, nothing is shown:
//
//	monitor.Handler(report, tracer, monitor.Backlog(t))
//
// Each view of an event's page asks the broker. If the broker does not answer within two
// seconds, the page is shown without its counts.
func Backlog(t transport.Transport) HandlerOption {
	return handlerOption(func(h *handler) { h.backlog, _ = t.(transport.BacklogReporter) })
}

// backlogLimit is how long a page waits for the broker.
const backlogLimit = 2 * time.Second

// backlogView shows the backlog of one receiver key.
type backlogView struct {
	Key                               string
	Waiting, InFlight, Retrying, Dead int
	Oldest, Err                       string
}

// backlogs returns the backlog of each receiver key of an event. It asks for all of them at
// the same time.
func (h *handler) backlogs(ctx context.Context, e inspect.Event) []backlogView {
	keys := keysOf(e)
	if h.backlog == nil || len(keys) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, backlogLimit)
	defer cancel()
	rows := make([]backlogView, len(keys))
	var asked sync.WaitGroup
	for i, key := range keys {
		asked.Go(func() { rows[i] = h.backlogOf(ctx, e.Event, key) })
	}
	asked.Wait()
	return rows
}

// keysOf returns the receiver keys of an event's listeners, each once, in order.
func keysOf(e inspect.Event) []string {
	var keys []string
	for _, l := range e.Listeners {
		if l.Async != "" && l.Async != friend.AnyKey && !slices.Contains(keys, l.Async) {
			keys = append(keys, l.Async)
		}
	}
	return keys
}

// backlogOf returns the row of one key. It does not outlast the context, even if the
// transport does.
func (h *handler) backlogOf(ctx context.Context, event, key string) backlogView {
	row := make(chan backlogView, 1)
	go func() {
		b, err := h.backlog.Backlog(ctx, event, key)
		row <- viewOf(key, b, err)
	}()
	select {
	case v := <-row:
		return v
	case <-ctx.Done():
		return viewOf(key, transport.Backlog{}, ctx.Err())
	}
}

func viewOf(key string, b transport.Backlog, err error) backlogView {
	v := backlogView{Key: printable.Line(key)}
	if err != nil {
		v.Err = printable.Line("not known: " + err.Error())
		return v
	}
	v.Waiting, v.InFlight, v.Retrying, v.Dead = b.Waiting, b.InFlight, b.Retrying, b.Dead
	switch {
	case b.Oldest >= time.Second:
		v.Oldest = b.Oldest.Truncate(time.Second).String()
	case b.Oldest > 0:
		v.Oldest = rounded(b.Oldest)
	}
	return v
}
