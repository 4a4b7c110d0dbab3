package fxevents

import (
	"fmt"
	"sync"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// Runtime lets plugins and feature flags add and remove listeners while the application
// runs. The container then has a *provider.Mutable. It begins with the listeners in
// [DefaultGroup]. What is added is sorted together with them, under the same rules: hints
// that either side names, priorities, labels, [Sequence], [Off] and order files. It is
// declared after the container's listeners, in the order of its addition.
//
//	func NewPlugins(lc fx.Lifecycle, m *provider.Mutable) *Plugins {
//		p := &Plugins{}
//		lc.Append(fx.StartHook(func() error { return p.load(m) })) // calls m.Add
//		return p
//	}
//
// Hints of the container's listeners, Sequence and Off may name a listener that is added
// later, with "?" before its ID. An order file may also have an optional entry for it. All
// of them hold as soon as it is added. A listener that contradicts a hint or a rule is not
// added, and the error says why. When a listener is removed, hints that name it are
// ignored. An asynchronous listener can't be added or removed at run time, because
// receivers are declared when the application starts.
//
// Before the listeners are assembled, the Mutable refuses listeners with a
// [*NotAssembledError], and there is a warning: add them in a hook of fx.Lifecycle, or in
// an fx.Invoke after Module.
//
// The pages of package monitor show each change at once. The *inspect.Report itself keeps
// the order at the start, so that it can be read without a lock: call its Live for the
// order of the moment. [Assembly.Provider] returns that of the moment, too.
//
// A dispatch costs as much as without Runtime. A change costs a sort of all listeners. A
// dispatch that has begun keeps its listeners.
func Runtime() Option {
	return optionFunc(func(s *settings) { s.runtime = true })
}

// atRunTime is what only an application with Runtime has. Its methods may be called on nil,
// which stands for any other application.
type atRunTime struct {
	mutable *provider.Mutable
	entries map[string][]orderfile.Listener // of order files for the default group, by listener ID
	catalog catalog

	mu       sync.Mutex
	replaced map[added]ordering.Placement // by order files

	// The report of the last state that was reported. Assembly.mu protects it.
	reported *provider.Sorted
	report   inspect.Report
}

// added identifies a listener that is added at run time. Several may have the same ID, one
// after another or by mistake.
type added struct {
	id, source string
	key        event.Key
}

func newRuntime(s settings, e *early) *atRunTime {
	if !s.runtime {
		return nil
	}
	refuse := func(listeners []rollcall.Listener) error {
		for _, l := range listeners {
			e.warn(fmt.Errorf("%s was added before the listeners were assembled, so it hears nothing: %s", callsite.Named(l.ID, l.Source), addLater))
		}
		return &NotAssembledError{next: addLater}
	}
	return &atRunTime{mutable: provider.Internal.NewMutable(friend.Key{}, refuse), entries: map[string][]orderfile.Listener{}, replaced: map[added]ordering.Placement{}}
}

const addLater = "add and remove listeners in a hook of fx.Lifecycle, " +
	"or in an fx.Invoke that stands after fxevents.Module, not in a constructor"

// of returns the mutable provider for the sorted one at an index.
func (r *atRunTime) of(index int, sorted *provider.Sorted) assembled {
	if r == nil || index > 0 {
		return sorted
	}
	return r.mutable
}

// start makes the mutable provider begin with the listeners of the container.
func (r *atRunTime) start(sorted *provider.Sorted, files []*orderfile.File, c catalog) {
	if r == nil {
		return
	}
	r.catalog = c
	for _, f := range files {
		for _, l := range f.Listeners {
			if l.Tag == DefaultGroup && !l.List {
				r.entries[l.ID] = append(r.entries[l.ID], l)
			}
		}
	}
	provider.Internal.Start(friend.Key{}, r.mutable, sorted, r.override)
}

// override applies the order files to a listener that is added.
func (r *atRunTime) override(l *rollcall.Listener) {
	was := l.Placement
	for _, entry := range r.entries[l.ID] {
		if r.catalog.Means(entry.Event, l.Event) {
			l.Placement = entry.Placement
			r.mu.Lock()
			r.replaced[added{l.ID, l.Source, l.Event}] = was
			r.mu.Unlock()
		}
	}
}

// original returns the placement that an order file replaced, if it did.
func (r *atRunTime) original(l rollcall.Listener) (ordering.Placement, bool) {
	if r == nil {
		return ordering.Placement{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	was, ok := r.replaced[added{l.ID, l.Source, l.Event}]
	return was, ok
}

// now returns the listeners of the moment of the provider at an index.
func (a *Assembly) now(index int) *provider.Sorted {
	if a.runtime == nil || index > 0 {
		return a.providers[index].Sorted
	}
	return provider.Internal.Snapshot(friend.Key{}, a.runtime.mutable)
}

// liveReport returns the report of the moment. It is empty until the listeners are
// assembled.
func (a *Assembly) liveReport() inspect.Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.providers) == 0 {
		return inspect.Report{}
	}
	if now := a.now(0); a.runtime.reported != now {
		a.runtime.reported, a.runtime.report = now, a.reportNow()
	}
	return a.runtime.report
}
