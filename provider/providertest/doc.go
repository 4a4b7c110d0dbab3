// Package providertest checks that a [rollcall.Provider] keeps its promises. Run it in a
// test of your own provider:
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
// instead. What a method All promises is checked if the provider has one. Run
// the test with -race: the kit asks from many goroutines, and the detector sees more than
// a wrong answer.
package providertest
