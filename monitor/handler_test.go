package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/golden"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/provider"
)

// traced returns a report of a shop with orphans and hostile names, and a tracer that
// has seen a few dispatches.
func traced(t *testing.T) (*inspect.Report, *monitor.Tracer) {
	t.Helper()
	hostileID := `<script>alert("x")</script>`
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*placed]("slow", func(*placed) { time.Sleep(10 * time.Millisecond) }, `priority:"first"`),
		rollcall.NewListener[*placed]("moody", func(p *placed) error {
			if p.stop {
				p.StopPropagation()
			}
			if p.fail {
				return errors.New("<b>out of stock</b>")
			}
			return nil
		}, `before:"quick"`),
		rollcall.NewListener[*placed]("quick", func(*placed) { time.Sleep(time.Millisecond) }, `after:"?nobody"`),
		rollcall.NewListener[any](hostileID, func(any) {}, `event:"order.plcaed"`),
	}, []rollcall.Declaration{rollcall.Declare[*placed]("order.placed"), rollcall.Declare[int]("<i>ignored</i>")})
	if err != nil {
		t.Fatal(err)
	}
	report := inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("default", "event_listener", p, nil)}}
	report.Providers[0].Events[0].Source = "shop/events.go:3"
	for _, e := range report.Providers[0].Events {
		for i := range e.Listeners {
			e.Listeners[i].Source = "shop/shop.go:7"
		}
	}
	tracer := &monitor.Tracer{Render: func(ev any) string { return fmt.Sprintf("<u>%T</u>", ev) }}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	for _, e := range []any{&placed{}, &placed{fail: true}, &placed{stop: true}, 7, "nobody knows"} {
		_ = d.Dispatch(context.Background(), e)
	}
	return &report, tracer
}

// reported returns a provider with events of these names, which have one listener each.
func reported(id, group, listener string, events ...string) inspect.Provider {
	p := inspect.Provider{ID: id, ListenerTag: group}
	for _, e := range events {
		p.Events = append(p.Events, inspect.Event{Event: e, Listeners: []inspect.Listener{{ID: listener, Reason: "priority 0 (default)"}}})
	}
	return p
}

// recipes returns a report of one provider.
func recipes() inspect.Report {
	return inspect.Report{Providers: []inspect.Provider{reported("recipes", "event_listener", "recipes.Indexer", "recipe.created", "recipe.deleted")}}
}

func get(h http.Handler, method, target string) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, tracer := traced(t)
		h := monitor.Handler(r, tracer)
		plain := monitor.Handler(r, nil)
		for name, got := range map[string]*http.Response{
			"index":         get(h, "GET", "/debug/events/"),
			"search":        get(h, "GET", "/debug/events/?q=MOOD"),
			"event":         get(h, "GET", "/debug/events/event?provider=default&name=order.placed"),
			"orphan":        get(h, "GET", "/debug/events/event?provider=default&name=order.plcaed"),
			"missing":       get(h, "GET", "/debug/events/event?provider=default&name=%3Cscript%3E"),
			"index.plain":   get(plain, "GET", "/"),
			"event.plain":   get(plain, "GET", "/event?provider=default&name=order.placed"),
			"unheard.plain": get(plain, "GET", "/event?"+url.Values{"provider": {"default"}, "name": {"<i>ignored</i>"}}.Encode()),
		} {
			page := body(t, got)
			for _, markup := range []string{"<script>", "<b>", "<u>", "<i>", "style="} {
				if strings.Contains(page, markup) {
					t.Errorf("%s has %s", name, markup)
				}
			}
			golden.Check(t, "testdata/page."+name+".html", []byte(page))
		}
	})
}

// decided returns a report with lists, labels, a sequence, notes and what is off.
func decided(t *testing.T) *inspect.Report {
	t.Helper()
	r, err := inspect.OfFile("services.yaml", []byte(`
sequence: { recipe.created: [ "@validate", audit.Log, "@index" ] }
off:
  recipe.created: [ "<i>off", "@debug" ]
  http.middleware: [ "@debug" ]
services:
  audit.Log: { tags: [ { name: event_listener, event: recipe.created, labels: [ pii ] }, { name: event_listener, list: http.middleware, priority: first } ] }
  metrics.Counter: { tags: [ { name: event_listener, list: http.middleware, priority: first }, { name: event_listener, event: recipe.created, after: [ "@index", "@<b>pii" ] } ] }
  recipes.Validator: { tags: [ { name: event_listener, event: recipe.created, labels: [ validate, "<b>pii" ] } ] }
  orders.Validator: { tags: [ { name: event_listener, event: recipe.created, labels: [ validate ] } ] }
  search.Indexer: { tags: [ { name: event_listener, event: recipe.created, labels: [ index, "<b>pii" ] } ] }
  suggest.Indexer: { tags: [ { name: event_listener, event: recipe.created, labels: [ index ] } ] }
  "<i>off": { tags: [ { name: event_listener, event: recipe.created } ] }
  debug.Dump: { tags: [ { name: event_listener, event: recipe.created, labels: debug }, { name: event_listener, list: http.middleware, labels: debug } ] }
`))
	if err != nil {
		t.Fatal(err)
	}
	p := &r.Providers[0]
	p.Events = append(p.Events, inspect.Event{Event: "app.hooks", List: true, Source: "app/hooks.go:3"}, inspect.Event{Event: "recipe.gone"})
	p.Off = append(p.Off, inspect.Off{Event: "recipe.gone", Listener: "legacy.Mailer", By: "services.yaml:6"})
	return &r
}

