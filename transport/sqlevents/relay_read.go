package sqlevents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// poll marks all partitions to be read, at intervals that grow while nothing is found.
func (r *relay) poll(now time.Time) {
	if now.Before(r.nextPoll) {
		return
	}
	if r.interval = min(2*r.interval, maxPoll); r.found {
		r.interval = minPoll
	}
	r.found = false
	r.expected.Store(false)
	r.nextPoll = now.Add(r.interval)
	for _, p := range r.parts {
		p.wake()
	}
}

// expire ends the holds whose time is over. A read that runs may have passed their rows, so
// it waits for the end of that read.
func (r *relay) expire(now time.Time) {
	if r.reading || r.nextExpiry.IsZero() || now.Before(r.nextExpiry) {
		return
	}
	r.nextExpiry = time.Time{}
	for key, h := range r.held {
		switch {
		case !now.Before(h.until):
			delete(r.held, key)
			r.again(h.part)
		case r.nextExpiry.IsZero() || h.until.Before(r.nextExpiry):
			r.nextExpiry = h.until
		}
	}
}

// page is what a read asks of a partition.
type page struct {
	part  *partition
	after int64 // the last ID before the page
	last  int64 // after the read: the last ID on it
	limit int
	full  bool // after the read: there may be more
}

func (r *relay) beginRead(now time.Time) {
	if r.reading || r.ripening || r.paused || len(r.ready) > maxInFlight || len(r.known) > r.mayKnow() || r.bytes > 2*maxReadBytes {
		return
	}
	pages := r.pages(now)
	if len(pages) == 0 {
		return
	}
	r.reading = true
	epoch, most, isLong := r.readEpoch, r.mostBytes(), slices.ContainsFunc(pages, page.beginsLongPass)
	full := r.fullKeys()
	r.background(func(ctx context.Context) func() {
		var newest int64
		var rows []row
		var err error
		if isLong { // asked before the front page
			newest, err = r.t.newest(ctx)
		}
		if err == nil {
			rows, err = r.read(ctx, query{pages, full, most})
		}
		r.t.settings.fill(pages, rows)
		return func() {
			limitPasses(pages, newest)
			r.endRead(epoch, pages, rows, err)
		}
	})
}

// query is what a read asks for.
type query struct {
	pages []page
	full  []any // order keys whose chains are full: their rows are left out
	most  int   // how many bytes of bodies it may bring; 0 for any
}

// fullKeys returns the order keys whose rows would be refused. There are few, because the
// rows of their chains are known.
func (r *relay) fullKeys() (keys []any) {
	for key, c := range r.chains {
		if c.isFull {
			keys = append(keys, key)
		}
	}
	return keys
}

func (p page) beginsLongPass() bool { return p.after == 0 && p.part.pass.isLong }

func limitPasses(pages []page, newest int64) {
	for _, p := range pages {
		if p.after == 0 {
			p.part.pass.limit = newest
		}
	}
}

// newest returns the last ID of the outbox.
func (t *Transport) newest(ctx context.Context) (id int64, err error) {
	err = t.db.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM "+t.settings.table("outbox")).Scan(&id)
	return id, err
}

// pages returns what to read of the partitions that may have rows. If bodies are large, it
// is not of all partitions.
func (r *relay) pages(now time.Time) []page {
	var list []page
	budget := r.budget()
	for _, p := range r.parts {
		if len(list) < max(budget/4, 1) && p.dirty && !p.leaving && p.valid(now) {
			list = append(list, page{part: p, after: p.pass.after})
			if p.pass.after == 0 {
				p.woken = false
			}
		}
	}
	for i, asked := range list {
		list[i].limit = max(budget/len(list), 1)
		if asked.after == 0 {
			list[i].limit += asked.part.count // these are at the front
		}
	}
	return list
}

// budget returns how many rows a read may bring. It bounds the memory for their bodies.
func (r *relay) budget() int { return max(min(maxReadBytes/(r.bodySize+1), maxRead), minRead) }

// mayKnow returns how many rows may be known when a read begins, which may bring them again.
func (r *relay) mayKnow() int { return max(min(2*maxReadBytes/(r.bodySize+1), maxKnown), minRead) }

// maxChain returns how many rows of one order key may wait: a part of those that may be known.
func (r *relay) maxChain() int { return max(min(maxChain, r.mayKnow()/4), 1) }

// mostBytes returns how many bytes of bodies a read may bring, or 0 if it can't bring fewer
// rows.
func (r *relay) mostBytes() int {
	if r.budget() == minRead {
		return 0
	}
	return 4 * maxReadBytes
}

// largeError reports that a read was ended because bodies are larger than they were.
type largeError struct{ bodySize int }

func (e *largeError) Error() string { return fmt.Sprintf("bodies have %d bytes", e.bodySize) }

