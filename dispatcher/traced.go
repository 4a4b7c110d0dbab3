package dispatcher

import (
	"context"
	"slices"
	"sync"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// Traced is a dispatcher that remembers which listeners were called, which
// were not, and which events nobody heard. It keeps a count for each listener and
// name of an event, not each dispatch, so it may be left on where names are few;
// a dispatch takes a lock for each listener. To trace with a policy, give
// NewTraced the options of the policy.
type Traced struct {
	basic    *Basic
	provider provider.Provider

	mu      sync.Mutex
	calls   []Call
	index   map[callKey]int
	orphans []string
	unheard map[string]bool
}

// Call is what a Traced dispatcher knows of a listener of an event.
type Call struct {
	Event    string
	Listener string
	Times    int // it was called
	Failed   int // of these, it returned an error or panicked
}

type callKey struct {
	event, listener string
	key             event.Key
}

// NewTraced makes a traced dispatcher for the listeners of p.
func NewTraced(p provider.Provider, options ...Option) *Traced {
	t := &Traced{provider: p, index: map[callKey]int{}, unheard: map[string]bool{}}
	t.basic = New(p, append(slices.Clip(options), Observe(tracing{t}))...)
	return t
}

// Dispatch is that of [Basic].
func (t *Traced) Dispatch(ctx context.Context, ev any) error { return t.basic.Dispatch(ctx, ev) }

// tracing observes the dispatches of a Traced.
type tracing struct{ *Traced }

func (t tracing) Begin(ctx context.Context, d Dispatched) (context.Context, Observation) {
	if d.Listeners.Len() == 0 {
		t.noteOrphan(d.Event)
		return ctx, nil
	}
	return ctx, tracedDispatch{t.Traced, d}
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

func (t *Traced) note(name string, l provider.Listener, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := callKey{name, l.ID, l.Event}
	i, known := t.index[key]
	if !known {
		i = len(t.calls)
		t.index[key] = i
		t.calls = append(t.calls, Call{Event: name, Listener: l.ID})
	}
	t.calls[i].Times++
	if failed {
		t.calls[i].Failed++
	}
}

func (t *Traced) noteOrphan(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.unheard[name] {
		t.unheard[name] = true
		t.orphans = append(t.orphans, name)
	}
}

// Called tells of the listeners that were called, in the order of their first
// calls.
func (t *Traced) Called() []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

// NotCalled gives the listeners that were never called, of a provider that can
// name all of its listeners.
func (t *Traced) NotCalled() []provider.Listener {
	t.mu.Lock()
	defer t.mu.Unlock()
	called := map[callKey]bool{}
	for key := range t.index {
		called[callKey{listener: key.listener, key: key.key}] = true
	}
	return slices.DeleteFunc(slices.Clone(provider.All(t.provider)), func(l provider.Listener) bool {
		return called[callKey{listener: l.ID, key: l.Event}]
	})
}

// Orphans names the events that nobody heard, in the order of their first
// dispatches.
func (t *Traced) Orphans() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.orphans)
}