// The pages show what the application decides: labels, sequences, what is off, and notes.
// A list is not dispatched.
func TestPagesOfDecisions(t *testing.T) {
	r := decided(t)
	h, traced := monitor.Handler(r, nil), monitor.Handler(r, &monitor.Tracer{})
	for name, got := range map[string]*http.Response{
		"decided.index": get(traced, "GET", "/"),
		"decided.event": get(h, "GET", "/event?provider=default&name=recipe.created"),
		"decided.list":  get(traced, "GET", "/event?provider=default&name=http.middleware"),
		"decided.empty": get(h, "GET", "/event?provider=default&name=app.hooks"),
	} {
		page := body(t, got)
		for _, markup := range []string{"<script>", "<b>", "<i>", "style="} {
			if strings.Contains(page, markup) {
				t.Errorf("%s has %s", name, markup)
			}
		}
		golden.Check(t, "testdata/page."+name+".html", []byte(page))
	}
	for query, want := range map[string]string{"@valid": "1 of 4", "debug.dump": "2 of 4", "hooks": "1 of 4", "pii": "1 of 4", "@hooks": "0 of 4"} {
		if page := body(t, get(h, "GET", "/?q="+url.QueryEscape(query))); !strings.Contains(page, want+" match") {
			t.Errorf("search for %q: no %s", query, want)
		}
	}
}

func TestHandler(t *testing.T) {
	r := recipes()
	mux := http.NewServeMux()
	mux.Handle("/debug/events/", monitor.Handler(&r, nil))
	mux.Handle("/stripped/", http.StripPrefix("/stripped", monitor.Handler(&r, nil)))
	for _, tt := range []struct {
		method, path, contentType string
		status                    int
	}{
		{"GET", "/debug/events/", "text/html; charset=utf-8", 200},
		{"HEAD", "/debug/events/", "text/html; charset=utf-8", 200},
		{"GET", "/stripped/", "text/html; charset=utf-8", 200},
		{"GET", "/stripped/event?provider=recipes&name=recipe.created", "text/html; charset=utf-8", 200},
		{"GET", "/debug/events/event?provider=other&name=recipe.created", "text/html; charset=utf-8", 404},
		{"GET", "/debug/events/event", "text/html; charset=utf-8", 404},
		{"GET", "/debug/events/style.css", "text/css; charset=utf-8", 200},
		{"GET", "/debug/events/refresh.js", "text/javascript; charset=utf-8", 200},
		{"GET", "/debug/events/icon.svg", "image/svg+xml", 200},
		{"GET", "/debug/events/report.json", "application/json", 200},
		{"GET", "/debug/events/pages.html", "text/plain; charset=utf-8", 404},
		{"GET", "/debug/events/..%2Fpages.html", "text/plain; charset=utf-8", 404},
		{"POST", "/debug/events/", "text/plain; charset=utf-8", 405},
		{"DELETE", "/debug/events/event?provider=recipes&name=recipe.created", "text/plain; charset=utf-8", 405},
	} {
		got := get(mux, tt.method, tt.path)
		if got.StatusCode != tt.status || got.Header.Get("Content-Type") != tt.contentType {
			t.Errorf("%s %s: %d %s, want %d %s", tt.method, tt.path, got.StatusCode, got.Header.Get("Content-Type"), tt.status, tt.contentType)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",

			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if value := got.Header.Get(name); value != want {
				t.Errorf("%s %s: %s is %q", tt.method, tt.path, name, value)
			}
		}
		if cache := got.Header.Get("Cache-Control"); tt.status == 200 && cache != "no-store" && cache != "no-cache" {
			t.Errorf("%s %s may be cached: %q", tt.method, tt.path, cache)
		}
	}
	var want strings.Builder
	if err := r.Write(&want, inspect.JSON); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), body(t, get(mux, "GET", "/debug/events/report.json"))); diff != "" {
		t.Error(diff)
	}
}

