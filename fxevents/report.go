package fxevents

import (
	"cmp"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// newReport is what the container gives who injects an *inspect.Report: it is
// empty until the listeners are assembled, and never changes after that. It is
// made only where somebody asks for it.
func newReport(a *Assembly) *inspect.Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report = &inspect.Report{}
	a.fillReport()
	return a.report
}

// fillReport needs the lock.
func (a *Assembly) fillReport() {
	if a.report == nil {
		return
	}
	for i, p := range a.providers {
		reported := inspect.OfProvider(cmp.Or(p.name, orderfile.DefaultProvider), p.group, p.Sorted)
		a.tellReplaced(i, reported)
		a.report.Providers = append(a.report.Providers, reported)
	}
}

// tellReplaced enters the placements that order files have replaced.
func (a *Assembly) tellReplaced(index int, reported inspect.Provider) {
	for i, e := range a.providers[index].Events() {
		for j, l := range e.Listeners.All() {
			if was, ok := a.replaced[subscription{index, l.ID, l.Event}]; ok {
				placement := inspect.PlacementOf(was)
				reported.Events[i].Listeners[j].Overridden = &placement
			}
		}
	}
}
