package fxevents

import (
	"cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/ordering"
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
			was, ok := a.replaced[subscription{i, l.ID, l.Event}]
			return was, ok
		}
		r.Providers = append(r.Providers, inspect.OfProvider(cmp.Or(p.name, orderfile.DefaultProvider), p.group, a.now(i), replaced))
	}
	return r
}