// With several providers, an event is an orphan only if none of them hears it.
// An event that no report has is still shown.
func TestSeveralProviders(t *testing.T) {
	build := func(listeners ...rollcall.Listener) *provider.Sorted {
		p, err := provider.Build(listeners, []rollcall.Declaration{rollcall.Declare[*placed]("order.placed"), rollcall.Declare[int]("nobody.hears")})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	heard := build(rollcall.NewListener[*placed]("a", func(*placed) {}), rollcall.NewListener[error]("b", func(error) {}))
	r := &inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("default", "x", heard, nil), inspect.OfProvider("audit", "y", build(), nil), inspect.OfProvider("none", "z", nil, nil)}}
	tracer := &monitor.Tracer{}
	_ = rollcall.NewDispatcher(heard, rollcall.Observe(tracer)).Dispatch(context.Background(), &inspect.FormatError{})
	page := body(t, get(monitor.Handler(r, tracer), "GET", "/?q="))
	for _, want := range []string{
		"<li><bdi>nobody.hears</bdi>: nobody listens (provider default)</li>", "<li><bdi>error</bdi>: nobody declares it (provider default)</li>",
		"The counts are totals of all providers.", `<bdi>*inspect.FormatError</bdi></th>`, "not in the report; its listeners",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "order.placed</bdi>: nobody") {
		t.Error("an event that one provider hears is called an orphan")
	}
}

// If several providers share an ID, each link leads to its own provider.
func TestProvidersOfOneID(t *testing.T) {
	r := inspect.Report{Providers: []inspect.Provider{
		reported("shop", "one", "a", "order.placed"), reported("shop", "two", "b", "order.placed"), reported("other", "three", "c", "order.placed"),
	}}
	h := monitor.Handler(&r, nil)
	index := body(t, get(h, "GET", "/"))
	for title, want := range map[string]struct{ link, listener string }{
		"shop (one)": {"event?group=one&name=order.placed&provider=shop", "a"},
		"shop (two)": {"event?group=two&name=order.placed&provider=shop", "b"},
		"other":      {"event?name=order.placed&provider=other", "c"},
	} {
		row := `<a href="` + html.EscapeString(want.link) + `"><bdi>order.placed</bdi></a></th>` + "\n" + `<td data-label="Provider"><bdi>` + title + "</bdi>"
		if !strings.Contains(index, row) {
			t.Errorf("the page lacks %s", row)
		}
		if page := body(t, get(h, "GET", "/"+want.link)); !strings.Contains(page, `data-label="Listener"><bdi>`+want.listener+"</bdi>") {
			t.Errorf("%s leads to another provider", want.link)
		}
	}
	if got := get(h, "GET", "/event?group=three&name=order.placed&provider=shop"); got.StatusCode != http.StatusNotFound {
		t.Errorf("a group that the provider does not have: %d", got.StatusCode)
	}
}

// Search finds names, types and listeners.
func TestSearch(t *testing.T) {
	p := reported("p", "t", "x", "failed", "*html/template.Template", "*text/template.Template")
	p.Events[0].Type, p.Events[0].Listeners[0].ID = "*github.com/rollcall-go/rollcall/inspect.FormatError", "early"
	r := &inspect.Report{Providers: []inspect.Provider{p}}
	for query, want := range map[string]string{
		" FAILED ": "1 of 3", "html/template": "1 of 3", "formaterror": "1 of 3", "early": "1 of 3", "zzz": "0 of 3", "templ": "2 of 3", "\u202e": "0 of 3",
	} {
		page := body(t, get(monitor.Handler(r, nil), "GET", "/?q="+url.QueryEscape(query)))
		if !strings.Contains(page, want+" match") || strings.Contains(page, "\u202e") {
			t.Errorf("search for %q: no %s", query, want)
		}
	}
}

// An event that is seen only at run time counts among all events, whether it matches
// or not.
func TestSearchCountsWhatIsSeenAtRunTime(t *testing.T) {
	p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[error]("a", func(error) {})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("default", "x", p, nil)}}
	tracer := &monitor.Tracer{}
	_ = rollcall.NewDispatcher(p, rollcall.Observe(tracer)).Dispatch(context.Background(), &inspect.FormatError{})
	for query, want := range map[string]string{"err": "2 of 2", "formaterror": "1 of 2", "zzz": "0 of 2"} {
		page := body(t, get(monitor.Handler(r, tracer), "GET", "/?q="+query))
		if !strings.Contains(page, want+" match") {
			t.Errorf("search for %q: no %s", query, want)
		}
	}
}

