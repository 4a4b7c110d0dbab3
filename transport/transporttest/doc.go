// Package transporttest tests that a [transport.Transport] keeps its promises. Call
// [Run] in a test of the implementation:
//
//	func TestTransport(t *testing.T) {
//		transporttest.Run(t, func(t *testing.T) transport.Transport {
//			return connect(t)
//		})
//	}
//
// Each promise is a parallel subtest with a transport of its own. Its events have
// random names, so the tests can run on a broker that is in use. Durable queues or
// consumers of these events remain there. A subtest fails if it takes longer than 30
// seconds.
//
// The promises of [transport.Declarer], [transport.DeadLetters] and
// [transport.BacklogReporter] are tested if the transport implements them. Of a backlog,
// the messages in flight, those to be retried and the age of the oldest may be 0, if the
// transport does not know them.
package transporttest
