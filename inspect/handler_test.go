package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/provider"
)

// traced is a report of a shop with orphans and hostile names, and a tracer
// that has seen a few dispatches.
func traced(t *testing.T) (*inspect.Report, *inspect.Tracer) {
	t.Helper()
	hostileID := `<script>alert("x")</script>`
	p, err := provider.Build([]provider.Listener{
		provider.New[*placed]("slow", func(*placed) { time.Sleep(10 * time.Millisecond) }, `priority:"first"`),
		provider.New[*placed]("moody", func(p *placed) error {
			if p.stop {
				p.StopPropagation()
			}
			if p.fail {
				return errors.New("<b>out of stock</b>")
			}
			return nil
		}, `before:"quick"`),
		provider.New[*placed]("quick", func(*placed) { time.Sleep(time.Millisecond) }, `after:"?nobody"`),
		provider.New[any](hostileID, func(any) {}, `event:"order.plcaed"`),
	}, []provider.Event{provider.Declare[*placed]("order.placed"), provider.Declare[int]("<i>ignored</i>")})
	if err != nil {
		t.Fatal(err)
	}
	report := inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("default", "event_listener", p)}}
	for _, e := range report.Providers[0].Events {
		for i := range e.Listeners {
			e.Listeners[i].Source = "shop/shop.go:7"
		}
	}
	tracer := inspect.NewTracer(inspect.Render(func(ev any) string { return fmt.Sprintf("<u>%T</u>", ev) }))
	d := dispatcher.New(p, dispatcher.Observe(tracer))
	for _, e := range []any{&placed{}, &placed{fail: true}, &placed{stop: true}, 7, "nobody knows"} {
		_ = d.Dispatch(context.Background(), e)
	}
	return &report, tracer
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
		h := inspect.Handler(r, tracer)
		plain := inspect.Handler(r, nil)
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
			golden(t, "testdata/page."+name+".html", []byte(page))
		}
	})
}

func TestHandler(t *testing.T) {
	r := report(t, services)
	mux := http.NewServeMux()
	mux.Handle("/debug/events/", inspect.Handler(&r, nil))
	mux.Handle("/stripped/", http.StripPrefix("/stripped", inspect.Handler(&r, nil)))
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
		policy := got.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s %s: policy %q", tt.method, tt.path, policy)
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

// The report may be filled after the handler was made.
func TestHandlerOfAnEmptyReport(t *testing.T) {
	r := &inspect.Report{}
	h := inspect.Handler(r, nil)
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "There is no event.") {
		t.Error(page)
	}
	*r = report(t, services)
	if page := body(t, get(h, "GET", "/")); !strings.Contains(page, "recipe.created") {
		t.Error(page)
	}
}
