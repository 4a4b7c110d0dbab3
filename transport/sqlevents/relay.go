package sqlevents

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// The relay reads the rows of the partitions that it leases, publishes them, and deletes
// those that the broker has confirmed. One goroutine, loop, owns its state. Statements and
// publishing run in other goroutines, which pass their results to loop as functions.
//
// Order by key follows from one rule: a row is published only if every earlier row of its
// order key is confirmed or gone. Rows of a key are read in the order of their IDs, from
// the front of the partition. Of each key, only the first is in flight, and the others
// wait in its chain. If it fails, the chain is dropped, the row waits in the database and
// so holds back its key, and the partition is read again from its front. What a read
// brings that began before the failure is dropped, too: it may contain a later row of the
// key. A partition with more rows than a read brings is read page by page: see pass. Leases are not part of this rule. If two instances publish one partition for a
// while, both begin at its front, so what arrives out of order was delivered before. See
// docs/decisions/outbox.md.
type relay struct {
	t      *Transport
	member string
	events chan func() // what loop does next

	ctx      context.Context // ends closeGrace after stopping
	cancel   context.CancelFunc
	stopping context.Context // ends when Close is called
	stop     context.CancelFunc
	ended    chan struct{}

	published, failed, buried atomic.Uint64 // what transport.OutboxStats counts

	mu       sync.Mutex
	woken    chan struct{}
	dirty    [partitions]bool // partitions in which this process has committed rows
	delayed  bool             // this process has committed rows with a delay
	expected atomic.Bool      // a row will be committed soon; until the next poll

	// What follows belongs to loop.

	parts    map[int]*partition
	known    map[int64]*entry  // read, and not yet deleted or given up
	chains   map[string]*chain // by order key
	held     map[string]hold   // order keys and rows whose failure could not be written
	ready    []*entry          // to be published
	inFlight int

	confirmed []int64            // to be deleted
	doubtful  map[int64]struct{} // known when the database failed: see doubt
	gone      map[int64]string   // deleted since the running read began, with their messages

	reading, deleting, leasing, ripening, paused, closing bool
	readLast                                              bool // a read has ended since rows were made due

	nextExpiry time.Time // when the first hold ends; zero if there is none
	readEpoch  int       // increased when the running read must be dropped
	nextLease  time.Time // when to renew the leases
	nextPoll   time.Time
	nextDue    time.Time     // when to look for rows that are due
	interval   time.Duration // between polls
	found      bool          // since the last poll
	failures   int           // pauses since the last confirmation
	bodySize   int           // a moving average
	bytes      int           // of the bodies that are known
	keysWait   bool          // on MariaDB: a row with an order key waits; belongs to the running read
	problem    string        // the last one that was logged
}

// partition is a partition that this instance leases.
type partition struct {
	number    int
	token     int64
	until     time.Time // the lease, by the monotonic clock
	untilWall time.Time // the same by wall time: the other may stand still in a suspended machine
	leaving   bool      // to be released when nothing of it is known
	count     int       // entries in known
	dirty     bool      // to be read
	woken     bool      // since the pass began: it may not see the new rows
	pass      pass
}

// pass is a way through a partition from its front, in pages.
//
// A transaction may commit a row behind the page that was read. A later row of its key must
// not be found first. It was inserted after that commit, because both have locked the key.
// So after the front page, a row with an order key is accepted only if its ID was there
// before the pass began: then the earlier rows of its key were committed by then, and the
// pass has seen them. Otherwise another pass begins. SQLite has one writer, and needs no
// limit.
type pass struct {
	after  int64 // the last ID that was read; 0 at the front
	pages  int
	isLong bool  // there is more than one page, so the limit is needed
	limit  int64 // the last ID that was there when a long pass began
}

func (p *partition) valid(now time.Time) bool {
	return now.Before(p.until) && now.Round(0).Before(p.untilWall)
}

// again makes the next read begin at the front.
func (p *partition) again() { p.dirty, p.pass = true, pass{isLong: p.pass.isLong} }

func (p *partition) wake() {
	if p.woken = true; !p.dirty {
		p.again()
	}
}

// entry is a row that was read.
type entry struct {
	row       row
	part      *partition
	key       string
	inFlight  bool
	confirmed bool
	dropped   bool
}

// chain has the entries of an order key. The first one is ready or in flight.
type chain struct {
	first   *entry
	waiting []*entry
	isFull  bool // later rows of the key were not accepted
}

// hold keeps an order key or a single row from being published.
type hold struct {
	part  int
	until time.Time
}

const (
	maxInFlight    = 256
	maxKnown       = 2048 // memory: IDs that are not deleted yet count
	maxChain       = 128  // rows of one order key that wait
	maxRead        = 512  // rows of one read
	minRead        = 4    // also if they are large
	maxReadBytes   = 16 << 20
	firstBodySize  = 64 << 10 // what a body is taken for before one was read
	maxPages       = 64       // of a pass: late commits are found in the next one
	maxDelete      = 512
	minPoll        = 100 * time.Millisecond
	maxPoll        = 2 * time.Second
	publishTimeout = 30 * time.Second
	closeGrace     = 5 * time.Second
	statement      = 30 * time.Second
)

