package monitor

import (
	"context"
	"errors"
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

// Backlog shows what is stuck: what waits for each receiver key, on the page of its event,
// with its dead letters on a page of their own, and the outbox on the first page. The
// transport is that of the application. Each of these is shown if the transport is a
// transport.BacklogReporter, a transport.DeadLetters and a transport.OutboxReporter. The
// transport may be nil:
//
//	monitor.Handler(report, tracer, monitor.Backlog(t))
//
// Each view of these pages asks the broker or the database, for up to 16 receiver keys at
// the same time. If there is no answer within two seconds, or five for dead letters, the
// page is shown without it. Dead letters are read only when somebody opens their page, the
// oldest 20 of them. With RabbitMQ, other readers do not see these dead letters while the
// page reads them.
func Backlog(t transport.Transport) HandlerOption {
	return handlerOption(func(h *handler) {
		h.backlog, _ = t.(transport.BacklogReporter)
		h.dead, _ = t.(transport.DeadLetters)
		h.outbox, _ = t.(transport.OutboxReporter)
	})
}

const (
	backlogLimit = 2 * time.Second // how long a page waits for the broker or the database
	atOnce       = 16              // receiver keys that a page asks for at the same time
	shownKeys    = 20              // with more receiver keys, a page leaves out those without a backlog
)

// backlogView shows the backlog of one receiver key.
type backlogView struct {
	Key                               string
	Waiting, InFlight, Retrying, Dead int
	Oldest, Err                       string
	Letters                           string // the address of the dead letters, "" if there are none
}

// backlogs returns the backlog of each receiver key of an event.
func (h *handler) backlogs(ctx context.Context, p inspect.Provider, e inspect.Event) []backlogView {
	keys := keysOf(e)
	if h.backlog == nil && h.dead == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, backlogLimit)
	defer cancel()
	rows := make([]backlogView, len(keys))
	turns := make(chan struct{}, atOnce)
	var asking sync.WaitGroup
	for i, key := range keys {
		turns <- struct{}{}
		asking.Go(func() {
			defer func() { <-turns }()
			rows[i] = h.backlogOf(ctx, p, e, key)
		})
	}
	asking.Wait()
	return rows
}

// withoutIdle returns the rows that have a backlog, and how many others there are. It returns
// all of few rows.
func withoutIdle(rows []backlogView) (busy []backlogView, idle int) {
	if len(rows) <= shownKeys {
		return rows, 0
	}
	for _, v := range rows {
		if v.Err != "" || v.Waiting+v.InFlight+v.Retrying+v.Dead > 0 {
			busy = append(busy, v)
		}
	}
	return busy, len(rows) - len(busy)
}

// isPublished reports whether an event has asynchronous listeners, here or elsewhere.
func isPublished(e inspect.Event) bool {
	return slices.ContainsFunc(e.Listeners, func(l inspect.Listener) bool { return l.Async != "" })
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

// backlogOf returns the row of one key.
func (h *handler) backlogOf(ctx context.Context, p inspect.Provider, e inspect.Event, key string) backlogView {
	v := backlogView{Key: printable.Line(key)}
	b, err := within(ctx, func(ctx context.Context) (transport.Backlog, error) {
		if h.backlog == nil {
			return transport.Backlog{}, errors.New("the transport reports no backlog")
		}
		return h.backlog.Backlog(ctx, e.Event, key)
	})
	if err != nil {
		v.Err = unknown(err)
	}
	if h.dead != nil && (err != nil || b.Dead > 0) {
		v.Letters = h.lettersLink(p, e, key)
	}
	v.Waiting, v.InFlight, v.Retrying, v.Dead, v.Oldest = b.Waiting, b.InFlight, b.Retrying, b.Dead, age(b.Oldest)
	return v
}

// within returns what f returns, or the context's error once that has ended: f may ignore
// its context.
func within[T any](ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f(ctx)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// unknown returns why something is not known.
func unknown(err error) string { return printable.Line("not known: " + err.Error()) }

// age returns an age as text, or "" if it is 0.
func age(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Truncate(time.Second).String()
	case d > 0:
		return rounded(d)
	}
	return ""
}
