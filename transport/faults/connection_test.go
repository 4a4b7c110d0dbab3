package faults_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
)

// How often the connection fails.
var connectionFaults = faults(2*len(kindsOfFault), 50)

// connectionFault is what a proxy does while events go through it. It returns
// when that is over.
type connectionFault func(*scenario, *proxy, transport.Transport)

var kindsOfFault = []connectionFault{cut, stall, delay, stallAndCut}

// The connections fail while events are published and handled. After each time
// both go on.
func TestConnectionFails(t *testing.T) {
	slow(t)
	t.Parallel()
	each(t, func(t *testing.T, at site) {
		s := newScenario(t)
		p := newProxy(t, addresses[at.Kind])
		x := s.open(p.through(t, at))
		stopReceiving, stopPublishing := s.receive(x, noting(s.record)), s.publish(x, "event")
		for n := range connectionFaults {
			s.progress()
			kindsOfFault[n%len(kindsOfFault)](s, p, x)
		}
		s.progress()
		stopPublishing()
		s.drained()
		stopReceiving()
		s.finish("the connection cut, stalled, delayed", at.Kind, connectionFaults)
	}, natsCluster, rabbitMQ)
}

var addresses = map[kind]string{natsCluster: testserver.NATS.Address, rabbitMQ: testserver.RabbitMQ.Address}

func cut(s *scenario, p *proxy, _ transport.Transport) {
	s.t.Helper()
	if p.cut() == 0 {
		s.t.Error("there was no connection to cut")
	}
}

func stall(s *scenario, p *proxy, x transport.Transport) {
	defer p.stall()()
	s.unanswered(x)
}

func stallAndCut(s *scenario, p *proxy, x transport.Transport) {
	defer p.stall()()
	s.unanswered(x)
	cut(s, p, x)
}

func delay(s *scenario, p *proxy, _ transport.Transport) {
	p.setDelay(10 * time.Millisecond)
	defer p.setDelay(0)
	s.progress()
}

// unanswered publishes while no answer can come: that must end with its context,
// and must not say that the event is kept.
func (s *scenario) unanswered(x transport.Transport) {
	s.t.Helper()
	if err := s.probe(x, soon); !errors.Is(err, context.DeadlineExceeded) {
		s.t.Errorf("publishing without an answer: %v", err)
	}
}

// soon is when a publisher loses patience that is not to be answered.
const soon = 50 * time.Millisecond