func newRelay(t *Transport) *relay {
	r := &relay{
		t: t, member: rand.Text(), events: make(chan func(), 1024), ended: make(chan struct{}), woken: make(chan struct{}, 1),
		parts: map[int]*partition{}, known: map[int64]*entry{}, chains: map[string]*chain{}, held: map[string]hold{}, gone: map[int64]string{}, doubtful: map[int64]struct{}{},
		interval: minPoll, bodySize: firstBodySize,
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.stopping, r.stop = context.WithCancel(r.ctx)
	return r
}

// wake says that this process has committed rows.
func (r *relay) wake(rows ...row) {
	r.signal(func() {
		for _, x := range rows {
			if x.isDelayed() {
				r.delayed = true
				continue
			}
			r.dirty[x.part] = true
		}
	})
}

// expect says that this process will commit a row soon. Between two polls, it costs
// something only once.
func (r *relay) expect() {
	if !r.expected.Load() {
		r.signal(func() { r.expected.Store(true) })
	}
}

func (r *relay) signal(set func()) {
	r.mu.Lock()
	set()
	r.mu.Unlock()
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

func (r *relay) close() {
	r.stop()
	late := time.AfterFunc(closeGrace, r.cancel)
	<-r.ended
	late.Stop()
	r.cancel()
}

func (r *relay) run() {
	defer close(r.ended)
	if !r.awaitTables() {
		return
	}
	var preparing sync.WaitGroup
	preparing.Go(func() { r.t.prepared.prepare(r.stopping) })
	defer preparing.Wait()
	if _, ok := r.t.inner.(transport.Connector); ok {
		r.awaitBroker(0)
	}
	r.loop()
	r.leave()
}

// awaitTables waits for the tables. It returns false if the outbox is closed before.
func (r *relay) awaitTables() bool {
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(r.stopping, statement)
		err := r.t.settings.checkVersion(ctx, r.t.db)
		cancel()
		if err == nil {
			return true
		}
		if r.stopping.Err() == nil {
			r.log("outbox can't be used yet", err)
		}
		select {
		case <-r.stopping.Done():
			return false
		case <-time.After(min(transport.Backoff(attempt), 5*time.Second)):
		}
	}
}

func (r *relay) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	stopping := r.stopping.Done()
	for !r.finished() {
		r.begin()
		timer.Reset(r.untilNext())
		select {
		case f := <-r.events:
			f()
		case <-r.woken:
			r.takeWakes()
		case <-timer.C:
		case <-stopping:
			stopping, r.closing = nil, true
			r.dropAll()
		}
		r.drainEvents()
	}
}

func (r *relay) drainEvents() {
	for range cap(r.events) {
		select {
		case f := <-r.events:
			f()
		default:
			return
		}
	}
}

func (r *relay) finished() bool {
	return r.closing && r.inFlight == 0 && len(r.confirmed) == 0 && !r.reading && !r.deleting && !r.leasing && !r.ripening && !r.paused
}

// begin begins whatever can begin.
func (r *relay) begin() {
	now := r.now()
	r.expire(now)
	r.poll(now)
	r.beginDelete()
	if r.closing {
		return
	}
	r.beginLease(now)
	if r.readLast { // neither may keep the other waiting
		r.beginRipen(now)
	}
	r.beginRead(now)
	r.beginRipen(now)
	r.beginPublish(now)
}

func (r *relay) now() time.Time { return r.t.settings.now() }

// untilNext returns how long loop may wait for an event.
func (r *relay) untilNext() time.Duration {
	if r.closing {
		return closeGrace
	}
	next := r.nextPoll
	if !r.reading && !r.nextExpiry.IsZero() && r.nextExpiry.Before(next) {
		next = r.nextExpiry
	}
	if !r.reading && !r.ripening && !r.paused && r.nextDue.Before(next) {
		next = r.nextDue
	}
	if !r.leasing && r.nextLease.Before(next) {
		next = r.nextLease
	}
	return max(next.Sub(r.now()), time.Millisecond)
}

// background runs work in a goroutine, and then the function that it returns in loop.
func (r *relay) background(work func(context.Context) func()) {
	go func() {
		ctx, cancel := context.WithTimeout(r.ctx, statement)
		defer cancel()
		r.events <- work(ctx)
	}()
}

// takeWakes marks the partitions in which this process has committed rows.
func (r *relay) takeWakes() {
	r.mu.Lock()
	dirty, delayed := r.dirty, r.delayed
	r.dirty, r.delayed = [partitions]bool{}, false
	r.mu.Unlock()
	if delayed {
		r.nextDue = r.now()
	}
	for number, p := range r.parts {
		if dirty[number] {
			p.wake()
		}
	}
	if r.expected.Load() {
		r.interval = minPoll
		if soon := r.now().Add(minPoll); soon.Before(r.nextPoll) {
			r.nextPoll = soon
		}
	}
}
