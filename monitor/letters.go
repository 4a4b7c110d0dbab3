package monitor

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/transport"
)

// Bodies shows what a function returns of each dead letter. Without it, the pages show no
// bodies. The function decides who may see what: leave out what nobody should read on a
// page. Of its result, the first 4,096 bytes are shown, as text. If it panics, the panic is
// shown instead. It may be called concurrently:
//
//	monitor.Bodies(func(l transport.DeadLetter) string { return string(l.Body) })
func Bodies(render func(transport.DeadLetter) string) HandlerOption {
	return handlerOption(func(h *handler) { h.bodies = render })
}

const (
	shownLetters = 20
	lettersLimit = 5 * time.Second // how long the page of dead letters waits for the broker
)

// lettersPage shows the dead letters of one receiver key.
type lettersPage struct {
	page
	Event, Link, Key, Err string
	Letters               []letterView
	Most                  int // how many are shown, if there are more; otherwise 0
	Bodies                bool
}

type letterView struct {
	ID, Reason          string
	Attempts            int
	Datetime, Age, Body string
}

// lettersLink returns the address of the dead letters of a receiver key.
func (h *handler) lettersLink(p inspect.Provider, e inspect.Event, key string) string {
	query := h.query(p, e)
	query.Set("key", key)
	return "letters?" + query.Encode()
}

// serveLetters serves the dead letters of a receiver key of the event's listeners, or those
// of the event without a key.
func (h *handler) serveLetters(ctx context.Context, w http.ResponseWriter, query url.Values) {
	p, e, ok := h.event(query)
	key := query.Get("key")
	if h.dead == nil || !ok || !isPublished(e) || key != "" && !slices.Contains(keysOf(e), key) {
		h.serveMissing(w, query)
		return
	}
	x := lettersPage{page: h.page("Dead letters of " + e.Event), Event: printable.Line(e.Event), Link: h.link(p, e), Key: printable.Line(key), Bodies: h.bodies != nil}
	var err error
	if x.Letters, err = h.letters(ctx, e.Event, key); err != nil {
		x.Err = unknown(err)
	}
	if len(x.Letters) > shownLetters {
		x.Letters, x.Most = x.Letters[:shownLetters], shownLetters
	}
	h.serve(w, http.StatusOK, "letters", x)
}

// letters returns the oldest dead letters of a receiver key, one more than are shown if
// there are more. After an error, it returns those that were read before.
func (h *handler) letters(ctx context.Context, event, key string) ([]letterView, error) {
	ctx, cancel := context.WithTimeout(ctx, lettersLimit)
	defer cancel()
	read := make(chan letterView, shownLetters+1)
	_, err := within(ctx, func(ctx context.Context) (int, error) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		n, err := h.dead.EachDeadLetter(ctx, event, key, func(l transport.DeadLetter) transport.Disposal {
			if len(read) < cap(read) {
				read <- h.letterView(l)
			}
			if len(read) == cap(read) {
				stop()
			}
			return transport.Keep
		})
		if len(read) == cap(read) {
			err = nil // it is that of stop
		}
		return n, err
	})
	var list []letterView
	for range len(read) {
		list = append(list, <-read)
	}
	return list, err
}

func (h *handler) letterView(l transport.DeadLetter) letterView {
	v := letterView{ID: printable.Line(cut(l.ID)), Reason: printable.Text(cut(l.Reason)), Attempts: l.Attempt}
	if !l.At.IsZero() {
		v.Datetime, v.Age = l.At.UTC().Format(time.RFC3339), age(time.Since(l.At))
	}
	if h.bodies != nil {
		v.Body = printable.Text(rendered(func(any) string { return h.bodies(l) }, nil))
	}
	return v
}
