package sqlevents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// beginPublish publishes what is ready, while few enough are in flight.
func (r *relay) beginPublish(now time.Time) {
	for r.inFlight < maxInFlight && len(r.ready) > 0 && !r.paused {
		e := r.ready[0]
		r.ready[0] = nil
		r.ready = r.ready[1:]
		switch {
		case e.dropped:
		case !e.part.valid(now):
			r.lose(e.part)
		default:
			e.inFlight = true
			r.inFlight++
			r.publish(e)
		}
	}
}

// publish publishes an entry in a goroutine, and records what comes of it.
func (r *relay) publish(e *entry) {
	fence := lease{e.part.number, e.part.token}
	go func() {
		err := r.publishInner(e.row)
		var then func()
		switch {
		case err == nil:
			then = func() { r.confirm(e) }
		case r.ctx.Err() != nil:
			then = func() { r.fail(e) }
		case isFinal(err):
			r.failed.Add(1)
			then = r.bury(e, fence, err)
		case r.isUnreachable(err):
			then = func() { r.fail(e); r.log("outbox waits for the broker", err); r.pause() }
		default:
			r.failed.Add(1)
			then = r.retry(e, fence, err)
		}
		r.events <- func() {
			e.inFlight = false
			r.inFlight--
			then()
		}
	}()
}

// publishInner declares the receivers of a row at the inner transport, and publishes it. A
// panic is an error.
func (r *relay) publishInner(x row) error {
	ctx, cancel := context.WithTimeout(r.ctx, publishTimeout)
	defer cancel()
	return recovered(func() error {
		if err := r.t.declareFor(ctx, x); err != nil {
			return err
		}
		return r.t.inner.Publish(ctx, x.message)
	})
}

// isFinal reports whether a further attempt would fail, too.
func isFinal(err error) bool {
	var message *transport.MessageError
	var unroutable *transport.UnroutableError
	return errors.As(err, &message) || errors.As(err, &unroutable)
}

// isUnreachable reports whether the broker could not be reached, so that the message is not
// the reason.
func (r *relay) isUnreachable(err error) bool {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	c, ok := r.t.inner.(transport.Connector)
	if !ok {
		return false
	}
	ctx, cancel := context.WithTimeout(r.ctx, time.Second)
	defer cancel()
	away := recovered(func() error { return c.AwaitConnection(ctx) })
	return away != nil && !isPanic(away)
}

// confirm lets the next entry of the key follow.
func (r *relay) confirm(e *entry) {
	r.published.Add(1)
	r.bytes -= len(e.row.message.Body)
	e.confirmed, e.row.message = true, transport.Message{ID: e.row.message.ID}
	r.confirmed = append(r.confirmed, e.row.id)
	r.failures = 0
	r.follow(e)
}

// follow makes the next entry of a chain ready, after the first one is confirmed or gone. The
// rows that a full chain has not accepted are read again from the front. A running read may
// have passed some of them, so it is dropped.
func (r *relay) follow(e *entry) {
	c := r.chains[e.key]
	if len(c.waiting) == 0 {
		delete(r.chains, e.key)
		if c.isFull {
			r.readEpoch++
			r.again(e.part.number)
		}
		return
	}
	c.first, c.waiting = c.waiting[0], c.waiting[1:]
	r.ready = append(r.ready, c.first)
}

// fail drops an entry and those that wait for it. Its partition is read again from the
// front, and what the running read brings is dropped.
func (r *relay) fail(e *entry) {
	c := r.chains[e.key]
	delete(r.chains, e.key)
	r.forget(e)
	for _, w := range c.waiting {
		r.drop(w)
	}
	r.readEpoch++
	r.again(e.part.number)
}

// again makes the next read of a partition begin at its front.
func (r *relay) again(number int) {
	if p := r.parts[number]; p != nil {
		p.again()
	}
}

// drop forgets an entry that is not in flight.
func (r *relay) drop(e *entry) {
	e.dropped = true
	r.forget(e)
}

func (r *relay) forget(e *entry) {
	delete(r.known, e.row.id)
	delete(r.doubtful, e.row.id)
	r.bytes -= len(e.row.message.Body)
	e.part.count--
}

