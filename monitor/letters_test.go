package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/golden"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/transport"
)

// graveyard is a transport with dead letters, and a backlog that counts them.
type graveyard struct {
	transport.Transport
	letters   []transport.DeadLetter // of the key mail
	err       error                  // after the letters
	hangs     chan struct{}          // nil if it does not hang after the letters
	disposals []transport.Disposal
}

func (g *graveyard) Backlog(_ context.Context, _, key string) (transport.Backlog, error) {
	if key == "mail" {
		return transport.Backlog{Dead: len(g.letters)}, nil
	}
	return transport.Backlog{}, nil
}

func (g *graveyard) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	n := 0
	for ; key == "mail" && n < len(g.letters); n++ {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		g.disposals = append(g.disposals, decide(g.letters[n]))
	}
	if g.hangs != nil {
		<-g.hangs
	}
	return n, g.err
}

const (
	mailLetters = "/letters?provider=default&name=order.placed&key=mail"
	hostileBody = "</bdi></td><script>alert(1)</script>\nsecond line \u202eturned"
)

// letter is one that died 90 minutes ago.
func letter(id string) transport.DeadLetter {
	return transport.DeadLetter{
		Delivery: transport.Delivery{Message: transport.Message{ID: id, Event: "order.placed", Body: []byte(hostileBody)}, Attempt: 10},
		Reason:   "listener mail: no <b>address</b>", At: time.Now().Add(-90 * time.Minute),
	}
}

func content(l transport.DeadLetter) string { return string(l.Body) }

// The page of dead letters shows why they died, and their bodies only if the application
// renders them. It disposes of none.
func TestLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the time is always the same one
		g := &graveyard{letters: []transport.DeadLetter{letter("7"), letter("<i>8</i>")}}
		page := body(t, get(monitor.Handler(asynchronous(), nil, monitor.Backlog(g)), "GET", placedPage))
		if link := `<a href="letters?key=mail&amp;name=order.placed&amp;provider=default" aria-label="2 dead letters of mail">2</a>`; !strings.Contains(page, link) {
			t.Errorf("the event's page has no %s: %s", link, page)
		}
		page = body(t, get(monitor.Handler(asynchronous(), nil, monitor.Backlog(g)), "GET", mailLetters))
		if strings.Contains(page, "alert(1)") || strings.Contains(page, "Content</th>") {
			t.Errorf("bodies are shown without a renderer: %s", page)
		}
		page = body(t, get(monitor.Handler(asynchronous(), nil, monitor.Backlog(g), monitor.Bodies(content)), "GET", mailLetters))
		golden.Check(t, "testdata/page.letters.html", []byte(page))
		for _, markup := range []string{"<script>alert", "<b>", "<i>", "\u202e"} {
			if strings.Contains(page, markup) {
				t.Errorf("%q has come through", markup)
			}
		}
		for _, d := range g.disposals {
			if d != transport.Keep {
				t.Errorf("a letter is disposed of: %v", d)
			}
		}
	})
}

// A renderer that panics spoils only its own letter.
func TestBodiesPanics(t *testing.T) {
	g := &graveyard{letters: []transport.DeadLetter{letter("7"), letter("8")}}
	page := body(t, get(monitor.Handler(asynchronous(), nil, monitor.Backlog(g), monitor.Bodies(func(l transport.DeadLetter) string {
		if l.ID == "7" {
			panic("no such type")
		}
		return "rendered " + l.ID
	})), "GET", mailLetters))
	if !strings.Contains(page, "(rendering it panicked: no such type)") || !strings.Contains(page, "rendered 8") {
		t.Error(page)
	}
}

// A body of several lines keeps them, and its tabs.
func TestBodiesOfSeveralLines(t *testing.T) {
	g := &graveyard{letters: []transport.DeadLetter{letter("7")}}
	page := body(t, get(monitor.Handler(asynchronous(), nil, monitor.Backlog(g), monitor.Bodies(func(transport.DeadLetter) string {
		return "{\n\tid: 7\n}"
	})), "GET", mailLetters))
	if !strings.Contains(page, "{\n\tid: 7\n}") {
		t.Error(page)
	}
}

// Of many letters, the page reads and shows the oldest ones.
func TestManyLetters(t *testing.T) {
	g := &graveyard{}
	for n := range 1000 {
		g.letters = append(g.letters, letter(fmt.Sprint("letter", n)))
	}
	h := monitor.Handler(asynchronous(), nil, monitor.Backlog(g))
	page := body(t, get(h, "GET", mailLetters))
	if n := strings.Count(page, ">letter"); n != 20 || !strings.Contains(page, "The oldest 20. There are more.") || strings.Contains(page, "not known") {
		t.Errorf("%d letters are shown: %s", n, page)
	}
	if n := len(g.disposals); n != 21 {
		t.Errorf("%d letters were read", n)
	}
	g.letters = g.letters[:20]
	if page := body(t, get(h, "GET", mailLetters)); strings.Contains(page, "There are more") || strings.Count(page, ">letter") != 20 {
		t.Errorf("of 20 letters, there are more: %s", page)
	}
	g.letters = nil
	if page := body(t, get(h, "GET", mailLetters)); !strings.Contains(page, "No dead letters.") {
		t.Errorf("none are left: %s", page)
	}
}

