package monitor

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall"
)

// Tracer counts and times dispatches, and remembers the last ones. Give it to
// dispatchers by rollcall.Observe:
//
//	tracer := monitor.NewTracer()
//	fxevents.Module(fxevents.Policy(rollcall.Observe(tracer)))
//
// It takes some 75 ns a listener and another 70 ns a dispatch (go test -run '^$'
// -bench Tracer -cpu 1 ./monitor) and no lock: cores count apart from each
// other. For each listener of an event it keeps about a kilobyte for each core
// that has called it, up to eight. It knows at most 4,096 events by their names
// and 4,096 listeners of an event; further ones count together, as [Others].
//
// It knows events by their names, and listeners by their IDs: those of several
// providers, or of several dispatchers that it observes, count together.
//
// It may be used concurrently. The zero Tracer counts nothing: make it with
// NewTracer.
type Tracer struct {
	sample sampler // of the dispatches that are timed
	render func(ev any) string
	start  time.Time

	events sync.Map // name → *eventTrace
	known  atomic.Int64
	turn   atomic.Uint64 // of the ring
	burst  atomic.Uint64 // the current tenth of a second, and how many dispatches of it the ring has
	recent [recentDispatches]atomic.Pointer[remembered]
	traces sync.Pool // of *trace: a core gets back its own, as a rule, and so keeps to its shard
	width  int       // shards
	given  atomic.Int64
}

const (
	maxEvents        = 4096
	maxListeners     = 4096 // of an event
	maxText          = 4096 // bytes of an error or a payload
	recentDispatches = 100
	maxShards        = 8
)

// Others stands for the names of events, and IDs of listeners, beyond those
// that a Tracer keeps.
const Others = "(others)"

// TracerOption configures a Tracer.
type TracerOption func(*Tracer)

// Sample times one of so many dispatches, chosen by chance, and remembers only
// those. All are counted.
func Sample(every int) TracerOption {
	return func(t *Tracer) { t.sample = newSampler(every) }
}

// Render has a function tell what is to be shown of an event. Without it,
// nothing of an event but its name is kept. The function is called for each
// dispatch that is remembered, in its goroutine; where it panics, that is shown.
func Render(render func(ev any) string) TracerOption {
	return func(t *Tracer) { t.render = render }
}

// NewTracer makes a Tracer.
func NewTracer(options ...TracerOption) *Tracer {
	t := &Tracer{sample: 1, start: time.Now(), width: shards()}
	t.traces.New = func() any { return &trace{shard: int(t.given.Add(1)) % t.width} }
	for _, o := range options {
		if o != nil {
			o(t)
		}
	}
	return t
}

// Timeline is one dispatch that a Tracer remembers.
type Timeline struct {
	Event     string
	At        time.Time
	Took      time.Duration
	Err       string // "" where it succeeded
	Stopped   bool   // the event said that it is stopped before all were called
	StoppedBy string // the listener that stopped it, "" where it was stopped from the beginning
	Payload   string // what Render makes of the event
	Steps     []Step // one for each listener, in order
}

// Step is what became of one listener in a dispatch.
type Step struct {
	Listener string
	Async    string // the receiver key of an asynchronous one, which is not called here
	Called   bool
	Returned bool          // false where it was not called, or ended its goroutine
	Start    time.Duration // since the dispatch began
	Took     time.Duration
	Err      string
}

// Recent are the last dispatches by their ends, the newest first, up to a
// hundred. Where more than these end in a tenth of a second, the first hundred
// of it are kept, and those that failed or were stopped. They are not to be
// changed.
func (t *Tracer) Recent() []*Timeline {
	if t == nil {
		return nil
	}
	var list []*remembered
	for i := range t.recent {
		if r := t.recent[i].Load(); r != nil {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *remembered) int { return cmp.Compare(b.turn, a.turn) })
	lines := make([]*Timeline, len(list))
	for i, r := range list {
		lines[i] = r.line
	}
	return lines
}

// EventStats is what a Tracer has counted of one event.
type EventStats struct {
	Event      string
	Dispatches uint64
	Failed     uint64 // of these, dispatches that returned an error
	Stopped    uint64 // and those that a listener stopped
	Unheard    uint64 // and those that met no listener
	Listeners  []ListenerStats
}

// ListenerStats is what a Tracer has counted of one listener of an event. One that
// listens to the event twice, by its type and by an interface, counts as one. The
// durations are exact to an eighth between 64 ns and a minute; shorter and longer
// ones count as these.
type ListenerStats struct {
	Listener string
	Calls    uint64
	Failed   uint64 // of these, it returned an error or panicked
	Timed    uint64 // of these, it was timed
	P50, P99 time.Duration
	Total    time.Duration // of those timed
}

