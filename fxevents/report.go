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
	a.fillReport()
	return a.report
}

// fillReport fills the report, if there is one. The caller must hold a.mu.
func (a *Assembly) fillReport() {
	if a.report == nil {
		return
	}
	a.report.Warnings = a.warned
	for i, p := range a.providers {
		replaced := func(l rollcall.Listener) (ordering.Placement, bool) {
			was, ok := a.replaced[subscription{i, l.ID, l.Event}]
			return was, ok
		}
		a.report.Providers = append(a.report.Providers, inspect.OfProvider(cmp.Or(p.name, orderfile.DefaultProvider), p.group, p.Sorted, replaced))
	}
}
