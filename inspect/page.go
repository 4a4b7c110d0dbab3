package inspect

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"
)

// page is what every page has.
type page struct {
	Title     string
	Query     string
	Traced    bool
	Timelines []timelineView
}

type indexPage struct {
	page
	Several bool // providers
	Total   int
	Events  []eventView
	Orphans []orphanView
}

type eventView struct {
	Name, Provider, Link, Note    string
	Listeners, Dispatches, Errors uint64
}

type orphanView struct{ Name, Note string }

type eventPage struct {
	page
	Name, About, Provider, Group, Note string
	Picture                            template.HTML
	Rows                               []rowView
}

type rowView struct {
	Number             int
	ID, Reason, Source string
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
	Left, Width           float64 // of a hundred
}

const (
	shownTimelines = 20
	shownSteps     = 50  // of a timeline
	drawn          = 300 // listeners of a picture; a table says the same
	nobodyListens  = "nobody listens"
	nobodyDeclares = "nobody declares it"
)

func (h *handler) index(query string) indexPage {
	x := indexPage{page: h.page("Events"), Several: len(h.report.Providers) > 1}
	x.Query = oneLine(query)
	stats := h.stats()
	heard := h.heard()
	names := namesIn(*h.report)
	h.report.eachEvent(func(_ int, p Provider, e Event) {
		x.Total++
		if e.mentions(query) {
			x.Events = append(x.Events, names.view(p, e, stats[e.Event]))
		}
		if orphan, ok := names.orphan(p, e, heard, x.Several); ok {
			x.Orphans = append(x.Orphans, orphan)
		}
	})
	for _, s := range h.allStats() {
		_, reported := heard[s.Event]
		switch {
		case reported:
		case s.Unheard > 0:
			x.Orphans = append(x.Orphans, orphanView{oneLine(s.Event), "dispatched " + times(s.Unheard) + ", and nobody heard it"})
		default:
			x.Total++
			if (Event{Event: s.Event}).mentions(query) {
				x.Events = append(x.Events, eventView{Name: oneLine(s.Event), Listeners: uint64(len(s.Listeners)), Dispatches: s.Dispatches, Errors: s.Failed,
					Note: "seen at run time only; heard through an interface or a name"})
			}
		}
	}
	x.Timelines = h.timelines(func(*Timeline) bool { return true })
	return x
}

// heard are the reported events, true where a provider has a listener for it.
func (h *handler) heard() map[string]bool {
	heard := map[string]bool{}
	h.report.eachEvent(func(_ int, _ Provider, e Event) { heard[e.Event] = heard[e.Event] || len(e.Listeners) > 0 })
	return heard
}

