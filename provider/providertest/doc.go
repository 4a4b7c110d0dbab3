// Package providertest checks that a [provider.Provider] keeps its promises.
// Whoever implements one runs the kit in a test of its own:
//
//	func TestProvider(t *testing.T) {
//		providertest.Run(t, func(t testing.TB, listeners ...provider.Listener) provider.Provider {
//			p, err := newRegistry(listeners...)
//			if err != nil {
//				t.Fatal(err)
//			}
//			return p
//		})
//	}
//
// Each promise is a subtest, and a failure says what was promised and what the
// provider did instead. What [provider.Typed] and [provider.Lister] promise is
// checked where the provider implements them. Run the test with -race: the kit
// asks from many goroutines, and the detector sees more than a wrong answer.
//
// Two options say what can't be seen from outside: [KeyByKey], that the order
// holds among the listeners of one key only, and [Adding], how a provider that
// may change is changed.
package providertest