// What was read before an error is shown with it, also if the broker hangs.
func TestLettersOfABrokenBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &graveyard{letters: []transport.DeadLetter{letter("7")}, err: errors.New("<u>the broker is away</u>")}
		h := monitor.Handler(asynchronous(), nil, monitor.Backlog(g))
		if page := body(t, get(h, "GET", mailLetters)); !strings.Contains(page, "not known: &lt;u&gt;the broker is away") || !strings.Contains(page, ">7<") {
			t.Errorf("after an error: %s", page)
		}
		g.hangs = make(chan struct{})
		begun := time.Now()
		page := body(t, get(h, "GET", mailLetters))
		if took := time.Since(begun); took > 6*time.Second || !strings.Contains(page, "not known: context deadline exceeded") || !strings.Contains(page, ">7<") {
			t.Errorf("after %v: %s", took, page)
		}
		close(g.hangs)
	})
}

// The page shows only what a listener of the report is a receiver of.
func TestLettersOfNobody(t *testing.T) {
	for address, h := range map[string]http.Handler{
		"/letters?provider=default&name=order.placed&key=other": monitor.Handler(asynchronous(), nil, monitor.Backlog(&graveyard{})),
		"/letters?provider=default&name=secret&key=mail":        monitor.Handler(asynchronous(), nil, monitor.Backlog(&graveyard{})),
		"/letters?provider=default&name=order.shipped&key=":     monitor.Handler(asynchronous(), nil, monitor.Backlog(&graveyard{})),
		mailLetters: monitor.Handler(asynchronous(), nil, monitor.Backlog(&queues{})), // it shows none
	} {
		if r := get(h, "GET", address); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", address, r.StatusCode)
		}
	}
	h := monitor.Handler(asynchronous(), nil, monitor.Backlog(&graveyard{}))
	if page := body(t, get(h, "GET", "/letters?provider=default&name=order.placed&key=")); !strings.Contains(page, "Without a receiver key.") {
		t.Error(page)
	}
}

// silent is a transport that shows dead letters and reports no backlog.
type silent struct {
	transport.Transport
	transport.DeadLetters
}

// Dead letters can be reached where the backlog is unknown, also those of an event that is
// published for receivers elsewhere.
func TestLettersWithoutABacklog(t *testing.T) {
	h := monitor.Handler(asynchronous(), nil, monitor.Backlog(silent{DeadLetters: &graveyard{}}))
	page := body(t, get(h, "GET", placedPage))
	for _, want := range []string{"not known: the transport reports no backlog", `aria-label="Dead letters of mail"`, "Dead letters without a receiver key"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q: %s", want, page)
		}
	}
	elsewhere := crowded(1)
	elsewhere.Providers[0].Events[0].Listeners[0].Async = friend.AnyKey
	h = monitor.Handler(elsewhere, nil, monitor.Backlog(&graveyard{}))
	if page := body(t, get(h, "GET", placedPage)); !strings.Contains(page, "Dead letters without a receiver key") || strings.Contains(page, "<caption>Messages") {
		t.Error(page)
	}
	if r := get(h, "GET", "/letters?provider=default&name=order.placed&key="); r.StatusCode != http.StatusOK {
		t.Errorf("status %d", r.StatusCode)
	}
}

// crowded is a report of an event with many receiver keys.
func crowded(n int) *inspect.Report {
	e := inspect.Event{Event: "order.placed"}
	for i := range n {
		e.Listeners = append(e.Listeners, inspect.Listener{ID: fmt.Sprint("listener", i), Reason: "asynchronous", Async: fmt.Sprint("key", i)})
	}
	return &inspect.Report{Providers: []inspect.Provider{{ID: "default", ListenerTag: "event_listener", Events: []inspect.Event{e}}}}
}

// Of many receiver keys, the page shows those that have a backlog.
func TestIdleReceiversAreCounted(t *testing.T) {
	q := &graveyard{letters: []transport.DeadLetter{letter("7")}}
	for _, tt := range []struct{ keys, shown int }{{20, 20}, {21, 1}} {
		report := crowded(tt.keys)
		report.Providers[0].Events[0].Listeners[3].Async = "mail"
		page := body(t, get(monitor.Handler(report, nil, monitor.Backlog(q)), "GET", placedPage))
		if n := strings.Count(page, `data-label="Waiting"`); n != tt.shown || strings.Contains(page, "20 other receiver keys have no backlog.") != (tt.shown == 1) {
			t.Errorf("%d of %d keys are shown: %s", n, tt.keys, page)
		}
	}
}

// slowQueues answers each question after a tenth of a second.
type slowQueues struct{ transport.Transport }

func (slowQueues) Backlog(context.Context, string, string) (transport.Backlog, error) {
	time.Sleep(100 * time.Millisecond)
	return transport.Backlog{Waiting: 7777}, nil
}

// 200 receivers are asked together, but not all at once.
func TestBacklogOfManyReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		page := body(t, get(monitor.Handler(crowded(200), nil, monitor.Backlog(slowQueues{})), "GET", placedPage))
		if n, took := strings.Count(page, ">7777<"), time.Since(begun); n != 200 || took != 1300*time.Millisecond {
			t.Errorf("%d backlogs after %v", n, took)
		}
	})
}