// orphan is an event that no provider has a listener for, or one that this
// provider hears and nobody declares.
func (n names) orphan(p Provider, e Event, heard map[string]bool, several bool) (orphanView, bool) {
	note := e.note()
	if note == "" || note == nobodyListens && heard[e.Event] {
		return orphanView{}, false
	}
	if several {
		note += " (provider " + oneLine(n.title(p)) + ")"
	}
	return orphanView{oneLine(e.Event), note}, true
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func (n names) view(p Provider, e Event, s EventStats) eventView {
	return eventView{
		Name: oneLine(e.Event), Provider: oneLine(n.title(p)), Link: n.link(p, e), Note: e.note(),
		Listeners: uint64(len(e.Listeners)), Dispatches: s.Dispatches, Errors: s.Failed,
	}
}

// title is a provider's ID, and its group where that alone tells it apart.
func (n names) title(p Provider) string {
	if n[p.ID] {
		return p.ID + " (" + p.ListenerTag + ")"
	}
	return p.ID
}

// link leads to the page of an event.
func (n names) link(p Provider, e Event) string {
	query := url.Values{"name": {e.Event}, "provider": {p.ID}}
	if n[p.ID] {
		query.Set("group", p.ListenerTag)
	}
	return "event?" + query.Encode()
}

// mentions says whether the event, its type or a listener has the text in its
// name, in letters of either case.
func (e Event) mentions(text string) bool {
	text = strings.ToLower(oneLine(strings.TrimSpace(text)))
	has := func(s string) bool { return strings.Contains(strings.ToLower(oneLine(s)), text) }
	if has(e.Event) || has(e.Type) {
		return true
	}
	for _, l := range e.Listeners {
		if has(l.ID) {
			return true
		}
	}
	return false
}

// note says what is odd about the event.
func (e Event) note() string {
	switch {
	case len(e.Listeners) == 0:
		return nobodyListens
	case e.Undeclared:
		return nobodyDeclares
	}
	return ""
}

func (h *handler) page(title string) page {
	return page{Title: oneLine(title) + " – rollcall", Traced: h.tracer != nil}
}

func (h *handler) allStats() []EventStats {
	if h.tracer == nil {
		return nil
	}
	return h.tracer.Stats()
}

func (h *handler) stats() map[string]EventStats {
	byName := map[string]EventStats{}
	for _, s := range h.allStats() {
		byName[s.Event] = s
	}
	return byName
}

func (h *handler) eventPage(p Provider, e Event) eventPage {
	x := eventPage{
		page: h.page(e.Event), Name: oneLine(e.Event), About: e.about(), Provider: oneLine(p.ID), Group: oneLine(p.ListenerTag),
		Note: e.note(), Picture: picture(e),
	}
	listeners := map[string]ListenerStats{}
	for _, l := range h.stats()[e.Event].Listeners {
		listeners[l.Listener] = l
	}
	for i, l := range e.Listeners {
		s := listeners[l.ID]
		row := rowView{Number: i + 1, ID: oneLine(l.ID), Reason: oneLine(l.Reason), Source: oneLine(l.Source), Calls: s.Calls, Errors: s.Failed}
		for _, note := range l.notes() {
			row.Notes = append(row.Notes, oneLine(note))
		}
		if s.Timed > 0 {
			row.P50, row.P99 = rounded(s.P50), rounded(s.P99)
		}
		x.Rows = append(x.Rows, row)
	}
	x.Timelines = h.timelines(func(t *Timeline) bool { return t.Event == e.Event })
	return x
}

// picture is the drawing of one event; its colours come from the style sheet.
func picture(e Event) template.HTML {
	if len(e.Listeners) > drawn {
		return ""
	}
	var body strings.Builder
	bottom, right := svgEvent(&body, svgMargin, e.Event, e)
	return template.HTML(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="The order as a picture; the table below says the same">`,
		int(right)+svgMargin, bottom+svgMargin) + body.String() + "</svg>") // svgEvent escapes every name
}

// timelines are the last dispatches that are wanted.
func (h *handler) timelines(wanted func(*Timeline) bool) []timelineView {
	if h.tracer == nil {
		return nil
	}
	links, names := map[string]string{}, namesIn(*h.report)
	h.report.eachEvent(func(_ int, p Provider, e Event) {
		if links[e.Event] == "" {
			links[e.Event] = names.link(p, e)
		}
	})
	var views []timelineView
	for _, t := range h.tracer.Recent() {
		if wanted(t) && len(views) < shownTimelines {
			views = append(views, t.view(links[t.Event]))
		}
	}
	return views
}

func (t *Timeline) view(link string) timelineView {
	v := timelineView{
		Event: oneLine(t.Event), Link: link, Datetime: t.At.UTC().Format(time.RFC3339Nano), Time: t.At.UTC().Format("15:04:05.000 UTC"),
		Took: rounded(t.Took), Payload: paragraph(t.Payload), Err: paragraph(t.Err),
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

// matters says whether a step decided what became of the dispatch.
func (t *Timeline) matters(s Step) bool {
	return s.Called && (s.Err != "" || !s.Returned || s.Listener == t.StoppedBy)
}

// paragraph is a text of several lines, each made safe.
func paragraph(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = oneLine(lines[i])
	}
	return strings.Join(lines, "\n")
}

// outcome is what became of the dispatch, as a class and in words.
func (t *Timeline) outcome() (class, words string) {
	switch {
	case t.Err != "":
		return "failed", "failed"
	case t.StoppedBy != "":
		return "stopped", "stopped by " + oneLine(t.StoppedBy)
	case t.Stopped:
		return "stopped", "it was stopped already"
	case len(t.Steps) == 0:
		return "stopped", nobodyListens
	}
	return "done", "done"
}

func (t *Timeline) whyNotCalled() string {
	switch {
	case t.StoppedBy != "":
		return "not called: " + oneLine(t.StoppedBy) + " stopped the event"
	case t.Stopped:
		return "not called: the event was stopped already"
	case t.Err != "":
		return "not called: the dispatch had failed"
	}
	return ""
}

// published is what a dispatch that succeeded has done for a listener that it did
// not call.
func (s Step) published() string {
	if s.Async == "" {
		return "not called"
	}
	return "published, for the key " + oneLine(s.Async)
}

func (s Step) view(of time.Duration, whyNot string) stepView {
	v := stepView{Listener: oneLine(s.Listener), Called: s.Called}
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

// share is a part of a whole in hundredths, with one decimal place.
func share(part, of time.Duration) float64 { return float64(part*1000/of) / 10 }

// rounded is a duration with three digits.
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
