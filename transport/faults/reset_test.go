package faults_test

import (
	"fmt"
	"testing"
)

// resets is how often a broker is reset.
var resets = faults(1, 2)

// A broker that is reset has no queue any more, and only a publisher is there. It
// declares the receiver again, which gets all that is confirmed from then on. Whatever
// was confirmed before is handled before the reset, because that deletes it.
func checkReset(t *testing.T, n *rabbitNode) {
	s := newScenario(t)
	x := s.open(n.site())
	stopReceiving, stopPublishing := s.receive(x, noting(s.record)), s.publish(x, "before")
	s.progress()
	stopPublishing()
	s.drained()
	stopReceiving()
	for i := range resets {
		for _, command := range []string{"stop_app", "reset", "start_app"} {
			n.control(command)
		}
		stopPublishing := s.publish(x, fmt.Sprint("after-", i))
		if !s.isConfirming() {
			t.Fatalf("nothing is confirmed: %v", s.ledger.summary())
		}
		stopPublishing()
		stopReceiving := s.receive(x, noting(s.record))
		s.drained()
		stopReceiving()
	}
	x.Close()
	s.finish("the broker reset under a publisher", rabbitMQ, resets)
}

// isConfirming waits until some more events are confirmed.
func (s *scenario) isConfirming() bool {
	const some = 8
	confirmations := s.read().confirmations + some
	return eventually(func() bool { return s.read().confirmations >= confirmations })
}
