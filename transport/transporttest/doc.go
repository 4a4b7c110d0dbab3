// Package transporttest checks that a [transport.Transport] keeps its promises.
// Whoever implements one runs the kit in a test of its own:
//
//	func TestTransport(t *testing.T) {
//		transporttest.Run(t, func(t *testing.T) transport.Transport {
//			return connect(t)
//		})
//	}
//
// Each promise is a subtest, which opens a transport and uses events of names
// that nobody else has, so that the kit may run against a broker that others use
// too. What [transport.Declarer] and [transport.DeadLetters] promise is checked
// where the transport implements them.
package transporttest
