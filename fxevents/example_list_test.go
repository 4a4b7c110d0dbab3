package fxevents_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// named prints its name before it calls the next handler.
func named(name string) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Println(name)
			next.ServeHTTP(w, r)
		})
	}
}

type Users struct{}

func NewUsers() *Users                       { return &Users{} }
func NewAuthentication(*Users) Middleware    { return named("authentication") }
func NewAccessLog() (Middleware, error)      { return named("access log"), nil }
func Recover(next http.Handler) http.Handler { return named("recover")(next) }

func NewHandler(chain []Middleware) http.Handler {
	var h http.Handler = http.NotFoundHandler()
	for i := len(chain) - 1; i >= 0; i-- {
		h = chain[i](h)
	}
	return h
}

// The module of the server declares the list and consumes it. Modules contribute to it, and
// the application has the last word.
func ExampleOrdered() {
	server := fx.Module("server",
		fxevents.Ordered[Middleware]("http.middleware"),
		fxevents.ContributeValue[Middleware](Recover, `priority:"first"`),
		fx.Provide(NewHandler),
	)
	auth := fx.Module("auth",
		fx.Provide(NewUsers),
		fxevents.Contribute[Middleware](NewAuthentication, `after:"fxevents_test.AccessLog"`),
	)
	access := fx.Module("access", fxevents.Contribute[Middleware](NewAccessLog))
	debug := fx.Module("debug", fxevents.ContributeValue(named("dump"), `id:"debug.Dump"`))

	var handler http.Handler
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(fxevents.Off("http.middleware", "debug.Dump")),
		server, auth, access, debug,
		fx.Populate(&handler),
	)
	if err := app.Err(); err != nil {
		log.Fatal(err)
	}
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	// Output:
	// recover
	// access log
	// authentication
}
