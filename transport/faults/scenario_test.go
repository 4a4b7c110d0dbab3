package faults_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// scenario is one test with its ledger.
type scenario struct {
	t      *testing.T
	record *record
	ledger *ledger
	probes int // that were tried
}

func newScenario(t *testing.T) *scenario {
	t.Helper()
	path := filepath.Join(t.TempDir(), "record")
	r, err := openRecord(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.close() })
	return &scenario{t: t, record: r, ledger: newLedger(path)}
}

// open opens a transport of this process, with the receiver declared.
func (s *scenario) open(at site) opened {
	s.t.Helper()
	x, err := at.open()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(x.Close)
	if err := x.Declare(s.t.Context(), order); err != nil {
		s.t.Fatal(err)
	}
	return x
}

// publish has events published without end, until stop is called. Their IDs begin
// with a name.
func (s *scenario) publish(x publisher, name string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for n := range publishers {
		all.Go(func() { stream(ctx, x, s.record, fmt.Sprint(name, "-", n)) })
	}
	stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	s.t.Cleanup(stop)
	return stop
}

// receive has events handled until stop is called.
func (s *scenario) receive(x transport.Transport, h transport.Handler) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- x.Subscribe(ctx, order, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("receiving: %v", err)
		}
	})
	s.t.Cleanup(stop)
	return stop
}

// read brings the ledger up to date.
func (s *scenario) read() *ledger {
	s.t.Helper()
	if err := s.ledger.read(); err != nil {
		s.t.Fatal(err)
	}
	return s.ledger
}

// progress waits until some more events are confirmed and handled.
func (s *scenario) progress() {
	s.t.Helper()
	if !s.goesOn(patience) {
		s.t.Fatalf("nothing goes on: %v", s.ledger.summary())
	}
}

// goesOn says whether some more events are confirmed and handled in time.
func (s *scenario) goesOn(limit time.Duration) bool {
	s.t.Helper()
	const some = 8
	l := s.read()
	confirmations, deliveries := l.confirmations+some, l.deliveries+some
	return within(limit, func() bool {
		l := s.read()
		return l.confirmations >= confirmations && l.deliveries >= deliveries
	})
}

// confirms waits until some more events are confirmed that nobody handles.
func (s *scenario) confirms() {
	s.t.Helper()
	const some = 50
	confirmations := s.read().confirmations + some
	if !eventually(func() bool { return s.read().confirmations >= confirmations }) {
		s.t.Fatalf("nothing is confirmed: %v", s.ledger.summary())
	}
}

// probe tries once to publish an event, which is in the ledger as all are.
func (s *scenario) probe(x publisher, limit time.Duration) error {
	s.probes++
	id := fmt.Sprint("probe-", s.probes)
	s.record.note(sent, id)
	ctx, cancel := context.WithTimeout(s.t.Context(), limit)
	defer cancel()
	err := x.Publish(ctx, event(id))
	if err == nil {
		s.record.note(confirmed, id)
	}
	return err
}

// drained waits until whatever was confirmed is handled, or long enough.
func (s *scenario) drained() { eventually(func() bool { return len(s.read().lost()) == 0 }) }

// finish holds the ledger against the promise.
func (s *scenario) finish(name string, k kind, faults int) result {
	s.t.Helper()
	sum := s.read().summary()
	s.t.Logf("%s, %s, %d faults: %v", name, k, faults, sum)
	switch lost := s.ledger.lost(); {
	case len(lost) > 0:
		s.t.Errorf("%d confirmed events were never handled: %v", len(lost), lost[:min(10, len(lost))])
	case sum.Confirmed == 0:
		s.t.Error("nothing was confirmed, so nothing is proved")
	}
	r := result{Scenario: name, Transport: k, Faults: faults, Summary: sum}
	addResult(s.t, r)
	return r
}
