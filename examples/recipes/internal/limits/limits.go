// Package limits refuses what is too large.
package limits

import (
	"net/http"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/recipes/internal/web"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module limits bodies right before a handler reads them.
var Module = fx.Module("limits", fxevents.ContributeValue[web.Middleware](Body, `priority:"last"`))

// maxBody is how many bytes a body may have.
const maxBody = 64 << 10

// Body makes reading a body fail after maxBody bytes.
func Body(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.Passed(w, "limits.Body")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
