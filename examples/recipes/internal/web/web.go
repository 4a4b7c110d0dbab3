// Package web has the middlewares of the service: a list that modules contribute to, and
// two that every service needs.
package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

// Middleware wraps a handler. The first one of the list is the outermost.
type Middleware func(http.Handler) http.Handler

// Module declares the list. Recover is first, because it must see the panics of all others.
var Module = fx.Module("web",
	fxevents.Ordered[Middleware]("http.middleware"),
	fxevents.Contribute[Middleware](NewRequestID, `labels:"trace"`),
	fxevents.ContributeValue[Middleware](Recover, `priority:"first"`),
)

// Wrap puts the middlewares around a handler.
func Wrap(h http.Handler, chain []Middleware) http.Handler {
	for _, m := range slices.Backward(chain) {
		h = m(h)
	}
	return h
}

// Passed adds the name of a middleware to the header Passed of a reply, so that one can see
// which way a request went.
func Passed(w http.ResponseWriter, name string) { w.Header().Add("Passed", name) }

// Recover answers 500 if a handler panics.
func Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Passed(w, "web.Recover")
		defer func() {
			if value := recover(); value != nil {
				http.Error(w, fmt.Sprint("panic: ", value), http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// NewRequestID numbers the requests in the header Request-Id of the request.
func NewRequestID() Middleware {
	var last atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			Passed(w, "web.RequestID")
			r.Header.Set("Request-Id", strconv.FormatInt(last.Add(1), 10))
			next.ServeHTTP(w, r)
		})
	}
}
