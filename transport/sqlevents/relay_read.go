package sqlevents

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
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
	after int64 // the last ID before the page, and after the read the last one on it
	limit int
	full  bool // after the read: there may be more
}

func (r *relay) beginRead(now time.Time) {
	if r.reading || r.paused || r.queued > maxInFlight || len(r.known) > maxKnown {
		return
	}
	pages := r.pages(now)
	if len(pages) == 0 {
		return
	}
	r.reading = true
	epoch, excluded := r.readEpoch, r.excluded()
	r.background(func(ctx context.Context) func() {
		rows, err := r.read(ctx, pages, excluded)
		r.t.settings.fill(pages, rows)
		return func() { r.endRead(epoch, pages, rows, err) }
	})
}

// pages returns what to read of the partitions that may have rows.
func (r *relay) pages(now time.Time) []page {
	var list []page
	for _, p := range r.parts {
		if p.dirty && !p.leaving && p.valid(now) {
			list = append(list, page{part: p, after: p.after})
			p.woken = false
		}
	}
	for i, asked := range list {
		list[i].limit = max(r.budget()/len(list), 4)
		if asked.after == 0 {
			list[i].limit += asked.part.count // these are at the front
		}
	}
	return list
}

// budget returns how many rows a read may bring. It bounds the memory for their bodies.
func (r *relay) budget() int { return max(min(maxReadBytes/(r.bodySize+1), maxRead), 16) }

// maxExcluded is how many order keys a read excludes. Further ones are read and dropped.
const maxExcluded = 64

// excluded returns order keys that are held back.
func (r *relay) excluded() []any {
	var keys []any
	for key := range r.held {
		if !strings.HasPrefix(key, "\x00") && len(keys) < maxExcluded {
			keys = append(keys, key)
		}
	}
	return keys
}

func (r *relay) endRead(epoch int, pages []page, rows []row, err error) {
	r.reading = false
	defer clear(r.gone)
	if err != nil {
		r.log("outbox can't be read", err)
		r.nextPoll = r.now().Add(maxPoll)
		for _, asked := range pages {
			asked.part.dirty = false
		}
		return
	}
	if epoch != r.readEpoch || r.closing {
		return // its partitions are still dirty
	}
	r.problem = ""
	got := map[int]*partition{}
	for _, asked := range pages {
		got[asked.part.number] = asked.part
	}
	for _, x := range rows {
		if p := got[x.part]; r.parts[x.part] == p {
			r.accept(p, x)
		}
	}
	for _, asked := range pages {
		asked.part.advance(asked)
	}
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
			p.full, p.after = true, own[len(own)-1].id
		}
		limit += p.limit
	}
	if s.dialect == SQLite { // one page for all
		for i := range pages {
			if pages[i].full = len(rows) >= limit; pages[i].full {
				pages[i].after = rows[len(rows)-1].id
			}
		}
	}
}

// advance continues the pass over a partition, or ends it.
func (p *partition) advance(asked page) {
	p.pages++
	switch {
	case asked.full && p.pages < maxPages:
		p.after = asked.after
	case asked.full || p.woken:
		p.again()
	default:
		p.dirty, p.after, p.pages = false, 0, 0
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
	switch {
	case r.known[x.id] != nil || isGone || isHeld:
		return
	case x.wait > 0: // another instance has failed to publish it, or this one before
		r.holdBack(e, time.Duration(x.wait)*time.Microsecond)
		return
	}
	r.found = true
	r.bodySize += (len(x.message.Body) - r.bodySize) / 16
	r.known[x.id] = e
	p.count++
	r.queued++
	if c := r.chains[e.key]; c != nil {
		c.waiting = append(c.waiting, e)
		return
	}
	r.chains[e.key] = &chain{first: e}
	r.ready = append(r.ready, e)
}

// read reads pages, without the rows that wait for their next attempt and have no order
// key, and without the order keys that are excluded. Rows with an order key are read even
// if they wait, because they hold back later ones.
func (r *relay) read(ctx context.Context, pages []page, excluded []any) ([]row, error) {
	text, args := r.t.settings.readText(pages, excluded)
	found, err := r.t.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var rows []row
	for found.Next() {
		var x row
		if err := x.scan(found.Scan, &x.wait); err != nil {
			return nil, err
		}
		rows = append(rows, x)
	}
	return rows, found.Err()
}

func (s settings) readText(pages []page, excluded []any) (string, []any) {
	columns := selected + ", next_attempt - " + s.dialect.now()
	filter := " AND (next_attempt = 0 OR order_key <> '' OR next_attempt <= " + s.dialect.now() + ")"
	if len(excluded) > 0 {
		filter += " AND order_key NOT IN " + marks(len(excluded))
	}
	if s.dialect == SQLite {
		return s.scanText(pages, columns, filter, excluded)
	}
	var parts []string
	var args []any
	if s.dialect == PostgreSQL { // one plan for all partitions
		for _, p := range pages {
			parts = append(parts, "(?::smallint, ?::bigint, ?::bigint)")
			args = append(args, p.part.number, p.after, p.limit)
		}
		return s.dialect.bound("SELECT o.* FROM (VALUES " + strings.Join(parts, ", ") + ") AS p (number, after, most) CROSS JOIN LATERAL (SELECT " + columns +
			" FROM " + s.table("outbox") + " WHERE part = p.number AND id > p.after" + filter + " ORDER BY id LIMIT p.most) AS o"), append(args, excluded...)
	}
	// Only IDs are in the UNION: MariaDB writes it to a table, on the disk if it has bodies.
	for _, p := range pages {
		parts = append(parts, "(SELECT id FROM "+s.table("outbox")+" WHERE part = ? AND id > ?"+filter+" ORDER BY id LIMIT ?)")
		args = append(args, p.part.number, p.after)
		args = append(append(args, excluded...), p.limit)
	}
	return "SELECT " + columns + " FROM (" + strings.Join(parts, " UNION ALL ") + ") AS p JOIN " + s.table("outbox") + " USING (id)", args
}

// scanText reads all partitions in one scan by ID. SQLite has no LATERAL, and takes long to
// prepare a UNION of many parts. The + keeps it from sorting all rows of the partitions.
func (s settings) scanText(pages []page, columns, filter string, excluded []any) (string, []any) {
	first, limit := pages[0].after, 0
	var parts []any
	for _, p := range pages {
		first = min(first, p.after)
		limit += p.limit
		parts = append(parts, p.part.number)
	}
	text := "SELECT " + columns + " FROM " + s.table("outbox") + " WHERE id > ? AND +part IN " + marks(len(parts)) + filter + " ORDER BY id LIMIT ?"
	return text, append(append(append([]any{first}, parts...), excluded...), limit)
}
