package sqlevents

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// cleaner deletes rows that are too old, in batches, from its start until it is closed.
// Several instances may do so at the same time.
type cleaner struct {
	t *Transport

	mu     sync.Mutex
	cancel context.CancelFunc // nil before start
	closed bool
	ended  chan struct{}
}

// cleanInterval is the mean time between two looks.
const cleanInterval = time.Minute

// cleanBatch is how many rows a statement deletes.
const cleanBatch = 1000

// start does nothing after the first call or after close.
func (c *cleaner) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil || c.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel, c.ended = cancel, make(chan struct{})
	go c.run(ctx)
}

func (c *cleaner) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed = true; c.cancel != nil {
		c.cancel()
		<-c.ended
	}
}

func (c *cleaner) run(ctx context.Context) {
	defer close(c.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(cleanInterval/2 + rand.N(cleanInterval)):
		}
		if err := c.clean(ctx); err != nil && ctx.Err() == nil && !isTransient(err) {
			c.t.settings.log().Warn("old rows of the outbox can't be deleted", slog.String("reason", err.Error()))
		}
	}
}

// clean deletes what is too old.
func (c *cleaner) clean(ctx context.Context) error {
	s := c.t.settings
	for {
		n, err := s.deleteOld(ctx, c.t.db, "handled", s.keepHandled)
		if err != nil || n < cleanBatch {
			return err
		}
	}
}

// deleteOld deletes rows that are older than keep, at most cleanBatch of them. It returns
// how many.
func (s settings) deleteOld(ctx context.Context, x Execer, table string, keep time.Duration) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, statement)
	defer cancel()
	name, old := s.table(table), "at < "+s.dialect.now()+" - ? ORDER BY at LIMIT ?"
	text := "DELETE FROM " + name + " WHERE id IN (SELECT id FROM " + name + " WHERE " + old
	switch s.dialect {
	case PostgreSQL:
		text += " FOR UPDATE SKIP LOCKED)" // instances do not wait for each other
	case SQLite:
		text += ")"
	case MariaDB:
		text = "DELETE FROM " + name + " WHERE " + old
	}
	done, err := x.ExecContext(ctx, s.dialect.bound(text), keep.Microseconds(), cleanBatch)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
