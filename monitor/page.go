package monitor

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/printable"
)

// page holds what every page shows.
type page struct {
	Title     string
	Query     string
	Traced    bool
	Timelines []timelineView
}

type indexPage struct {
	page
	Several bool // the report has several providers
	Total   int
	Events  []eventView
	Orphans []orphanView
	Outbox  *outboxView // nil if there is none
}

type eventView struct {
	Name, Provider, Link, Note    string
	List                          bool
	Listeners, Dispatches, Errors uint64
}

type orphanView struct{ Name, Note string }

type eventPage struct {
	page
	Name, Type, Source, Provider, Group, Note string
	List                                      bool
	Notes                                     []string
	Picture                                   template.HTML
	Rows                                      []rowView
	Off                                       []offView
	Backlog                                   []backlogView
	Idle                                      int    // receiver keys that are not shown, because they have no backlog
	Letters                                   string // the address of the dead letters without a receiver key, "" if none are shown
}

type offView struct{ ID, By, Source string }

type rowView struct {
	Number             int
	ID, Reason, Source string
	Labels             string
	Notes              []string
	Calls, Errors      uint64
	P50, P99           string
}

type missingPage struct {
	page
	Name, Provider string
}

type timelineView struct {
	Event, Link, Class, Outcome, Datetime, Time, Took, Payload, Err string
	Steps                                                           []stepView
}

type stepView struct {
	Listener, Class, What string
	Called                bool
	Left, Width           float64 // in percent
}

const (
	shownTimelines = 20
	shownSteps     = 50  // steps of a timeline
	drawn          = 300 // listeners in a picture; the table has all of them
	nobodyListens  = "nobody listens"
	nobodyDeclares = "nobody declares it"
	// nobodyContributes is nobodyListens for a list.
	nobodyContributes = "nobody contributes"
)

func (h *handler) index(ctx context.Context, query string) indexPage {
	x := indexPage{page: h.page("Events"), Several: len(h.report.Providers) > 1}
	x.Query = printable.Line(query)
	all := h.tracer.Stats()
	stats, heard, reported := byName(all), h.heard(), map[string]bool{}
	h.eachEvent(func(p inspect.Provider, e inspect.Event) {
		x.Total++
		reported[traced(e.Event)] = true
		if mentions(e, offOf(p, e), query) {
			x.Events = append(x.Events, h.eventRow(p, e, stats[traced(e.Event)]))
		}
		if orphan, ok := h.orphan(p, e, heard); ok {
			x.Orphans = append(x.Orphans, orphan)
		}
	})
	for _, s := range all {
		if !reported[s.Event] {
			x.add(s, query)
		}
	}
	x.Outbox = h.outboxView(ctx)
	x.Timelines = h.timelines(func(*Timeline) bool { return true })
	return x
}

// add adds an event that was dispatched and is not in the report.
func (x *indexPage) add(s EventStats, query string) {
	if s.Unheard > 0 {
		x.Orphans = append(x.Orphans, orphanView{printable.Line(s.Event), "dispatched " + times(s.Unheard) + " without a listener"})
		return
	}
	x.Total++
	if mentions(inspect.Event{Event: s.Event}, nil, query) {
		x.Events = append(x.Events, eventView{Name: printable.Line(s.Event), Listeners: uint64(len(s.Listeners)), Dispatches: s.Dispatches, Errors: s.Failed,
			Note: "not in the report; its listeners listen to an interface or a name"})
	}
}

// eachEvent visits the reported events of all providers.
func (h *handler) eachEvent(visit func(inspect.Provider, inspect.Event)) {
	for _, p := range h.report.Providers {
		for _, e := range p.Events {
			visit(p, e)
		}
	}
}

// heard returns the reported events by name. The value is true if some provider has a
// listener for the event.
func (h *handler) heard() map[string]bool {
	heard := map[string]bool{}
	h.eachEvent(func(_ inspect.Provider, e inspect.Event) { heard[e.Event] = heard[e.Event] || len(e.Listeners) > 0 })
	return heard
}

