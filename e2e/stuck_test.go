package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/transport"
)

// stuck is a transport with an outbox, backlogs and dead letters. The outbox publishes a
// thousand messages between two looks.
type stuck struct {
	transport.Transport
	looks atomic.Int64
}

func (s *stuck) OutboxStats(context.Context) (transport.OutboxStats, error) {
	published := 1000 * uint64(s.looks.Add(1))
	return transport.OutboxStats{
		Backlog:   transport.Backlog{Waiting: 29_713, Retrying: 12, Dead: 2, Oldest: 61 * time.Second},
		Published: published, Failed: 31, Buried: 2, Vacuum: &transport.OutboxVacuum{DeadRows: 600_000, Horizon: 91_204},
	}, nil
}

// Backlog says that the first key has dead letters, that the second is unknown, and that the
// others have nothing to do.
func (s *stuck) Backlog(_ context.Context, _, key string) (transport.Backlog, error) {
	switch key {
	case stuckKey(0):
		return transport.Backlog{Waiting: 1234, InFlight: 8, Retrying: 3, Dead: 25, Oldest: 3*time.Hour + 25*time.Minute}, nil
	case stuckKey(1):
		return transport.Backlog{}, errors.New("<b>the broker is away</b>: dial tcp 10.0.0.7:4222: connect: connection refused")
	}
	return transport.Backlog{}, nil
}

func (s *stuck) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	if key != stuckKey(0) {
		return 0, nil
	}
	for n := range 25 {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		decide(stuckLetter(event, key, n))
	}
	return 25, nil
}

// stuckLetter has a hostile body, reason or ID, in turn.
func stuckLetter(event, key string, n int) transport.DeadLetter {
	h := hostile[n%len(hostile)].name
	l := transport.DeadLetter{Reason: "listener notify.Mailer of order.placed: 550 5.1.1 no such user", At: time.Now().Add(-time.Duration(100-n) * time.Minute)}
	l.Delivery = transport.Delivery{Attempt: 10, Message: transport.Message{ID: fmt.Sprintf("01JD8ZK5Q4T9W2X7R3M6%06d", n), Event: event, Key: key, Body: []byte(`{"order": "4711", "total": 12.5}`)}}
	switch n % 4 {
	case 1:
		l.Body = []byte(h)
	case 2:
		l.Reason = h
	case 3:
		l.ID = h
	}
	return l
}

func stuckKey(n int) string { return fmt.Sprintf("warehouse-%03d", n) }

// stuckServer serves an event with some asynchronous listeners, each with its own key.
func stuckServer(t *testing.T, receivers int) (base string) {
	t.Helper()
	e := inspect.Event{Event: "order.placed", Type: "*shop.Placed", Source: "shop/events.go:12"}
	e.Listeners = append(e.Listeners, inspect.Listener{ID: "stock.Reserve", Reason: "priority 0 (default)", Source: "stock/stock.go:31"})
	for n := range receivers {
		e.Listeners = append(e.Listeners, inspect.Listener{ID: fmt.Sprintf("warehouse.Copy%03d", n), Reason: "asynchronous", Source: "warehouse/copy.go:57", Async: stuckKey(n)})
	}
	report := &inspect.Report{Providers: []inspect.Provider{{ID: "default", ListenerTag: "event_listener", Events: []inspect.Event{e}}}}
	mux := http.NewServeMux()
	mux.Handle("/a/path/", monitor.Handler(report, &monitor.Tracer{}, monitor.Backlog(&stuck{}), monitor.Bodies(func(l transport.DeadLetter) string { return string(l.Body) })))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/a/path/"
}

// The pages show what is stuck, with few receivers and with many, in all looks.
func TestStuck(t *testing.T) {
	t.Parallel()
	browser := browser(t)
	for _, receivers := range []int{3, 200} {
		base := stuckServer(t, receivers)
		for _, look := range looks() {
			t.Run(fmt.Sprint(receivers, look.scheme, look.width), func(t *testing.T) {
				p := newTab(t, browser, base)
				p.emulate(look.scheme, look.width)
				p.check("", look.scheme, look.width)
				p.waitFor(`document.querySelector("#outbox").textContent.includes(" a second.")`)
				p.follow("#events tbody a")
				checkBacklog(p, receivers)
				p.follow("#backlog tbody tr:first-child a")
				checkLetters(p)
				p.follow(".about a")
				if got := p.text("h1"); got != "order.placed" {
					t.Errorf("the way back leads to %q", got)
				}
			})
		}
	}
}

// checkBacklog is for the page of the event.
func checkBacklog(p *tab, receivers int) {
	t := p.t
	t.Helper()
	p.is(says(stuckKey(0), "Waiting", "1234"))
	p.is(says(stuckKey(0), "Oldest", "3h25m0s"))
	if few := receivers < 20; few {
		p.is(says(stuckKey(2), "Dead", "0"))
	} else if got := p.text("#backlog .about"); got != fmt.Sprintf("%d other receiver keys have no backlog.", receivers-2) {
		t.Errorf("of the others, the page says %q", got)
	}
	if got := p.text("#backlog td[colspan]"); got != "not known: <b>the broker is away</b>: dial tcp 10.0.0.7:4222: connect: connection refused Dead letters" {
		t.Errorf("the backlog that is not known says %q", got)
	}
	p.sound()
}

// checkLetters is for the page of the dead letters.
func checkLetters(p *tab) {
	t := p.t
	t.Helper()
	if got := p.texts("caption"); !slices.Equal(got, []string{"The oldest 20. There are more."}) {
		t.Errorf("the caption is %q", got)
	}
	shown := strings.Join(p.texts("td, tbody th"), "\n")
	for _, n := range []int{1, 2, 3, 5, 6, 7, 9, 10, 11} {
		if h := hostile[n%len(hostile)].shown; !strings.Contains(shown, strings.Join(strings.Fields(h), " ")) {
			t.Errorf("%s is not shown as it is", hostile[n%len(hostile)].what)
		}
	}
	p.sound()
}

// sound checks the page as it is.
func (p *tab) sound() {
	p.t.Helper()
	for _, fault := range p.faults() {
		p.t.Error(fault)
	}
	p.noMarkup()
}