// dropWhere drops the entries that are not in flight and that match.
func (r *relay) dropWhere(match func(*entry) bool) {
	for key, c := range r.chains {
		if !match(c.first) {
			continue
		}
		for _, w := range c.waiting {
			r.drop(w)
		}
		if c.waiting = nil; !c.first.inFlight {
			r.drop(c.first)
			delete(r.chains, key)
		}
		r.again(c.first.part.number)
	}
	r.readEpoch++
	r.ready = slices.DeleteFunc(r.ready, func(e *entry) bool { return e.dropped })
}

func (r *relay) dropAll() { r.dropWhere(func(*entry) bool { return true }) }

// hold keeps the key of an entry from being published.
func (r *relay) hold(e *entry, d time.Duration) {
	r.fail(e)
	r.holdBack(e, d)
}

func (r *relay) holdBack(e *entry, d time.Duration) {
	until := r.now().Add(d)
	r.held[e.key] = hold{e.part.number, until}
	if r.nextExpiry.IsZero() || until.Before(r.nextExpiry) {
		r.nextExpiry = until
	}
}

// retry records a failed attempt. After the last one, the message becomes a dead letter.
func (r *relay) retry(e *entry, fence lease, err error) func() {
	attempt := e.row.attempts + 1
	if attempt >= r.t.settings.maxAttempts {
		return r.bury(e, fence, fmt.Errorf("given up after %d attempts: %w", attempt, err))
	}
	wait := transport.Backoff(attempt)
	if panicked := recovered(func() error { wait = max(r.t.settings.retry(attempt), 0); return nil }); panicked != nil {
		err = fmt.Errorf("%w (and the function of sqlevents.Retry: %w)", err, panicked)
	}
	ctx, cancel := context.WithTimeout(r.ctx, statement)
	defer cancel()
	written, writing := r.t.settings.writeAttempt(ctx, r.t.db, e.row, fence, r.member, wait, err)
	switch {
	case writing != nil:
		return func() { r.doubt(); r.hold(e, max(wait, time.Second)); r.log("outbox can't be written", writing) }
	case !written: // the lease is over, or the row is gone: a read will show which
		return func() { r.hold(e, minPoll) }
	}
	return func() {
		r.fail(e)
		r.dueIn(wait)
		r.logEvent(slog.LevelWarn, "event in the outbox will be published again", e, attempt, err, slog.Duration("after", wait))
	}
}

// bury makes a dead letter of a row.
func (r *relay) bury(e *entry, fence lease, reason error) func() {
	ctx, cancel := context.WithTimeout(r.ctx, statement)
	defer cancel()
	buried, err := r.t.settings.writeDead(ctx, r.t.db, e.row, fence, r.member, reason)
	switch {
	case err != nil:
		return func() { r.doubt(); r.hold(e, time.Second); r.log("outbox can't be written", err) }
	case !buried: // the lease is over, or the row is gone: a read will show which
		return func() { r.hold(e, minPoll) }
	}
	r.buried.Add(1)
	return func() {
		r.logEvent(slog.LevelError, "event in the outbox becomes a dead letter", e, e.row.attempts+1, reason)
		if r.reading {
			r.gone[e.row.id] = e.row.message.ID
		}
		r.forget(e)
		r.follow(e)
	}
}

// pause stops publishing until the broker can be reached.
func (r *relay) pause() {
	if r.paused || r.closing {
		return
	}
	r.failures++
	r.dropAll()
	r.awaitBroker(min(minPoll<<min(r.failures, 6), 5*time.Second))
}

// awaitBroker publishes nothing for some time, and then until the broker can be reached.
func (r *relay) awaitBroker(wait time.Duration) {
	r.paused = true
	go func() {
		select {
		case <-r.stopping.Done():
		case <-time.After(wait):
		}
		if c, ok := r.t.inner.(transport.Connector); ok {
			_ = recovered(func() error { return c.AwaitConnection(r.stopping) })
		}
		r.events <- func() { r.paused = false; r.nextPoll = r.now() }
	}()
}