// Stats are the counts of all events that were dispatched, by name.
func (t *Tracer) Stats() []EventStats {
	if t == nil {
		return nil
	}
	var all []EventStats
	t.events.Range(func(_, value any) bool {
		all = append(all, value.(*eventTrace).stats())
		return true
	})
	slices.SortFunc(all, func(a, b EventStats) int { return cmp.Compare(a.Event, b.Event) })
	return all
}

// eventTrace is what is counted of one event.
type eventTrace struct {
	name      string
	layout    atomic.Pointer[layout]
	listeners sync.Map // ID → *listenerTrace
	known     atomic.Int64
	shards    []eventShard
}

type eventShard struct {
	dispatches, failed, stopped, unheard atomic.Uint64
	_                                    [32]byte // on cache lines of its own
}

// layout has the traces of a list's listeners by their index.
type layout struct {
	list   *rollcall.Listeners
	traces []*listenerTrace
}

// shards is how many cores count apart, a power of two.
func shards() int {
	n := 1
	for n < runtime.GOMAXPROCS(0) && n < maxShards {
		n *= 2
	}
	return n
}

func (t *Tracer) event(name string) *eventTrace {
	if e, ok := t.events.Load(name); ok {
		return e.(*eventTrace)
	}
	if t.known.Load() >= maxEvents {
		name = Others
		if e, ok := t.events.Load(name); ok {
			return e.(*eventTrace)
		}
	}
	e, known := t.events.LoadOrStore(name, &eventTrace{name: name, shards: make([]eventShard, t.width)})
	if !known {
		t.known.Add(1)
	}
	return e.(*eventTrace)
}

// of is the layout for a list. An event has one list, as a rule.
func (e *eventTrace) of(list *rollcall.Listeners) *layout {
	if l := e.layout.Load(); l != nil && l.list == list {
		return l
	}
	l := &layout{list: list, traces: make([]*listenerTrace, list.Len())}
	for i, listener := range list.All() {
		l.traces[i] = e.listener(listener.ID)
	}
	e.layout.Store(l)
	return l
}

func (e *eventTrace) listener(id string) *listenerTrace {
	if l, ok := e.listeners.Load(id); ok {
		return l.(*listenerTrace)
	}
	if e.known.Load() >= maxListeners {
		id = Others
	}
	l, known := e.listeners.LoadOrStore(id, &listenerTrace{})
	if !known {
		e.known.Add(1)
	}
	return l.(*listenerTrace)
}

func (e *eventTrace) stats() EventStats {
	s := EventStats{Event: e.name}
	for i := range e.shards {
		shard := &e.shards[i]
		s.Dispatches += shard.dispatches.Load()
		s.Failed += shard.failed.Load()
		s.Stopped += shard.stopped.Load()
		s.Unheard += shard.unheard.Load()
	}
	e.listeners.Range(func(id, value any) bool {
		if l := value.(*listenerTrace).stats(); l.Calls > 0 {
			l.Listener = id.(string)
			s.Listeners = append(s.Listeners, l)
		}
		return true
	})
	slices.SortFunc(s.Listeners, func(a, b ListenerStats) int { return cmp.Compare(a.Listener, b.Listener) })
	return s
}

// trace observes one dispatch. It is used again for others.
type trace struct {
	tracer *Tracer
	event  *eventTrace
	layout *layout
	value  any
	shard  int
	timed  bool
	stop   int // the index that was not called because the event is stopped, or -1
	begun  time.Duration
	steps  []step
}

// step is the call of one listener, as times since the tracer's start.
type step struct {
	called, returned bool
	begun, end       time.Duration
	err              error
}

// now is shorter than time.Now, because it reads one clock.
func (t *Tracer) now() time.Duration { return time.Since(t.start) }

// Begin is for dispatchers.
func (t *Tracer) Begin(ctx context.Context, d rollcall.Dispatched) (context.Context, rollcall.Observation) {
	if t == nil || t.width == 0 { // NewTracer has not made it
		return ctx, nil
	}
	x := t.traces.Get().(*trace)
	e := t.event(d.Event)
	n := d.Listeners.Len()
	x.tracer, x.event, x.layout, x.value = t, e, e.of(d.Listeners), d.Value
	x.stop, x.timed = -1, t.sample.takes()
	x.steps = slices.Grow(x.steps[:0], n)[:n] // cleared at the end of the one before
	if x.timed {
		x.begun = t.now()
	}
	return ctx, x
}

func (x *trace) Calling(ctx context.Context, i int) context.Context {
	x.steps[i].called = true
	switch {
	case !x.timed:
	case i == 0: // nothing has run since
		x.steps[i].begun = x.begun
	default:
		x.steps[i].begun = x.tracer.now()
	}
	return ctx
}

