package fxeventstest

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// Recorder records events for a test to check. Make it with [Record]. It does not copy
// events: if E is a pointer, changes by later listeners show. It may be used concurrently.
type Recorder[E any] struct {
	t      testing.TB
	source string // where Record is called

	mu      sync.Mutex
	events  []E
	err     error
	changed chan struct{} // closed when an event is recorded
}

// Record returns a recorder of events of type E. If E is an interface, the recorder records
// every event that implements E.
func Record[E any](t testing.TB) *Recorder[E] {
	return &Recorder[E]{t: t, source: callsite.Caller(0), changed: make(chan struct{})}
}

// Emitter returns an emitter whose only listener is the recorder, for code that is tested
// without a container.
func (r *Recorder[E]) Emitter() *rollcall.Emitter[E] {
	r.t.Helper()
	p, err := provider.Build([]rollcall.Listener{r.listener()}, []rollcall.Declaration{rollcall.Declare[E]("")})
	if err != nil {
		r.t.Fatal(err)
	}
	return rollcall.NewEmitter[E](rollcall.NewDispatcher(p))
}

// Option returns an Fx option that records the events of an application. The recorder is
// called before all other listeners.
func (r *Recorder[E]) Option() fx.Option {
	l := r.listener()
	rollcall.Internal.PlaceListener(friend.Key{}, &l, math.MaxInt) // the last one with priority first runs first
	return fx.Supply(fx.Annotated{Group: fxevents.DefaultGroup, Target: l})
}

func (r *Recorder[E]) listener() rollcall.Listener {
	l := rollcall.FromFunc(r.record, tags.Fields{ID: "fxeventstest.Recorder of " + callsite.Type(reflect.TypeFor[E]()), Placement: first})
	l.Source = r.source
	return l
}

func (r *Recorder[E]) record(_ context.Context, e E) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	close(r.changed)
	r.changed = make(chan struct{})
	return r.err
}

// FailWith makes the recorder return err from now on, so that Emit fails in the code under
// test. FailWith(nil) ends that. Events are still recorded in the meantime.
func (r *Recorder[E]) FailWith(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Events returns the events recorded so far.
func (r *Recorder[E]) Events() []E {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Wait waits until at least n events are recorded, and returns all events recorded by
// then. If ctx is done before that, Wait calls t.Fatalf, so call Wait only in the test's own
// goroutine.
func (r *Recorder[E]) Wait(ctx context.Context, n int) []E {
	r.t.Helper()
	for {
		r.mu.Lock()
		events, changed := slices.Clone(r.events), r.changed
		r.mu.Unlock()
		if len(events) >= n {
			return events
		}
		select {
		case <-changed:
		case <-ctx.Done():
			r.t.Fatalf("waited for %d events and got %d: %v%s", n, len(events), context.Cause(ctx), list(events))
		}
	}
}

// Want checks the events recorded so far: there must be one for each matcher, in this order.
// Otherwise the test fails, but goes on. Without a matcher, no event may be recorded.
func (r *Recorder[E]) Want(matchers ...Matcher[E]) {
	r.t.Helper()
	events := r.Events()
	same := len(events) == len(matchers)
	for i := 0; same && i < len(events); i++ {
		same = matchers[i].Matches(events[i])
	}
	if same {
		return
	}
	var text strings.Builder
	for i := range max(len(events), len(matchers)) {
		text.WriteString("\n" + comparison(i, events, matchers))
	}
	r.t.Errorf("got %d events of type %s, want %d:%s", len(events), event.KeyOf[E](), len(matchers), text.String())
}

// comparison returns the line for the event at index i.
func comparison[E any](i int, events []E, matchers []Matcher[E]) string {
	switch {
	case i >= len(events):
		return fmt.Sprintf("  %d. missing: %s", i+1, matchers[i].Text)
	case i >= len(matchers):
		return fmt.Sprintf("  %d. not wanted: %s", i+1, shown(events[i]))
	case matchers[i].Matches(events[i]):
		return fmt.Sprintf("  %d. as wanted: %s", i+1, shown(events[i]))
	}
	return fmt.Sprintf("  %d. got %s, want %s", i+1, shown(events[i]), matchers[i].Text)
}

func list[E any](events []E) string {
	var text strings.Builder
	for i, e := range events {
		fmt.Fprintf(&text, "\n  %d. %s", i+1, shown(e))
	}
	return text.String()
}
