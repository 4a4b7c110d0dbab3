package sqlevents

import (
	"testing"
	"time"
)

// A read that began before a message failed may bring a later one of its key. It is
// dropped, and the partition is read again from its front.
func TestReadThatBeganBeforeAFailureIsDropped(t *testing.T) {
	s, err := newSettings(SQLite, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(&Transport{settings: s})
	defer r.cancel()
	p := &partition{number: 3}
	r.parts[3] = p
	r.accept(p, row{id: 1, part: 3, orderKey: "a"})
	first := r.ready[0]
	first.inFlight, r.ready, r.queued = true, nil, 0

	pages := []page{{part: p, after: 1, limit: 4}}
	r.reading = true
	begun := r.readEpoch
	first.inFlight = false
	r.fail(first) // the broker could not be reached
	r.endRead(begun, pages, []row{{id: 2, part: 3, orderKey: "a"}}, nil)
	if len(r.ready) > 0 || len(r.known) > 0 || !p.dirty || p.after != 0 {
		t.Errorf("ready are %d, known are %d, the next read begins after %d", len(r.ready), len(r.known), p.after)
	}
}

// While rows become due, no read runs, and the next one begins at the front: in the middle of
// a pass it would find a later row of a key and miss the one that has become due.
func TestNoReadRunsWhileRowsBecomeDue(t *testing.T) {
	s, err := newSettings(SQLite, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(&Transport{settings: s})
	defer r.cancel()
	now := r.now()
	p := &partition{number: 3, until: now.Add(time.Hour), untilWall: now.Add(time.Hour), dirty: true, after: 17, pages: 2}
	r.parts[3] = p
	r.ripening = true
	if r.beginRead(now); r.reading {
		t.Error("a read runs while rows become due")
	}
	r.ripening, r.reading = false, true
	if r.beginRipen(now); r.ripening {
		t.Error("rows become due while a read runs")
	}
	r.reading = false
	if r.endRipen([]waitingRow{{part: 3}}, time.Second, nil); !p.dirty || p.after != 0 || p.pages != 0 {
		t.Errorf("the next read begins after %d", p.after)
	}
}