// Returned counts nothing where another observer panicked before this one's
// Calling.
func (x *trace) Returned(i int, err error) {
	s := &x.steps[i]
	if !s.called {
		return
	}
	s.err, s.returned = err, true
	shard := x.layout.traces[i].shard(x.shard)
	if err != nil {
		shard.failed.Add(1)
	}
	if !x.timed {
		shard.untimed.Add(1)
		return
	}
	s.end = x.tracer.now()
	shard.note(s.end - s.begun)
}

func (x *trace) Stopped(before int) { x.stop = before }

func (x *trace) End(err error) {
	shard := &x.event.shards[x.shard]
	shard.dispatches.Add(1)
	switch {
	case err != nil:
		shard.failed.Add(1)
	case x.stop >= 0:
		shard.stopped.Add(1)
	case len(x.steps) == 0:
		shard.unheard.Add(1)
	}
	end := x.ended()
	if x.timed && (err != nil || x.stop >= 0 || x.tracer.admits(end)) {
		x.tracer.remember(x, err, end)
	}
	clear(x.steps)
	x.value, x.layout, x.event = nil, nil, nil
	x.tracer.traces.Put(x)
}

// ended counts calls that did not return, and tells when the last one ended: a
// clock is not read again for that.
func (x *trace) ended() time.Duration {
	end := x.begun
	for i := range x.steps {
		switch s := &x.steps[i]; {
		case s.returned:
			end = max(end, s.end)
		case s.called:
			x.layout.traces[i].shard(x.shard).untimed.Add(1)
			end = max(end, x.tracer.now())
		}
	}
	return end
}

// admits says whether the ring still takes one that ended at that time. It
// writes nothing once a tenth of a second has had its hundred.
func (t *Tracer) admits(end time.Duration) bool {
	tenth := uint64(end/(100*time.Millisecond)) << 32
	for {
		seen := t.burst.Load()
		count := seen & (1<<32 - 1)
		switch now := seen - count; {
		case tenth < now:
			tenth = now // another was faster
		case tenth > now:
			count = 0
		}
		if count >= recentDispatches {
			return false
		}
		if t.burst.CompareAndSwap(seen, tenth|count+1) {
			return true
		}
	}
}

// remember puts a dispatch into the ring.
func (t *Tracer) remember(x *trace, err error, end time.Duration) {
	line := &Timeline{
		Event: x.event.name, At: t.start.Add(x.begun), Took: end - x.begun, Err: text(err),
		Stopped: x.stop >= 0, StoppedBy: x.stoppedBy(), Payload: rendered(t.render, x.value), Steps: make([]Step, len(x.steps)),
	}
	for i := range x.steps {
		line.Steps[i] = x.step(i, end, err, line.Err)
	}
	turn := t.turn.Add(1)
	t.recent[(turn-1)%recentDispatches].Store(&remembered{turn, line})
}

// step is what became of the listener at an index. An error that is the
// dispatch's own has its text.
func (x *trace) step(i int, end time.Duration, whole error, wholeText string) Step {
	s := &x.steps[i]
	l := x.layout.list.At(i)
	step := Step{Listener: l.ID, Called: s.called, Returned: s.returned}
	if x.layout.list.IsAsync(i) {
		step.Async = l.Async
	}
	switch {
	case !s.called:
		return step
	case s.returned:
		end = s.end
	}
	step.Start, step.Took = s.begun-x.begun, end-s.begun
	if s.err != nil && s.err == whole {
		step.Err = wholeText
	} else {
		step.Err = text(s.err)
	}
	return step
}

// remembered is a dispatch with its place among all.
type remembered struct {
	turn uint64
	line *Timeline
}

// stoppedBy is the listener that returned last before the event was found
// stopped.
func (x *trace) stoppedBy() string {
	last := -1
	for i := range x.steps {
		if x.stop >= 0 && x.steps[i].called && (last < 0 || x.steps[i].end >= x.steps[last].end) {
			last = i
		}
	}
	if last < 0 {
		return ""
	}
	return x.layout.list.At(last).ID
}

// text is that of an error, cut to what is kept.
func text(err error) string {
	if err == nil {
		return ""
	}
	return rendered(func(any) string { return err.Error() }, nil)
}

// rendered is what a function of the application says, cut to what is kept; its
// panic is told.
func rendered(render func(any) string, value any) (text string) {
	if render == nil {
		return ""
	}
	defer func() {
		if problem := recover(); problem != nil {
			text = fmt.Sprintf("(rendering it panicked: %v)", problem)
		}
	}()
	return cut(render(value))
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