// A timeline shows the receiver key that an event was published for.
func TestTimelineOfAsync(t *testing.T) {
	var publishing error
	e := rollcall.Declare[*placed]("order.placed")
	e.Publish = func(context.Context, any) error { return publishing }
	p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[*placed]("mail", func(*placed) {}, `async:"k"`)}, []rollcall.Declaration{e})
	if err != nil {
		t.Fatal(err)
	}
	tracer := &monitor.Tracer{}
	h := monitor.Handler(nil, tracer)
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	_ = d.Dispatch(context.Background(), &placed{})
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "published for key k") || strings.Contains(page, "not called") {
		t.Error(page)
	}
	publishing = errors.New("no broker")
	_ = d.Dispatch(context.Background(), &placed{})
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "not called: the dispatch had failed") {
		t.Error(page)
	}
}

// A timeline shows why each listener was not called.
func TestWhyNotCalled(t *testing.T) {
	tracer := &monitor.Tracer{}
	h := monitor.Handler(nil, tracer)
	d := shop(t, rollcall.Observe(tracer), rollcall.CollectErrors())
	_ = d.Dispatch(context.Background(), &placed{fail: true, stop: true})
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "not called: moody stopped the event") || !strings.Contains(page, `<span class="failed">failed</span>`) {
		t.Error(page)
	}
	stopped := &placed{}
	stopped.StopPropagation()
	_ = d.Dispatch(context.Background(), stopped)
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, ">already stopped") || !strings.Contains(page, "not called: the event was already stopped") {
		t.Error(page)
	}
}

// Pages of large applications stay small: twenty timelines of fifty listeners.
func TestLargePages(t *testing.T) {
	p := idle(t, 400)
	tracer := &monitor.Tracer{}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	for range 30 {
		_ = d.Dispatch(context.Background(), 1)
	}
	r := &inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("p", "t", p, nil)}}
	page := body(t, get(monitor.Handler(r, tracer), "GET", "/"))
	if n := strings.Count(page, `<article class="timeline">`); n != 20 || strings.Count(page, "<li class=") != 20*51 || !strings.Contains(page, "and 350 more") {
		t.Errorf("%d timelines, %d listeners in them", n, strings.Count(page, "<li class="))
	}
	if page := body(t, get(monitor.Handler(r, nil), "GET", "/event?provider=p&name=int")); strings.Contains(page, `class="picture"`) || strings.Count(page, "<tr>") != 401 {
		t.Error("the page of 400 listeners has a picture, or not all listeners")
	}
}

// Beyond the first fifty listeners, a timeline shows those that decided. Errors keep
// their lines.
func TestTimelineShowsWhatMatters(t *testing.T) {
	var listeners []rollcall.Listener
	for i := range 80 {
		listeners = append(listeners, rollcall.NewListener[int](fmt.Sprint("listener", i), func(int) error {
			if i == 70 {
				return errors.Join(errors.New("one"), errors.New("other"))
			}
			return nil
		}))
	}
	p, err := provider.Build(listeners, nil)
	if err != nil {
		t.Fatal(err)
	}
	tracer := &monitor.Tracer{}
	_ = rollcall.NewDispatcher(p, rollcall.Observe(tracer)).Dispatch(context.Background(), 1)
	page := body(t, get(monitor.Handler(nil, tracer), "GET", "/"))
	for _, want := range []string{"<bdi>listener70</bdi>", "and 29 more", "listener listener70 of int: one\nother"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// The query comes from the URL. A body is not read.
func TestBodiesAreNotRead(t *testing.T) {
	request := httptest.NewRequest("GET", "/", strings.NewReader("q=zzz"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r := recipes()
	w := httptest.NewRecorder()
	monitor.Handler(&r, nil).ServeHTTP(w, request)
	if left, _ := io.ReadAll(request.Body); string(left) != "q=zzz" {
		t.Errorf("left of the body is %q", left)
	}
	if w.Result().ContentLength != int64(w.Body.Len()) {
		t.Errorf("Content-Length is %d", w.Result().ContentLength)
	}
}

// The report may be filled after the handler is made.
func TestHandlerOfAnEmptyReport(t *testing.T) {
	r := &inspect.Report{}
	h := monitor.Handler(r, nil)
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "No events.") {
		t.Error(page)
	}
	*r = recipes()
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "recipe.created") {
		t.Error(page)
	}
}

// A name that somebody else points at the server gets no page.
func TestHosts(t *testing.T) {
	h := monitor.Handler(nil, nil, monitor.Hosts("localhost", "Debug.example.org:8080", "[::1]"))
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST": 200, "debug.example.org.": 200, "[::1]:8080": 200,
		"evil.example.com": 421, "localhost.evil.example.com:8080": 421, "": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: got %d, want %d", host, w.Code, want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	monitor.Handler(nil, nil, monitor.Hosts()).ServeHTTP(w, r)
	if w.Code != 421 {
		t.Errorf("without hosts: got %d, want 421", w.Code)
	}
}