// beginDelete deletes what is confirmed.
func (r *relay) beginDelete() {
	if r.deleting || len(r.confirmed) == 0 {
		return
	}
	r.deleting = true
	n := min(len(r.confirmed), maxDelete)
	ids := slices.Clone(r.confirmed[:n])
	r.confirmed = append(r.confirmed[:0], r.confirmed[n:]...)
	slices.Sort(ids) // so that two instances do not deadlock
	published := r.messageIDs(ids)
	r.background(func(ctx context.Context) func() {
		err := r.t.deleteConfirmed(ctx, ids, published)
		if err != nil { // this is also how long the next attempt waits
			select {
			case <-time.After(time.Second):
			case <-r.ctx.Done():
			}
		}
		return func() { r.endDelete(ids, err) }
	})
}

func (r *relay) endDelete(ids []int64, err error) {
	r.deleting = false
	if err != nil {
		r.doubt()
		r.log("outbox can't be written", err)
		if r.ctx.Err() == nil {
			r.confirmed = append(r.confirmed, ids...)
		} else {
			r.confirmed = nil // they will be published again
		}
		return
	}
	for _, id := range ids {
		e := r.known[id]
		if e == nil {
			continue
		}
		if r.reading {
			r.gone[id] = e.row.message.ID
		}
		r.forget(e)
	}
}

// doubt says that the database has failed. It may have lost its last commits, for example
// because a replica has taken over. Then it assigns their IDs again, so rows that are known
// are compared before they are deleted.
func (r *relay) doubt() {
	for id := range r.known {
		r.doubtful[id] = struct{}{}
	}
}

// messageIDs returns the messages of rows by their IDs if one of them is in doubt, or nil.
func (r *relay) messageIDs(ids []int64) map[int64]string {
	if !slices.ContainsFunc(ids, func(id int64) bool { _, ok := r.doubtful[id]; return ok }) {
		return nil
	}
	messages := map[int64]string{}
	for _, id := range ids {
		if e := r.known[id]; e != nil {
			messages[id] = e.row.message.ID
		}
	}
	return messages
}

// deleteConfirmed deletes rows, or moves them to those that are kept. If published is not
// nil, it leaves rows with other messages.
func (t *Transport) deleteConfirmed(ctx context.Context, ids []int64, published map[int64]string) error {
	if published != nil {
		var err error
		if ids, err = t.settings.stillOf(ctx, t.db, ids, published); err != nil || len(ids) == 0 {
			return err
		}
	}
	if t.settings.keep > 0 {
		return t.keepRows(ctx, ids)
	}
	return t.settings.deleteRows(ctx, t.db, ids)
}

// stillOf returns the rows that have the messages of published.
func (s settings) stillOf(ctx context.Context, db *sql.DB, ids []int64, published map[int64]string) (same []int64, err error) {
	tables, condition := s.byID(len(ids))
	found, err := db.QueryContext(ctx, s.dialect.bound("SELECT o.id, o.message_id FROM "+tables+" WHERE "+condition), s.idArgs(ids)...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var id int64
		var message string
		if err := found.Scan(&id, &message); err != nil {
			return nil, err
		}
		if published[id] == message {
			same = append(same, id)
		}
	}
	return same, found.Err()
}

// log logs a problem, once until it is over.
func (r *relay) log(message string, err error) {
	text := message + err.Error()
	if r.problem == text || r.stopping.Err() != nil {
		return
	}
	r.problem = text
	r.t.settings.log().Warn(message, slog.String("reason", err.Error()))
}

func (r *relay) logEvent(level slog.Level, message string, e *entry, attempt int, reason error, more ...slog.Attr) {
	m := e.row.message
	attributes := append([]slog.Attr{slog.String("event", m.Event), slog.String("id", m.ID), slog.Int("attempt", attempt)}, more...)
	attributes = append(attributes, slog.String("reason", shortened(reason.Error())))
	if p := (*panicError)(nil); errors.As(reason, &p) {
		attributes = append(attributes, slog.String("stack", string(p.stack)))
	}
	r.t.settings.log().LogAttrs(r.ctx, level, message, attributes...)
}

// shortened returns a text that fits into a column and a log, as valid UTF-8.
func shortened(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
	if len(text) > 2000 {
		text = strings.ToValidUTF8(text[:2000], "") + " …"
	}
	return text
}
