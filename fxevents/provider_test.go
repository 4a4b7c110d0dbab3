package fxevents_test

import (
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/provider/providertest"
)

// The provider that the container gives keeps the promises of all providers.
func TestProviderConforms(t *testing.T) {
	providertest.Run(t, providertest.Kit{Build: func(t testing.TB, listeners ...rollcall.Listener) rollcall.Provider {
		t.Helper()
		for i := range listeners {
			rollcall.Internal.PlaceListener(friend.Key{}, &listeners[i], i+1)
		}
		var p rollcall.Provider
		app := quietly(fxevents.Module(), fx.Populate(&p),
			fx.Supply(fx.Annotated{Group: fxevents.DefaultGroup + ",flatten", Target: listeners}))
		if err := app.Err(); err != nil {
			t.Fatal(err)
		}
		return p
	}})
}