// orphan returns the view of an orphan and true, or false for any other event. An event
// is an orphan if no provider has a listener for it, or if it has listeners and nobody
// declares it.
func (h *handler) orphan(p inspect.Provider, e inspect.Event, heard map[string]bool) (orphanView, bool) {
	text := note(e)
	if text == "" || text == nobodyListens && heard[e.Event] {
		return orphanView{}, false
	}
	text = remark(p, e)
	if len(h.report.Providers) > 1 {
		text += " (provider " + printable.Line(h.title(p)) + ")"
	}
	return orphanView{printable.Line(e.Event), text}, true
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// eventRow returns the row of a reported event on the index page.
func (h *handler) eventRow(p inspect.Provider, e inspect.Event, s EventStats) eventView {
	return eventView{
		Name: printable.Line(e.Event), Provider: printable.Line(h.title(p)), Link: h.link(p, e), Note: remark(p, e), List: e.List,
		Listeners: uint64(len(e.Listeners)), Dispatches: s.Dispatches, Errors: s.Failed,
	}
}

// sharesID reports whether another provider of the report has the same ID. Only the
// group distinguishes the two.
func (h *handler) sharesID(p inspect.Provider) bool {
	return slices.ContainsFunc(h.report.Providers, func(other inspect.Provider) bool {
		return other.ID == p.ID && other.ListenerTag != p.ListenerTag
	})
}

// title returns a provider's ID, with its group if another provider shares the ID.
func (h *handler) title(p inspect.Provider) string {
	if h.sharesID(p) {
		return p.ID + " (" + p.ListenerTag + ")"
	}
	return p.ID
}

// link returns the address of the page of an event.
func (h *handler) link(p inspect.Provider, e inspect.Event) string {
	return "event?" + h.query(p, e).Encode()
}

// query returns what names an event in the address of a page.
func (h *handler) query(p inspect.Provider, e inspect.Event) url.Values {
	query := url.Values{"name": {e.Event}, "provider": {p.ID}}
	if h.sharesID(p) {
		query.Set("group", p.ListenerTag)
	}
	return query
}

// offOf returns what is off of an event.
func offOf(p inspect.Provider, e inspect.Event) []inspect.Off {
	return slices.DeleteFunc(slices.Clone(p.Off), func(x inspect.Off) bool { return x.Event != e.Event })
}

// mentions reports whether the name of the event, its type, a listener, also one that is
// off, or a label as "@" and its name contains the text, ignoring case.
func mentions(e inspect.Event, off []inspect.Off, text string) bool {
	text = strings.ToLower(printable.Line(strings.TrimSpace(text)))
	has := func(s string) bool { return strings.Contains(strings.ToLower(printable.Line(s)), text) }
	return has(e.Event) || has(e.Type) ||
		slices.ContainsFunc(e.Listeners, func(l inspect.Listener) bool {
			return has(l.ID) || slices.ContainsFunc(l.Placement.Labels, func(label string) bool { return has("@" + label) })
		}) ||
		slices.ContainsFunc(off, func(x inspect.Off) bool { return has(x.Listener) })
}

// note returns a remark on an event without listeners or without a declaration, otherwise
// "".
func note(e inspect.Event) string {
	switch {
	case len(e.Listeners) == 0 && e.List:
		return nobodyContributes
	case len(e.Listeners) == 0:
		return nobodyListens
	case e.Undeclared:
		return nobodyDeclares
	}
	return ""
}

// remark returns the note on an event, with how many of its listeners are off.
func remark(p inspect.Provider, e inspect.Event) string {
	text := note(e)
	if n := len(offOf(p, e)); n > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s, %d off", text, n), ", ")
	}
	return text
}

func (h *handler) page(title string) page {
	return page{Title: printable.Line(title) + " – rollcall", Traced: h.tracer != nil}
}

// byName returns the counts of each event by its name.
func byName(all []EventStats) map[string]EventStats {
	named := map[string]EventStats{}
	for _, s := range all {
		named[s.Event] = s
	}
	return named
}

func (h *handler) eventPage(ctx context.Context, p inspect.Provider, e inspect.Event) eventPage {
	x := eventPage{
		page: h.page(e.Event), Name: printable.Line(e.Event), Provider: printable.Line(p.ID), Group: printable.Line(p.ListenerTag),
		Source: printable.Line(e.Source), Note: note(e), List: e.List, Picture: picture(p, e),
	}
	x.Traced = x.Traced && !e.List // a list is not dispatched
	for _, note := range e.Notes {
		x.Notes = append(x.Notes, printable.Line(note))
	}
	for _, off := range offOf(p, e) {
		x.Off = append(x.Off, offView{printable.Line(off.Listener), printable.Line(off.By), printable.Line(off.Source)})
	}
	if e.Type != e.Event {
		x.Type = printable.Line(e.Type)
	}
	listeners := map[string]ListenerStats{}
	for _, l := range byName(h.tracer.Stats())[traced(e.Event)].Listeners {
		listeners[l.Listener] = l
	}
	for i, l := range e.Listeners {
		x.Rows = append(x.Rows, listenerRow(i+1, l, listeners[traced(l.ID)]))
	}
	x.Backlog, x.Idle = withoutIdle(h.backlogs(ctx, p, e))
	if h.dead != nil && isPublished(e) {
		x.Letters = h.lettersLink(p, e, "")
	}
	x.Timelines = h.timelines(func(t *Timeline) bool { return t.Event == traced(e.Event) })
	return x
}

