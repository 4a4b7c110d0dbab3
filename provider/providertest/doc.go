// Package providertest checks that a [rollcall.Provider] keeps its promises: which
// listeners an event reaches and in which order, how long an answer holds, and concurrent
// use. Run it in a test of your own provider:
//
//	func TestProvider(t *testing.T) {
//		providertest.Run(t, providertest.Kit{Build: func(t testing.TB, listeners ...rollcall.Listener) rollcall.Provider {
//			p, err := newRegistry(listeners...)
//			if err != nil {
//				t.Fatal(err)
//			}
//			return p
//		}})
//	}
//
// Each promise is a subtest. A failure says what was promised and what the provider did
// instead. If the provider has a method All, [Run] checks that too. Run the test with
// -race: several goroutines use the provider, and the race detector finds more than wrong
// answers.
package providertest
