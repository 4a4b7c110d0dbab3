package providertest_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/provider/providertest"
)

// TestProvider is the whole test of a provider.
func Example() {
	TestProvider := func(t *testing.T) {
		providertest.Run(t, providertest.Kit{
			Build: func(t testing.TB, listeners ...rollcall.Listener) rollcall.Provider {
				p, err := provider.Build(listeners, nil)
				if err != nil {
					t.Fatal(err)
				}
				return p
			},
		})
	}
	fmt.Println(coretest.Passes(TestProvider))
	// Output: true
}
