package faults_test

import (
	"fmt"
	"testing"
)

// How often a process is killed.
var (
	receiversKilled  = faults(4, 20)
	publishersKilled = faults(3, 20)
)

const (
	eachRound = 3  // events of a publisher between two kills of a receiver
	hangs     = 3  // the delivery of a receiver in which it is killed
	announced = 25 // confirmations of a publisher before it is killed
)

// A receiver is killed in mid-handler: every second time when it has done its
// work and has not said so yet.
func TestReceiverKilled(t *testing.T) {
	slow(t)
	t.Parallel()
	each(t, func(t *testing.T, at site) {
		s := newScenario(t)
		var publisher opened
		if at.Kind != natsEmbedded {
			publisher = s.open(at)
		}
		for round := range receiversKilled {
			c := s.round(at, publisher, round)
			c.await(inside)
			c.kill()
		}
		s.drain(at)
		s.finish("kill -9 of the receiver", at.Kind, receiversKilled)
	}, natsCluster, rabbitMQ, natsEmbedded)
}

// round starts a receiver that will hang, and publishes: from this process, where
// there may be another one.
func (s *scenario) round(at site, publisher opened, n int) *process {
	receiver := task{Site: at, Record: s.ledger.path, Name: fmt.Sprint(n), Receive: true, Hang: hangs, Worked: n%2 == 1}
	if publisher == nil {
		receiver.Publish = eachRound
		return start(s.t, childVariable, receiver)
	}
	r := start(s.t, childVariable, receiver)
	for i := range eachRound * publishers {
		publish(s.t.Context(), publisher, s.record, fmt.Sprint(n, "-", i))
	}
	return r
}

// drain has a receiver that nobody kills handle the rest.
func (s *scenario) drain(at site) {
	r := start(s.t, childVariable, task{Site: at, Record: s.ledger.path, Receive: true})
	s.drained()
	r.end()
}

// A publisher is killed while it publishes.
func TestPublisherKilled(t *testing.T) {
	slow(t)
	t.Parallel()
	each(t, func(t *testing.T, at site) {
		s := newScenario(t)
		embedded := at.Kind == natsEmbedded
		if !embedded {
			defer s.receive(s.open(at), noting(s.record))()
		}
		for round := range publishersKilled {
			c := start(t, childVariable, task{Site: at, Record: s.ledger.path, Name: fmt.Sprint(round), Publish: endless, Announce: announced, Receive: embedded})
			c.await(underWay)
			c.kill()
		}
		if embedded {
			s.drain(at)
		} else {
			s.drained()
		}
		s.finish("kill -9 of the publisher", at.Kind, publishersKilled)
	}, natsCluster, rabbitMQ, natsEmbedded)
}
