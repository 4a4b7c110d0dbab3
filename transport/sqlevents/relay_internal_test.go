package sqlevents

import (
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// relayOf returns a relay that does not run.
func relayOf(t *testing.T, d Dialect) *relay {
	t.Helper()
	s, err := newSettings(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(&Transport{settings: s})
	t.Cleanup(r.cancel)
	return r
}

// A read that began before a message failed may bring a later one of its key. It is
// dropped, and the partition is read again from its front.
func TestReadThatBeganBeforeAFailureIsDropped(t *testing.T) {
	r := relayOf(t, SQLite)
	p := &partition{number: 3}
	r.parts[3] = p
	r.accept(p, row{id: 1, part: 3, orderKey: "a"})
	first := r.ready[0]
	first.inFlight, r.ready = true, nil

	pages := []page{{part: p, after: 1, limit: 4}}
	r.reading = true
	begun := r.readEpoch
	first.inFlight = false
	r.fail(first) // the broker could not be reached
	r.endRead(begun, pages, []row{{id: 2, part: 3, orderKey: "a"}}, nil)
	if len(r.ready) > 0 || len(r.known) > 0 || !p.dirty || p.pass.after != 0 {
		t.Errorf("ready are %d, known are %d, the next read begins after %d", len(r.ready), len(r.known), p.pass.after)
	}
}

// While rows become due, no read runs, and the next one begins at the front: in the middle of
// a pass it would find a later row of a key and miss the one that has become due.
func TestNoReadRunsWhileRowsBecomeDue(t *testing.T) {
	r := relayOf(t, SQLite)
	now := r.now()
	p := &partition{number: 3, until: now.Add(time.Hour), untilWall: now.Add(time.Hour), dirty: true, pass: pass{after: 17, pages: 2}}
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
	if r.endRipen([]waitingRow{{part: 3}}, time.Second, nil); !p.dirty || p.pass != (pass{}) {
		t.Errorf("the next read begins after %d", p.pass.after)
	}
}

// After the front page of a pass, a row with an order key is accepted only if it was there
// when the pass began.
func TestPassAcceptsWhatWasThereWhenItBegan(t *testing.T) {
	r := relayOf(t, PostgreSQL)
	p := &partition{number: 3, dirty: true, pass: pass{after: 100, isLong: true, limit: 150}}
	r.parts[3] = p
	r.endRead(r.readEpoch, []page{{part: p, after: 100, last: 170, full: true}}, []row{
		{id: 120, part: 3, orderKey: "a"}, {id: 160, part: 3, orderKey: "b"}, {id: 170, part: 3},
	}, nil)
	if r.known[120] == nil || r.known[160] != nil || r.known[170] == nil {
		t.Errorf("known are %v", r.known)
	}
	if !p.dirty || p.pass.after != 0 {
		t.Errorf("the next read begins after %d", p.pass.after)
	}
}

// A chain is limited. What it has not accepted is read again when it is empty, and what a
// running read brings then is dropped.
func TestFullChainIsReadAgain(t *testing.T) {
	r := relayOf(t, PostgreSQL)
	p := &partition{number: 3}
	r.parts[3] = p
	for id := range int64(maxChain + 10) {
		r.accept(p, row{id: id + 1, part: 3, orderKey: "a"})
	}
	r.accept(p, row{id: 1000, part: 3, orderKey: "b"})
	if len(r.known) != maxChain+2 || r.known[1000] == nil {
		t.Fatalf("%d rows are known", len(r.known))
	}
	begun := r.readEpoch
	for range maxChain + 1 {
		c := r.chains["a"]
		r.accept(p, row{id: 500, part: 3, orderKey: "a"}) // after what was not accepted
		r.confirm(c.first)
	}
	if r.chains["a"] != nil || r.readEpoch == begun || !p.dirty || p.pass.after != 0 {
		t.Errorf("chain %v, the partition is to be read: %v", r.chains["a"], p.dirty)
	}
}

// Large bodies make the chains shorter, so that one key does not fill the memory.
func TestChainOfLargeBodies(t *testing.T) {
	r := relayOf(t, PostgreSQL)
	p := &partition{number: 3}
	r.parts[3] = p
	r.bodySize = 1 << 20
	for id := range int64(100) {
		r.accept(p, row{id: id + 1, part: 3, orderKey: "a", message: transport.Message{Body: make([]byte, 1<<20)}})
	}
	if known, most := len(r.known), r.mayKnow()/2; known > most || r.bytes != known<<20 {
		t.Errorf("%d rows of %d bytes are known, want at most %d", known, r.bytes, most)
	}
	if keys := r.fullKeys(); len(keys) != 1 || keys[0] != "a" {
		t.Errorf("full are %v", keys)
	}
}

// A row that has the ID of another one is not taken for that. Nothing else of the read is
// used: it may be a later row of its key.
func TestReadWithAnIDThatIsAssignedAgain(t *testing.T) {
	r := relayOf(t, PostgreSQL)
	p := &partition{number: 3, dirty: true}
	r.parts[3] = p
	r.accept(p, row{id: 5, part: 3, message: transport.Message{ID: "old"}})
	r.endRead(r.readEpoch, []page{{part: p, limit: 8}}, []row{
		{id: 5, part: 3, orderKey: "a", message: transport.Message{ID: "first"}},
		{id: 6, part: 3, orderKey: "a", message: transport.Message{ID: "second"}},
	}, nil)
	if r.known[6] != nil || len(r.doubtful) != 1 {
		t.Errorf("known are %v, in doubt are %v", r.known, r.doubtful)
	}
}
