package sqlevents

import "testing"

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
