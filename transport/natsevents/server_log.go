package natsevents

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// serverLog passes the warnings and errors of an embedded server to a logger, and keeps
// those of its start. It implements server.Logger. The server has no users, so that it
// logs no secrets.
type serverLog struct {
	logger *slog.Logger

	mu      sync.Mutex
	started bool
	early   []string     // what was logged during the start
	failed  func(string) // is called with errors about writes that failed; or nil
}

func (l *serverLog) Warnf(format string, v ...any) {
	text := l.text(format, v)
	l.logger.Warn("the embedded NATS server has a warning", "text", text)
}

func (l *serverLog) Errorf(format string, v ...any) {
	text := l.text(format, v)
	l.logger.Error("the embedded NATS server has an error", "text", text)
	l.mu.Lock()
	failed := l.failed
	l.mu.Unlock()
	if failed != nil && strings.Contains(strings.ToLower(text), "critical write error") {
		failed(text)
	}
}

// onFailure calls failed for each write that fails from now on. The server stops the
// stream then, and no longer answers messages.
func (l *serverLog) onFailure(failed func(text string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = failed
}

func (l *serverLog) Fatalf(format string, v ...any) { l.Errorf(format, v...) }
func (l *serverLog) Noticef(string, ...any)         {}
func (l *serverLog) Debugf(string, ...any)          {}
func (l *serverLog) Tracef(string, ...any)          {}

func (l *serverLog) text(format string, v []any) string {
	text := strings.TrimSpace(fmt.Sprintf(format, v...))
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started {
		l.early = append(l.early, text)
	}
	return text
}

// start ends the start, and returns what was logged so far.
func (l *serverLog) start() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.started = true
	return l.early
}
