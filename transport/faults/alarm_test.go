package faults_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
)

// memoryAlarms is how often a broker runs out of memory.
var memoryAlarms = faults(1, 2)

// The marks of memory, as a part of all there is, above which a broker blocks
// publishers.
const (
	lowMark    = "0.0000001"
	normalMark = "0.4"
)

// While a broker is out of memory, publishers wait and honour their context,
// and receivers go on. Afterwards publishers go on.
func checkMemoryAlarm(t *testing.T, n *rabbitNode) {
	s := newScenario(t)
	x := s.open(n.site())
	var gate sync.RWMutex // locked while the handlers wait
	stopReceiving := s.receive(x, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		gate.RLock()
		defer gate.RUnlock()
		return noting(s.record)(ctx, d)
	})
	stopPublishing := s.publish(x, "event")
	for range memoryAlarms {
		s.progress()
		s.memoryAlarm(n, x, &gate)
	}
	s.progress()
	stopPublishing()
	s.drained()
	stopReceiving()
	s.finish("memory alarm", rabbitMQ, memoryAlarms)
}

func (s *scenario) memoryAlarm(n *rabbitNode, x transport.Transport, gate *sync.RWMutex) {
	s.t.Helper()
	gate.Lock()
	open := sync.OnceFunc(gate.Unlock)
	defer open()
	const some = 8 // to be received during the alarm
	if !eventually(func() bool { return len(s.read().lost()) >= some }) {
		s.t.Fatal("nothing is published")
	}
	n.control("set_vm_memory_high_watermark", lowMark)
	defer n.control("set_vm_memory_high_watermark", normalMark)
	if !eventually(func() bool { return s.isBlocked(x) }) {
		s.t.Fatal("publishers are not blocked")
	}
	open()
	s.drained()
	if lost := s.ledger.lost(); len(lost) > 0 {
		s.t.Fatalf("%d events are not received during the alarm", len(lost))
	}
}

// isBlocked says whether a publisher is told of the alarm when its context ends.
func (s *scenario) isBlocked(x transport.Transport) bool {
	err := s.probe(x, soon)
	return errors.Is(err, context.DeadlineExceeded) && strings.Contains(err.Error(), "the broker blocks publishers")
}
