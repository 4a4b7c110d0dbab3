// Package audit keeps a log of every event that has a summary. It subscribes
// to an interface, so it receives events of types that it does not know.
package audit

import (
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

// Audited is an event that has a summary of one line.
type Audited interface{ Summary() string }

// Module provides the log. The application decides that the log comes first of all, in
// services.yaml.
var Module = fx.Module("audit", fxevents.AsListener(NewLog))

// Log remembers lines.
type Log struct {
	mu    sync.Mutex
	lines []string
}

// NewLog makes an empty log.
func NewLog() *Log { return &Log{} }

// Handle remembers an event.
func (l *Log) Handle(e Audited) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, e.Summary())
}
