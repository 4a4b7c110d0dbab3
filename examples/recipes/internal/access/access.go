// Package access keeps a log of requests.
package access

import (
	"net/http"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/recipes/internal/web"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module logs requests after they have got what identifies them.
var Module = fx.Module("access",
	fx.Provide(NewLog),
	fxevents.Contribute[web.Middleware](NewLogging, `after:"@trace"`),
)

// Log remembers requests.
type Log struct {
	mu    sync.Mutex
	lines []string
}

// NewLog makes an empty log.
func NewLog() *Log { return &Log{} }

// NewLogging writes requests to the log.
func NewLogging(l *Log) web.Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			web.Passed(w, "access.Logging")
			l.mu.Lock()
			l.lines = append(l.lines, r.Header.Get("Request-Id")+" "+r.Method+" "+r.URL.Path)
			l.mu.Unlock()
			next.ServeHTTP(w, r)
		})
	}
}
