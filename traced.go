package rollcall

import (
	"context"
	"slices"
	"sync"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/friend"
)

// Traced is a dispatcher that records which listeners were called, which were not, and
// which events had no listeners. Make it with [NewTraced]. Its memory grows with the
// number of listeners and event names, not of dispatches. A dispatch takes a lock for
// each listener. The dispatch of a receiver calls asynchronous listeners, so Called never
// has them and NotCalled always does.
type Traced struct {
	Dispatcher
	provider Provider

	mu      sync.Mutex
	calls   []*TracedCall
	index   map[callKey]*TracedCall
	orphans []string
	unheard map[string]bool
}

// TracedCall counts the calls of one listener for one event.
type TracedCall struct {
	Event    string // the event's name, or its type if it has none
	Listener string // the listener's ID
	Times    int    // calls
	Failed   int    // calls that returned an error or panicked
}

type callKey struct {
	event, listener string
	key             event.Key
}

// NewTraced returns a traced dispatcher for the listeners of p, with the options of
// [NewDispatcher].
func NewTraced(p Provider, options ...Option) *Traced {
	t := &Traced{provider: p, index: map[callKey]*TracedCall{}, unheard: map[string]bool{}}
	t.Dispatcher = NewDispatcher(p, append(slices.Clip(options), Observe(tracing{t}))...)
	return t
}

// tracing observes the dispatches of a Traced.
type tracing struct{ *Traced }

func (t tracing) Begin(ctx context.Context, d Dispatched) (context.Context, Observation) {
	if d.Listeners.Len() > 0 {
		return ctx, tracedDispatch{t.Traced, d}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if d.Listeners != nil && !t.unheard[d.Event] { // the provider was asked
		t.unheard[d.Event] = true
		t.orphans = append(t.orphans, d.Event)
	}
	return ctx, nil
}

// tracedDispatch is one dispatch of a Traced.
type tracedDispatch struct {
	*Traced
	dispatched Dispatched
}

func (tracedDispatch) Calling(ctx context.Context, _ int) context.Context { return ctx }
func (tracedDispatch) Stopped(int)                                        {}
func (tracedDispatch) End(error)                                          {}

func (t tracedDispatch) Returned(i int, err error) {
	t.note(t.dispatched.Event, t.dispatched.Listeners.At(i), err != nil)
}

func (t *Traced) note(name string, l Listener, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := callKey{name, l.ID, l.Event}
	call := t.index[key]
	if call == nil {
		call = &TracedCall{Event: name, Listener: l.ID}
		t.index[key], t.calls = call, append(t.calls, call)
	}
	call.Times++
	if failed {
		call.Failed++
	}
}

// Called returns the listeners that were called, in the order in which their first calls
// returned.
func (t *Traced) Called() []TracedCall {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := make([]TracedCall, len(t.calls))
	for i, c := range t.calls {
		calls[i] = *c
	}
	return calls
}

// NotCalled returns the listeners that were never called. It returns nil if the provider
// has no method All, see [Provider].
func (t *Traced) NotCalled() []Listener {
	t.mu.Lock()
	defer t.mu.Unlock()
	called := map[callKey]bool{}
	for key := range t.index {
		called[callKey{listener: key.listener, key: key.key}] = true
	}
	return slices.DeleteFunc(slices.Clone(Internal.All(friend.Key{}, t.provider)), func(l Listener) bool {
		return called[callKey{listener: l.ID, key: l.Event}]
	})
}

// Orphans returns the names of dispatched events that had no listeners, or the types of
// those without a name, in the order of their first dispatches. It omits events that were
// stopped beforehand.
func (t *Traced) Orphans() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.orphans)
}

// Reset forgets what was traced so far.
func (t *Traced) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls, t.orphans = nil, nil
	t.index, t.unheard = map[callKey]*TracedCall{}, map[string]bool{}
}
