package fxevents

import (
	"cmp"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// newReport returns the report that the container provides. The report is empty until the
// listeners are assembled, and never changes after that. The container calls newReport
// only if the report is injected.
func newReport(a *Assembly) *inspect.Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report = &inspect.Report{}
	if a.runtime != nil {
		a.report.Live = a.liveReport
	}
	a.fillReport()
	return a.report
}

// fillReport fills the report, if there is one. The caller must hold a.mu.
func (a *Assembly) fillReport() {
	if a.report == nil {
		return
	}
	now := a.reportNow()
	a.report.Providers, a.report.Warnings = now.Providers, now.Warnings
}

// reportNow returns a report of the moment. The caller must hold a.mu.
func (a *Assembly) reportNow() inspect.Report {
	r := inspect.Report{Warnings: a.warned}
	for i, p := range a.providers {
		replaced := func(l rollcall.Listener) (ordering.Placement, bool) {
			if was, ok := a.runtime.original(l); ok && i == 0 {
				return was, true
			}
			of := i
			if i == 0 && a.lists.has(l.Event) {
				of = len(a.providers)
			}
			was, ok := a.replaced[subscription{of, l.ID, l.Event}]
			return was, ok
		}
		var orders inspected = a.now(i)
		if i == 0 && len(a.lists.declared) > 0 {
			orders = withLists{a.now(i), a.sortedLists(), a.lists}
		}
		r.Providers = append(r.Providers, inspect.OfProvider(cmp.Or(p.name, orderfile.DefaultProvider), p.group, orders, replaced))
	}
	return r
}

// inspected is what a report is made of.
type inspected interface{ Events() []provider.EventOrder }

// withLists shows the lists together with the default provider.
type withLists struct {
	events, members *provider.Sorted
	lists
}

// Events returns the events, then the lists in the order of their declaration.
func (w withLists) Events() []provider.EventOrder {
	all := w.events.Events()
	for i, e := range w.members.Events() {
		d := w.declared[i]
		e.List, e.Event = true, rollcall.Declaration{Key: event.TypeKey(d.typ), Name: d.name, Source: d.source}
		all = append(all, e)
	}
	return all
}

// Declared returns the listeners and the members of the lists, each in declared order.
func (w withLists) Declared() []rollcall.Listener { return append(w.events.All(), w.members.All()...) }

// has reports whether a key is that of a list.
func (l lists) has(k event.Key) bool {
	return k.Type() == nil && slices.ContainsFunc(l.declared, func(d declaredList) bool { return d.name == k.Name() })
}
