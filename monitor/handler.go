package monitor

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/transport"
)

//go:embed web
var web embed.FS

var pages = template.Must(template.ParseFS(web, "web/pages.html"))

// contentPolicy lets a page load only this handler's own files.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler returns a handler that serves pages about the events of a report. They show
// the order of each event with its reasons. With a tracer, they also show what was
// dispatched: counts, errors, latency and the last dispatches. The report and the
// tracer may be nil. With the option [Backlog], the pages also show what waits for
// asynchronous listeners, dead letters and the outbox. Mount the handler at a path that
// ends with a slash:
//
//	mux.Handle("/debug/events/", monitor.Handler(report, tracer))
//
// The pages are read-only and have no authentication: put them behind the application's
// login. They show IDs, names, source positions and error texts. Of an event's content,
// they show only what [Tracer].Render and the function of [Bodies] return.
//
// If the report has a function Live, each request shows what that returns. So the pages of
// an application with fxevents.Runtime show each change at once.
//
// The report is also available as JSON, at report.json below that path.
func Handler(report *inspect.Report, tracer *Tracer, options ...HandlerOption) http.Handler {
	if report == nil {
		report = &inspect.Report{}
	}
	h := &handler{report: report, tracer: tracer, rate: &rate{}}
	for _, o := range options {
		if o != nil {
			o.apply(h)
		}
	}
	return h
}

type handler struct {
	report  *inspect.Report
	tracer  *Tracer
	backlog transport.BacklogReporter         // nil if the pages show no backlog
	dead    transport.DeadLetters             // nil if they show no dead letters
	outbox  transport.OutboxReporter          // nil if they show no outbox
	rate    *rate                             // of what the outbox publishes
	bodies  func(transport.DeadLetter) string // nil if they show no bodies
	hosts   []string                          // in lower case, without ports; nil: all
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if !h.answersTo(r.Host) {
		http.Error(w, "this host is not one of those that the pages answer to", http.StatusMisdirectedRequest)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "read-only", http.StatusMethodNotAllowed)
		return
	}
	h = h.now()
	query := r.URL.Query()
	// Only the last part of the path counts, so that the handler can be mounted anywhere.
	switch name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; name {
	case "":
		h.serve(w, http.StatusOK, "index", h.index(r.Context(), query.Get("q")))
	case "event":
		h.serveEvent(r.Context(), w, query)
	case "letters":
		h.serveLetters(r.Context(), w, query)
	case "report.json":
		h.serveReport(w)
	case "style.css", "refresh.js", "icon.svg":
		header.Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, web, "web/"+name)
	default:
		http.NotFound(w, r)
	}
}

// now returns a handler of the report of the moment.
func (h *handler) now() *handler {
	if h.report.Live == nil {
		return h
	}
	report, current := h.report.Live(), *h
	current.report = &report
	return &current
}

// serve writes a page. If the template fails, it writes only an error.
func (h *handler) serve(w http.ResponseWriter, status int, name string, page any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client has gone
}

func (h *handler) serveReport(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = h.report.Write(w, inspect.JSON) // the client has gone
}

// serveEvent serves the page of one event.
func (h *handler) serveEvent(ctx context.Context, w http.ResponseWriter, query url.Values) {
	if p, e, ok := h.event(query); ok {
		h.serve(w, http.StatusOK, "event", h.eventPage(ctx, p, e))
		return
	}
	h.serveMissing(w, query)
}

// event returns the event that a query names. Without a group, it is that of the first
// provider with the ID.
func (h *handler) event(query url.Values) (inspect.Provider, inspect.Event, bool) {
	group := query.Get("group")
	for _, p := range h.report.Providers {
		for _, e := range p.Events {
			if p.ID == query.Get("provider") && (group == "" || p.ListenerTag == group) && e.Event == query.Get("name") {
				return p, e, true
			}
		}
	}
	return inspect.Provider{}, inspect.Event{}, false
}

func (h *handler) serveMissing(w http.ResponseWriter, query url.Values) {
	h.serve(w, http.StatusNotFound, "missing",
		missingPage{page: h.page("No such event"), Name: printable.Line(query.Get("name")), Provider: printable.Line(query.Get("provider"))})
}
