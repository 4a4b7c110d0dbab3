package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/internal/golden"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/transport"
)

// outbox is a transport with an outbox.
type outbox struct {
	transport.Transport
	stats transport.OutboxStats
	err   error
	hangs chan struct{} // nil if it does not hang
}

func (o *outbox) OutboxStats(context.Context) (transport.OutboxStats, error) {
	if o.hangs != nil {
		<-o.hangs
	}
	return o.stats, o.err
}

// The first page shows the outbox, with the rate since the last look.
func TestOutboxOnThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{stats: transport.OutboxStats{
			Backlog: transport.Backlog{Waiting: 1, Retrying: 2, Dead: 3, Oldest: 90 * time.Second}, Published: 1000, Failed: 4, Buried: 5,
			Vacuum: &transport.OutboxVacuum{DeadRows: 6, Horizon: 7},
		}}
		h := monitor.Handler(asynchronous(), nil, monitor.Backlog(o))
		page := body(t, get(h, "GET", "/"))
		golden.Check(t, "testdata/page.outbox.html", []byte(page))
		if strings.Contains(page, "a second") {
			t.Errorf("the first look knows a rate: %s", page)
		}
		time.Sleep(2 * time.Second)
		o.stats.Published += 2400
		for range 2 { // another reader looks at the same time
			if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "published 3400, at the moment 1200 a second.") {
				t.Error(page)
			}
		}
		o.stats.Vacuum = nil
		if page := body(t, get(h, "GET", "/")); strings.Contains(page, "PostgreSQL") {
			t.Errorf("a database without vacuum: %s", page)
		}
	})
}

func TestOutboxThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{err: errors.New("<b>the database is away</b>")}
		h := monitor.Handler(asynchronous(), nil, monitor.Backlog(o))
		if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "not known: &lt;b&gt;the database is away") {
			t.Error(page)
		}
		o.err = fmt.Errorf("a wrapper: %w", errors.ErrUnsupported)
		if page := body(t, get(h, "GET", "/")); strings.Contains(page, "Outbox") {
			t.Errorf("a wrapper of something else: %s", page)
		}
		o.hangs = make(chan struct{})
		begun := time.Now()
		if page := body(t, get(h, "GET", "/")); time.Since(begun) > 3*time.Second || !strings.Contains(page, "not known: context deadline exceeded") || !strings.Contains(page, "order.placed") {
			t.Errorf("after %v: %s", time.Since(begun), page)
		}
		close(o.hangs)
	})
}
