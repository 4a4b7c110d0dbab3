package transport

import (
	"container/list"
	"context"
	"net/url"
	"sync"
)

// Handled remembers what was handled, by ID. Keep the IDs in the database that the
// handling itself changes, and do both in one transaction. Then a redelivered
// message changes nothing:
//
//	func (h *handled) Once(ctx context.Context, id string, handle func(context.Context) error) error {
//		tx, err := h.db.BeginTx(ctx, nil)
//		if err != nil {
//			return err
//		}
//		defer tx.Rollback()
//		added, err := tx.ExecContext(ctx, `INSERT INTO handled (id) VALUES ($1) ON CONFLICT DO NOTHING`, id)
//		if err != nil {
//			return err
//		}
//		if n, err := added.RowsAffected(); n == 0 || err != nil {
//			return err
//		}
//		if err := handle(context.WithValue(ctx, txKey{}, tx)); err != nil {
//			return err
//		}
//		return tx.Commit()
//	}
type Handled interface {
	// Once calls handle and returns its error. If handle has already returned
	// nil for that ID, Once returns nil without calling it. Once may be called
	// concurrently, even for the same ID.
	Once(ctx context.Context, id string, handle func(context.Context) error) error
}

// HandleOnce calls handle, unless h remembers that the listener of this name has
// already handled the message. The name distinguishes listeners of the same message.
// The ID passed to h consists of the name, the message's ID and its source. HandleOnce
// returns the error of h.
//
// The message is that of [DeliveryOf]. If ctx has none, as in a test or in a [Handler]
// of your own, HandleOnce always calls handle.
//
//	func (m *Mailer) OnPlaced(ctx context.Context, e *Placed) error {
//		return transport.HandleOnce(ctx, m.handled, "orders.Mailer", func(ctx context.Context) error {
//			return m.send(ctx, e)
//		})
//	}
func HandleOnce(ctx context.Context, h Handled, name string, handle func(context.Context) error) error {
	d, ok := DeliveryOf(ctx)
	if !ok {
		return handle(ctx)
	}
	return h.Once(ctx, url.PathEscape(name)+"/"+url.PathEscape(d.ID)+"/"+d.Source, handle)
}

// Recent is a [Handled] that remembers the latest IDs in memory. It recognizes
// redeliveries while the process runs, but not after a restart. It may be used
// concurrently. The zero Recent remembers one ID.
type Recent struct {
	// Limit is how many IDs are remembered. IDs that are being handled count, but are never
	// forgotten. A limit below 1 means 1.
	Limit int

	mu    sync.Mutex
	known map[string]*list.Element // of handling
	order list.List                // the oldest first
}

// handling is an ID that was handled or is being handled.
type handling struct {
	id    string
	ended chan struct{} // closed when the handling has ended
}

// Once calls handle and returns its error. If the ID is remembered, Once returns nil at
// once. If another call is handling the ID, Once waits until that call has returned or
// ctx ends.
func (r *Recent) Once(ctx context.Context, id string, handle func(context.Context) error) error {
	for {
		mine, other := r.begin(id)
		if mine != nil {
			return r.run(ctx, mine, handle)
		}
		select {
		case <-other.ended:
			if r.remembers(other) {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begin enters an ID. If the ID is already known, begin returns its handling instead.
func (r *Recent) begin(id string) (mine *list.Element, other *handling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.known[id]; ok {
		return nil, known.Value.(*handling)
	}
	if r.known == nil {
		r.known = map[string]*list.Element{}
	}
	mine = r.order.PushBack(&handling{id: id, ended: make(chan struct{})})
	r.known[id] = mine
	r.shrink()
	return mine, nil
}

// shrink forgets the oldest IDs beyond the limit, but none that is being handled. The
// caller must hold the lock.
func (r *Recent) shrink() {
	for e := r.order.Front(); e != nil && r.order.Len() > max(r.Limit, 1); {
		oldest := e
		e = e.Next()
		select {
		case <-oldest.Value.(*handling).ended:
			r.forget(oldest)
		default:
		}
	}
}

// run calls handle. It forgets the ID again if handle fails or panics.
func (r *Recent) run(ctx context.Context, mine *list.Element, handle func(context.Context) error) (err error) {
	done := false
	defer func() {
		if !done || err != nil {
			r.mu.Lock()
			r.forget(mine)
			r.mu.Unlock()
		}
		close(mine.Value.(*handling).ended)
	}()
	err = handle(ctx)
	done = true
	return err
}

// forget removes an ID, if e is still its element. The caller must hold the lock.
func (r *Recent) forget(e *list.Element) {
	h := e.Value.(*handling)
	if r.known[h.id] == e {
		delete(r.known, h.id)
		r.order.Remove(e)
	}
}

// remembers reports whether a handling that has ended returned no error.
func (r *Recent) remembers(h *handling) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.known[h.id]
	return ok && e.Value == h
}