func (r *relay) endRead(epoch int, pages []page, rows []row, err error) {
	r.reading, r.readLast = false, true
	defer clear(r.gone)
	if large := (*largeError)(nil); errors.As(err, &large) {
		r.bodySize = large.bodySize
		return // the next read asks for fewer
	}
	if err != nil {
		r.doubt()
		r.log("outbox can't be read", err)
		r.readLater(pages, maxPoll)
		return
	}
	if epoch != r.readEpoch || r.closing {
		return // its partitions are still dirty
	}
	r.problem = ""
	if slices.ContainsFunc(rows, r.isReplaced) {
		r.doubt()
		r.readLater(pages, minPoll)
		return
	}
	asked := map[int]page{}
	for _, p := range pages {
		asked[p.part.number] = p
	}
	refused := map[*partition]bool{}
	for _, x := range rows {
		p, ok := asked[x.part]
		switch {
		case !ok || r.parts[x.part] != p.part:
		case p.after > 0 && x.orderKey != "" && x.id > p.part.pass.limit && r.t.settings.dialect != SQLite:
			refused[p.part] = true
		default:
			r.accept(p.part, x)
		}
	}
	for _, p := range pages {
		if refused[p.part] {
			p.part.again()
			continue
		}
		p.part.advance(p)
	}
}

// readLater leaves pages to a poll after some time.
func (r *relay) readLater(pages []page, d time.Duration) {
	r.nextPoll = r.now().Add(d)
	for _, p := range pages {
		p.part.dirty = false
	}
}

// isReplaced reports whether another row had the ID of a row: see doubt. What was read can
// be used when that one is no longer known.
func (r *relay) isReplaced(x row) bool {
	if e := r.known[x.id]; e != nil {
		return e.row.message.ID != x.message.ID
	}
	message, isGone := r.gone[x.id]
	return isGone && message != x.message.ID
}

// fill sorts what was read and sets how far the pages got.
func (s settings) fill(pages []page, rows []row) {
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	got := map[int][]row{}
	for _, x := range rows {
		got[x.part] = append(got[x.part], x)
	}
	limit := 0
	for i := range pages {
		p := &pages[i]
		if own := got[p.part.number]; len(own) >= p.limit {
			p.full, p.last = true, own[len(own)-1].id
		}
		limit += p.limit
	}
	if s.dialect == SQLite { // one page for all
		for i := range pages {
			if pages[i].full = len(rows) >= limit; pages[i].full {
				pages[i].last = rows[len(rows)-1].id
			}
		}
	}
}

// advance continues the pass over a partition, or ends it. If the front page is full, a long
// pass begins, which reads the front page again.
func (p *partition) advance(asked page) {
	switch {
	case asked.full && !p.pass.isLong:
		p.pass.isLong = true
		p.again()
	case asked.full && p.pass.pages+1 < maxPages:
		p.pass.after = asked.last
		p.pass.pages++
	case asked.full || p.woken:
		p.dirty, p.pass = true, pass{isLong: asked.full || asked.after > 0}
	default:
		p.dirty, p.pass = false, pass{}
	}
}

// accept enters a row, unless it is known, gone, or held back.
func (r *relay) accept(p *partition, x row) {
	e := &entry{row: x, part: p, key: x.orderKey}
	if e.key == "" {
		e.key = "\x00" + strconv.FormatInt(x.id, 10)
	}
	_, isGone := r.gone[x.id]
	_, isHeld := r.held[e.key]
	if r.known[x.id] != nil || isGone || isHeld {
		return
	}
	c := r.chains[e.key]
	if c != nil && (c.isFull || len(c.waiting) >= r.maxChain()) {
		c.isFull = true
		return
	}
	r.found = true
	r.bodySize += (len(x.message.Body) - r.bodySize) / 16
	r.bytes += len(x.message.Body)
	r.known[x.id] = e
	p.count++
	if c != nil {
		c.waiting = append(c.waiting, e)
		return
	}
	r.chains[e.key] = &chain{first: e}
	r.ready = append(r.ready, e)
}

// read reads pages, without the rows that wait, and without those whose order key is held
// back by an earlier row that waits. For MariaDB, a subquery in each part of a UNION costs
// more than the rest of the read. So the first statement leaves it out and says whether a
// row with an order key waits. If so, the rows are read again, and the next time at once by
// the second statement.
func (r *relay) read(ctx context.Context, q query) ([]row, error) {
	if r.t.settings.dialect != MariaDB {
		return r.readRows(ctx, q, true)
	}
	var keysWait bool
	rows, err := r.readRows(ctx, q, r.keysWait, &keysWait)
	if err == nil && keysWait && !r.keysWait {
		rows, err = r.readRows(ctx, q, true, &keysWait)
	}
	if len(rows) > 0 {
		r.keysWait = keysWait
	}
	return rows, err
}

// readRows reads rows, and more columns that are the same in all. If the bodies have too many
// bytes, the error is a *largeError.
func (r *relay) readRows(ctx context.Context, q query, keysWait bool, more ...any) ([]row, error) {
	text, args := r.t.settings.readText(q, keysWait)
	found, err := r.t.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var rows []row
	size := 0
	for found.Next() {
		var x row
		if err := x.scan(found.Scan, more...); err != nil {
			return nil, err
		}
		rows = append(rows, x)
		if size += len(x.message.Body); q.most > 0 && size > q.most {
			return nil, &largeError{size / len(rows)}
		}
	}
	return rows, found.Err()
}
