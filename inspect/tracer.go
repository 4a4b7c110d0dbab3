package inspect

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/provider"
)

// Tracer counts and times dispatches, and remembers the last ones. Give it to
// dispatchers by dispatcher.Observe:
//
//	tracer := inspect.NewTracer()
//	fxevents.Module(fxevents.Policy(dispatcher.Observe(tracer)))
//
// It takes some 100 ns a listener (BenchmarkTracer) and no lock: cores count
// apart from each other. For each listener that was called it keeps about half
// a kilobyte a core, up to eight cores. It knows at most 4,096 events by their
// names; further ones count together, as [OtherEvents].
//
// It may be used concurrently.
type Tracer struct {
	sample sampler // of the dispatches that are timed
	render func(ev any) string
	start  time.Time

	events sync.Map // name → *eventTrace
	known  atomic.Int64
	turn   atomic.Uint64 // of the ring
	burst  atomic.Uint64 // the current tenth of a second, and how many dispatches of it the ring has
	recent [recentDispatches]atomic.Pointer[Timeline]
	traces sync.Pool // of *trace: a core gets back its own, as a rule, and so keeps to its shard
	width  int       // shards
	given  atomic.Int64
}

const (
	maxEvents        = 4096
	recentDispatches = 100
	maxShards        = 8
)

// OtherEvents stands for the names of events beyond those that a Tracer keeps.
const OtherEvents = "(other events)"

// TracerOption configures a Tracer.
type TracerOption func(*Tracer)

// Sample times one of so many dispatches, chosen by chance, and remembers only
// those. All are counted.
func Sample(every int) TracerOption {
	return func(t *Tracer) { t.sample = sampler(max(1, every)) }
}

// Render has a function tell what is to be shown of an event. Without it,
// nothing of an event but its name is kept. The function is called for each
// dispatch that is remembered, in its goroutine.
func Render(render func(ev any) string) TracerOption {
	return func(t *Tracer) { t.render = render }
}

// NewTracer makes a Tracer.
func NewTracer(options ...TracerOption) *Tracer {
	t := &Tracer{sample: 1, start: time.Now(), width: shards()}
	t.traces.New = func() any { return &trace{shard: int(t.given.Add(1)) % t.width} }
	for _, o := range options {
		o(t)
	}
	return t
}

// Timeline is one dispatch that a Tracer remembers.
type Timeline struct {
	Event     string
	At        time.Time
	Took      time.Duration
	Err       string // "" where it succeeded
	StoppedBy string // the listener that stopped the event, or "" where none did
	Payload   string // what Render makes of the event
	Steps     []Step // one for each listener, in order
}

// Step is what became of one listener in a dispatch.
type Step struct {
	Listener string
	Called   bool
	Start    time.Duration // since the dispatch began
	Took     time.Duration
	Err      string
}

// Recent are the last dispatches by their ends, the newest first, up to a
// hundred. Where more than these end in a tenth of a second, the first hundred
// of it are kept, and those that failed or were stopped. They are not to be
// changed.
func (t *Tracer) Recent() []*Timeline {
	var list []*Timeline
	newest := t.turn.Load()
	for i := range min(newest, recentDispatches) {
		if line := t.recent[(newest-1-i)%recentDispatches].Load(); line != nil {
			list = append(list, line)
		}
	}
	return list
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

// ListenerStats is what a Tracer has counted of one listener of an event. The
// durations are exact to an eighth.
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
	shards    []eventShard
}

type eventShard struct {
	dispatches, failed, stopped, unheard atomic.Uint64
	_                                    [32]byte // on cache lines of its own
}

// layout has the traces of a list's listeners by their index.
type layout struct {
	list   *provider.List
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
		name = OtherEvents
	}
	e, known := t.events.LoadOrStore(name, &eventTrace{name: name, shards: make([]eventShard, t.width)})
	if !known {
		t.known.Add(1)
	}
	return e.(*eventTrace)
}

// of is the layout for a list. An event has one list, as a rule.
func (e *eventTrace) of(list *provider.List) *layout {
	if l := e.layout.Load(); l != nil && l.list == list {
		return l
	}
	l := &layout{list: list, traces: make([]*listenerTrace, list.Len())}
	for i, listener := range list.All() {
		found, ok := e.listeners.Load(listener.ID)
		if !ok {
			found, _ = e.listeners.LoadOrStore(listener.ID, &listenerTrace{shards: make([]listenerShard, len(e.shards))})
		}
		l.traces[i] = found.(*listenerTrace)
	}
	e.layout.Store(l)
	return l
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
		l := value.(*listenerTrace).stats()
		l.Listener = id.(string)
		s.Listeners = append(s.Listeners, l)
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
	called     bool
	begun, end time.Duration
	err        error
}

// now is shorter than time.Now, because it reads one clock.
func (t *Tracer) now() time.Duration { return time.Since(t.start) }

// Begin is for dispatchers.
func (t *Tracer) Begin(ctx context.Context, d dispatcher.Dispatched) (context.Context, dispatcher.Observation) {
	x := t.traces.Get().(*trace)
	e := t.event(d.Event)
	n := d.Listeners.Len()
	x.tracer, x.event, x.layout, x.value = t, e, e.of(d.Listeners), d.Value
	x.stop, x.timed = -1, t.sample.takes()
	x.steps = slices.Grow(x.steps[:0], n)[:n]
	clear(x.steps)
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

func (x *trace) Returned(i int, err error) {
	s := &x.steps[i]
	s.err = err
	shard := &x.layout.traces[i].shards[x.shard]
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
	if x.timed && (err != nil || x.stop >= 0 || x.tracer.admits(x.begun)) {
		x.tracer.remember(x, err)
	}
	clear(x.steps)
	x.value, x.layout, x.event = nil, nil, nil
	x.tracer.traces.Put(x)
}

// admits says whether the ring still takes one that began at that time. It
// writes nothing once a tenth of a second has had its hundred.
func (t *Tracer) admits(begun time.Duration) bool {
	tenth := uint64(begun/(100*time.Millisecond)) << 32
	for {
		seen := t.burst.Load()
		count := seen & (1<<32 - 1)
		if seen-count != tenth {
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
func (t *Tracer) remember(x *trace, err error) {
	end := t.now()
	line := &Timeline{
		Event: x.event.name, At: t.start.Add(x.begun), Took: end - x.begun, Err: text(err),
		StoppedBy: x.stoppedBy(), Steps: make([]Step, len(x.steps)),
	}
	if t.render != nil {
		line.Payload = t.render(x.value)
	}
	for i := range x.steps {
		s := &x.steps[i]
		line.Steps[i] = Step{Listener: x.layout.list.At(i).ID, Called: s.called, Start: s.begun - x.begun, Took: s.end - s.begun, Err: text(s.err)}
		if !s.called {
			line.Steps[i].Start = 0
		}
	}
	t.recent[(t.turn.Add(1)-1)%recentDispatches].Store(line)
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

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