// listenerRow returns the row of a listener on the page of its event.
func listenerRow(number int, l inspect.Listener, s ListenerStats) rowView {
	v := rowView{
		Number: number, ID: printable.Line(l.ID), Reason: printable.Line(l.Reason), Source: printable.Line(l.Source),
		Calls: s.Calls, Errors: s.Failed, Labels: printable.Line(strings.Join(l.Placement.Labels, ", ")),
	}
	for _, note := range l.Notes() {
		v.Notes = append(v.Notes, printable.Line(note))
	}
	if s.Timed > 0 {
		v.P50, v.P99 = rounded(s.P50), rounded(s.P99)
	}
	return v
}

// picture returns the picture of one event, or nothing if it would be very large. Its
// colours come from the page's style sheet.
func picture(p inspect.Provider, e inspect.Event) template.HTML {
	if len(e.Listeners) > drawn {
		return ""
	}
	return template.HTML(e.SVG(p.Off...)) // SVG escapes every name
}

// timelines returns the views of the last dispatches that are wanted.
func (h *handler) timelines(wanted func(*Timeline) bool) []timelineView {
	recent := h.tracer.Recent()
	if len(recent) == 0 {
		return nil
	}
	links := map[string]string{}
	h.eachEvent(func(p inspect.Provider, e inspect.Event) {
		if name := traced(e.Event); links[name] == "" {
			links[name] = h.link(p, e)
		}
	})
	var views []timelineView
	for _, t := range recent {
		if wanted(t) && len(views) < shownTimelines {
			views = append(views, t.view(links[t.Event]))
		}
	}
	return views
}

func (t *Timeline) view(link string) timelineView {
	v := timelineView{
		Event: printable.Line(t.Event), Link: link, Datetime: t.At.UTC().Format(time.RFC3339Nano), Time: t.At.UTC().Format("15:04:05.000 UTC"),
		Took: rounded(t.Took), Payload: printable.Text(t.Payload), Err: printable.Text(t.Err),
	}
	v.Class, v.Outcome = t.outcome()
	why := t.whyNotCalled()
	for i, s := range t.Steps {
		if i < shownSteps || t.matters(s) {
			v.Steps = append(v.Steps, s.view(t.Took, cmp.Or(why, s.published())))
		}
	}
	if left := len(t.Steps) - len(v.Steps); left > 0 {
		v.Steps = append(v.Steps, stepView{Class: "skipped", What: fmt.Sprintf("and %d more", left)})
	}
	return v
}

// matters reports whether a step decided the outcome of the dispatch.
func (t *Timeline) matters(s Step) bool {
	return s.Called && (s.Err != "" || !s.Returned || s.Listener == t.StoppedBy)
}

// outcome returns the outcome of the dispatch, as a class and in words.
func (t *Timeline) outcome() (class, words string) {
	switch {
	case t.Err != "":
		return "failed", "failed"
	case t.StoppedBy != "":
		return "stopped", "stopped by " + printable.Line(t.StoppedBy)
	case t.Stopped:
		return "stopped", "already stopped"
	case len(t.Steps) == 0:
		return "stopped", nobodyListens
	}
	return "done", "done"
}

// whyNotCalled returns the reason why some listeners were not called, or "" if the
// dispatch succeeded.
func (t *Timeline) whyNotCalled() string {
	switch {
	case t.StoppedBy != "":
		return "not called: " + printable.Line(t.StoppedBy) + " stopped the event"
	case t.Stopped:
		return "not called: the event was already stopped"
	case t.Err != "":
		return "not called: the dispatch had failed"
	}
	return ""
}

// published describes what a successful dispatch did for a listener that it did not call.
func (s Step) published() string {
	if s.Async == "" {
		return "not called"
	}
	if s.Async == friend.AnyKey {
		return "published for receivers that are subscribed"
	}
	return "published for key " + printable.Line(s.Async)
}

func (s Step) view(of time.Duration, whyNot string) stepView {
	v := stepView{Listener: printable.Line(s.Listener), Called: s.Called}
	switch {
	case !s.Called:
		v.Class, v.What = "skipped", whyNot
		return v
	case !s.Returned:
		v.Class, v.What = "failed", "did not return"
	case s.Err != "":
		v.Class, v.What = "failed", rounded(s.Took)+", failed"
	default:
		v.Class, v.What = "called", rounded(s.Took)
	}
	if of > 0 {
		v.Width = max(1, share(s.Took, of))
		v.Left = min(share(s.Start, of), 100-v.Width)
	}
	return v
}

// share returns a part of a whole in percent, with one decimal place.
func share(part, of time.Duration) float64 { return float64(part*1000/of) / 10 }

// rounded returns a duration as text with three digits.
func rounded(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if digits := float64(d) / float64(unit.of); digits >= 999.5 {
			return fmt.Sprintf("%.0f %s", digits, unit.name)
		} else if digits >= 1 {
			return fmt.Sprintf("%.3g %s", digits, unit.name)
		}
	}
	return fmt.Sprintf("%d ns", d)
}
