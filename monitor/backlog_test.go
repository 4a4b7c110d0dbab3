package monitor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/golden"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/transport"
)

// queues is a transport with a backlog for some keys.
type queues struct {
	transport.Transport
	backlogs map[string]transport.Backlog
	hangs    string // a key at which it ignores its context
	release  chan struct{}
}

func (q *queues) Backlog(_ context.Context, event, key string) (transport.Backlog, error) {
	if key == q.hangs {
		<-q.release
	}
	b, ok := q.backlogs[event+"/"+key]
	if !ok {
		return b, errors.New("<b>the broker is away</b>")
	}
	return b, nil
}

// asynchronous is a report of an event with two receiver keys.
func asynchronous() *inspect.Report {
	return &inspect.Report{Providers: []inspect.Provider{{ID: "default", ListenerTag: "event_listener", Events: []inspect.Event{
		{Event: "order.placed", Listeners: []inspect.Listener{
			{ID: "audit", Reason: "priority 0 (default)"}, {ID: "mail", Reason: "asynchronous", Async: "mail"},
			{ID: "copy", Reason: "asynchronous", Async: "mail"}, {ID: "count", Reason: "asynchronous", Async: "stats"},
		}},
		{Event: "order.shipped", Listeners: []inspect.Listener{{ID: "audit", Reason: "priority 0 (default)"}}},
	}}}}
}

const placedPage = "/event?provider=default&name=order.placed"

// The page of an event shows its backlog, or why that is not known.
func TestBacklogOnThePage(t *testing.T) {
	q := &queues{backlogs: map[string]transport.Backlog{
		"order.placed/mail": {Waiting: 1, InFlight: 2, Retrying: 3, Dead: 4, Oldest: 90*time.Minute + 300*time.Millisecond},
	}}
	h := monitor.Handler(asynchronous(), nil, monitor.Backlog(q))
	page := body(t, get(h, "GET", placedPage))
	golden.Check(t, "testdata/page.backlog.html", []byte(page))
	if strings.Contains(page, "<b>") {
		t.Error("the error is markup")
	}
	if page := body(t, get(h, "GET", "/event?provider=default&name=order.shipped")); strings.Contains(page, "Backlog") {
		t.Errorf("there is a backlog without receiver keys: %s", page)
	}
	for _, none := range []monitor.HandlerOption{nil, monitor.Backlog(nil), monitor.Backlog(struct{ transport.Transport }{})} {
		if page := body(t, get(monitor.Handler(asynchronous(), nil, none), "GET", placedPage)); strings.Contains(page, "Backlog") {
			t.Errorf("there is a backlog without a reporter: %s", page)
		}
	}
}

// A page does not wait for a broker that does not answer.
func TestBacklogOfAHangingBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queues{hangs: "mail", release: make(chan struct{}), backlogs: map[string]transport.Backlog{"order.placed/stats": {Waiting: 77, Oldest: time.Millisecond}}}
		begun := time.Now()
		page := body(t, get(monitor.Handler(asynchronous(), nil, monitor.Backlog(q)), "GET", placedPage))
		if took := time.Since(begun); took > 3*time.Second || !strings.Contains(page, "not known: context deadline exceeded") || !strings.Contains(page, ">77<") {
			t.Errorf("after %v: %s", took, page)
		}
		close(q.release)
	})
}
