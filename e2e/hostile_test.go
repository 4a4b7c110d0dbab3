package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// hostile are names of events and of listeners, and how a page shows them.
var hostile = []struct{ what, name, shown string }{
	{"script", `<script>alert(1)</script>`, `<script>alert(1)</script>`},
	{"attribute", `"'><img src=x onerror=alert(2)>`, `"'><img src=x onerror=alert(2)>`},
	{"long", strings.Repeat("a", 500), strings.Repeat("a", 500)},
	{"long words", strings.Repeat("four ", 99) + "words", strings.Repeat("four ", 99) + "words"},
	{"right-to-left", "مستمع الحدث الأول", "مستمع الحدث الأول"},
	{"turned", "safe\u202egnp.exe\u202c", "safe�gnp.exe�"},
	{"no letters", "!… #1 %2F &amp; +=/?", "!… #1 %2F &amp; +=/?"},
	{"wide", strings.Repeat("料理🍲", 40), strings.Repeat("料理🍲", 40)},
	{"lines", "two\nlines\r\nand\ta tab", "two�lines��and�a tab"},
}

const (
	hostileError   = "out of <b>stock</b>\n<img src=x onerror=alert(3)>"
	hostilePayload = "</p><script>alert(4)</script>\u202eturned"
	unheard        = "<i>ignored</i>"
	crowdProvider  = "crowd"
	crowdEvent     = "crowded"
)

// hostileServer serves two providers. In the first, each of the hostile names is an
// event, and each of them listens to each event. In the second, a crowd listens to one
// event. Each event was dispatched three times: one dispatch succeeded, in one the last
// listener failed, and one was stopped by the first listener.
func hostileServer(t *testing.T) (base string) {
	t.Helper()
	tracer := &monitor.Tracer{Render: func(any) string { return hostilePayload }}
	report := &inspect.Report{}
	for _, o := range []struct {
		id            string
		events, names []string
	}{
		{hostile[0].name, hostileNames(), hostileNames()},
		{crowdProvider, []string{crowdEvent}, crowd()},
	} {
		p := everyoneListens(t, o.events, o.names)
		report.Providers = append(report.Providers, inspect.OfProvider(o.id, hostile[1].name, p, nil))
		dispatchAll(p, tracer, o.events)
	}
	mux := http.NewServeMux()
	mux.Handle("/a/path/", monitor.Handler(report, tracer))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/a/path/"
}

func hostileNames() (names []string) {
	for _, h := range hostile {
		names = append(names, h.name)
	}
	return names
}

// crowd are more listeners than a picture has, or a timeline.
func crowd() (names []string) {
	for i := range 310 {
		names = append(names, fmt.Sprintf("crowd.Member%03d", i))
	}
	return names
}

// everyoneListens is a provider in which each name listens to each event.
func everyoneListens(t *testing.T, events, names []string) *provider.Sorted {
	t.Helper()
	var listeners []rollcall.Listener
	for _, e := range events {
		for i := range names {
			listeners = append(listeners, listener(names, i, e))
		}
	}
	p, err := provider.Build(listeners, []rollcall.Declaration{rollcall.Declare[int](unheard)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// listener is one of the listeners of an event. They hint, so that there is
// more to see.
func listener(names []string, i int, name string) rollcall.Listener {
	tag := tags.Place(tags.Priority(-i))
	if i > 0 {
		tag = tags.Place(tags.After(names[i-1], "?"+names[i]+names[i]))
	}
	l := rollcall.NewListener[*event.Generic](names[i], func(e *event.Generic) error {
		switch {
		case e.Subject == "stop" && i == 0:
			e.StopPropagation()
		case e.Subject == "fail" && i == len(names)-1:
			return errors.New(hostileError)
		}
		return nil
	}, tag)
	l.Event = event.NameKey(name)
	return l
}

func dispatchAll(p rollcall.Provider, tracer *monitor.Tracer, events []string) {
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	for _, name := range events {
		for _, does := range []string{"", "fail", "stop"} {
			_ = d.Dispatch(context.Background(), &event.Generic{Name: name, Subject: does}) // the pages show its error
		}
	}
}

// Names and texts are shown as they are and make no markup, also on a narrow page.
// All names stand on all pages; the short form opens the pages of three of them.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	browser := browser(t)
	p := newTab(t, browser, hostileServer(t))
	p.emulate("light", 360)
	p.open("")
	names := []string{unheard, unheard, crowdEvent}
	for _, h := range hostile {
		names = append(names, h.shown)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(p.texts(foundNames)))); diff != "" {
		t.Error(diff)
	}
	p.noMarkup()
	visited := hostile
	if !whole {
		visited = hostile[:3]
	}
	for _, h := range visited {
		p.open("")
		p.follow(fmt.Sprintf("#events tbody tr:nth-child(%d) a", 1+slices.Index(p.texts(foundNames), h.shown)))
		checkHostileEvent(p, h.shown)
		p.open("./?" + url.Values{"q": {h.name}}.Encode())
		if got := p.texts(foundNames); !slices.Contains(got, h.shown) {
			t.Errorf("%s: a search finds %q", h.shown, got)
		}
		p.noMarkup()
	}
}

// checkHostileEvent is for the page of one of the events.
func checkHostileEvent(p *tab, heading string) {
	t := p.t
	t.Helper()
	if got := p.text("h1"); got != heading {
		t.Errorf("the heading is %q, want %q", got, heading)
	}
	var listeners []string
	for _, h := range hostile {
		listeners = append(listeners, h.shown)
	}
	if diff := cmp.Diff(listeners, p.texts("#rows tbody th")); diff != "" {
		t.Errorf("%s: %s", heading, diff)
	}
	if got := p.texts(".timeline h3 > span"); !slices.Equal(got, []string{"stopped by " + hostile[0].shown, "failed", "done"}) {
		t.Errorf("%s: the timelines are %q", heading, got)
	}
	if got := p.text(".timeline > .bad"); !strings.HasSuffix(got, "out of <b>stock</b> <img src=x onerror=alert(3)>") {
		t.Errorf("%s: the error is %q", heading, got)
	}
	if got := p.texts(".payload"); len(got) != 3 || got[0] != "</p><script>alert(4)</script>�turned" {
		t.Errorf("%s: the payloads are %q", heading, got)
	}
	for _, fault := range p.faults() {
		t.Errorf("%s: %s", heading, fault)
	}
	p.noMarkup()
}

// noMarkup looks for elements that nothing but a name would have made.
func (p *tab) noMarkup() {
	p.t.Helper()
	if got := p.texts("img, b, i, u, script:not([src]), iframe, [onerror], [src=x]"); len(got) > 0 {
		p.t.Errorf("markup has come through: %q", got)
	}
}
