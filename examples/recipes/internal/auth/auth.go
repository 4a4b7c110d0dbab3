// Package auth asks for a password.
package auth

import (
	"net/http"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/recipes/internal/web"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module asks before a handler runs, and after the request is logged.
var Module = fx.Module("auth", fxevents.Contribute[web.Middleware](NewAuth, `priority:"last" after:"access.Logging"`))

// NewAuth refuses requests without the password.
func NewAuth() web.Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			web.Passed(w, "auth.Auth")
			if _, password, _ := r.BasicAuth(); password != "soup" {
				w.Header().Set("WWW-Authenticate", "Basic")
				http.Error(w, "the password is wrong", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
