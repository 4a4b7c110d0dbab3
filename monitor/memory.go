package monitor

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/printable"
)

const (
	maxEvents        = 4096
	maxListeners     = 4096 // of an event
	maxText          = 4096 // bytes of an error or a payload
	maxName          = 256  // bytes of the name of an event or the ID of a listener
	recentDispatches = 100
	maxShards        = 8
)

// others is the name that counts the events beyond maxEvents, and the listeners of an
// event beyond maxListeners.
const others = "(others)"

// traced returns the name under which a tracer knows an event or a listener.
func traced(name string) string { return printable.Cut(name, maxName) }

// memory holds everything that a Tracer knows since its last Reset.
type memory struct {
	sample sampler // chooses the dispatches that are timed
	render func(ev any) string
	start  time.Time

	events sync.Map // name → *eventTrace
	known  atomic.Int64
	turn   atomic.Uint64 // how many dispatches were put into the ring
	burst  atomic.Uint64 // the current tenth of a second, and how many of its dispatches were put into the ring
	recent [recentDispatches]atomic.Pointer[remembered]
	traces sync.Pool // of *trace: a core usually gets its own trace back, and so keeps its shard
	width  int       // the number of shards
	given  atomic.Int64
}

// remembered is a dispatch in the ring, with its number.
type remembered struct {
	turn uint64
	line *Timeline
}

func newMemory(sample int, render func(ev any) string) *memory {
	m := &memory{sample: newSampler(sample), render: render, start: time.Now(), width: shards()}
	m.traces.New = func() any { return &trace{memory: m, shard: int(m.given.Add(1)) % m.width} }
	return m
}

// shards returns how many cores count separately, a power of two.
func shards() int {
	n := 1
	for n < runtime.GOMAXPROCS(0) && n < maxShards {
		n *= 2
	}
	return n
}

// now returns the time since the start. It reads only one clock, so it is faster than
// time.Now.
func (m *memory) now() time.Duration { return time.Since(m.start) }

// lines returns the dispatches in the ring, the newest first.
func (m *memory) lines() []*Timeline {
	var list []*remembered
	for i := range m.recent {
		if r := m.recent[i].Load(); r != nil {
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

// remember puts a dispatch into the ring.
func (m *memory) remember(line *Timeline) {
	turn := m.turn.Add(1)
	m.recent[(turn-1)%recentDispatches].Store(&remembered{turn, line})
}

// admits reports whether the ring takes a dispatch that ended at that time. It takes a
// hundred in each tenth of a second. For later ones, admits writes no memory.
func (m *memory) admits(end time.Duration) bool {
	tenth := uint64(end/(100*time.Millisecond)) << 32
	for {
		seen := m.burst.Load()
		count := seen & (1<<32 - 1)
		switch now := seen - count; {
		case tenth < now:
			tenth = now // another dispatch overtook this one
		case tenth > now:
			count = 0
		}
		if count >= recentDispatches {
			return false
		}
		if m.burst.CompareAndSwap(seen, tenth|count+1) {
			return true
		}
	}
}

func (m *memory) stats() []EventStats {
	var all []EventStats
	m.events.Range(func(_, value any) bool {
		all = append(all, value.(*eventTrace).stats())
		return true
	})
	slices.SortFunc(all, func(a, b EventStats) int { return cmp.Compare(a.Event, b.Event) })
	return all
}

// event returns the counts of an event. Names with the same first maxName bytes share
// them.
func (m *memory) event(name string) *eventTrace {
	name = traced(name)
	if e, ok := m.events.Load(name); ok {
		return e.(*eventTrace)
	}
	if m.known.Load() >= maxEvents {
		name = others
		if e, ok := m.events.Load(name); ok {
			return e.(*eventTrace)
		}
	}
	e, known := m.events.LoadOrStore(name, &eventTrace{name: name, shards: make([]eventShard, m.width)})
	if !known {
		m.known.Add(1)
	}
	return e.(*eventTrace)
}

// eventTrace counts one event.
type eventTrace struct {
	name      string
	layout    atomic.Pointer[layout]
	listeners sync.Map // ID → *listenerTrace
	known     atomic.Int64
	shards    []eventShard
}

type eventShard struct {
	dispatches, failed, stopped, unheard atomic.Uint64
	_                                    [32]byte // fills the cache line
}

// layout has the traces of the listeners of a list by their index.
type layout struct {
	list   *rollcall.Listeners
	traces []*listenerTrace
}

// of returns the layout for a list. An event usually has one list.
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
	id = traced(id)
	if l, ok := e.listeners.Load(id); ok {
		return l.(*listenerTrace)
	}
	if e.known.Load() >= maxListeners {
		id = others
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
