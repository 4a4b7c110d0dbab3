package sqlevents

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// cleaner deletes rows that are too old, in batches, from its start until it is closed.
// Several instances may do so at the same time.
type cleaner struct {
	t *Transport

	mu     sync.Mutex
	tables []aging            // to be cleaned; nil before start
	cancel context.CancelFunc // nil before start
	closed bool
	ended  chan struct{}
}

// aging is a table whose rows are deleted after some time.
type aging struct {
	table, column string // the column has the time from which the age counts
	keep          time.Duration
}

// cleanInterval is the mean time between two looks.
const cleanInterval = time.Minute

// cleanBatch is how many rows a statement deletes.
const cleanBatch = 1000

// start cleans a table from now on. It does nothing after the first call for a table, or
// after close.
func (c *cleaner) start(a aging) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || slices.Contains(c.tables, a) {
		return
	}
	c.tables = append(c.tables, a)
	if c.cancel != nil {
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
	c.mu.Lock()
	tables := slices.Clone(c.tables)
	c.mu.Unlock()
	var problems []error
	for _, a := range tables {
		problems = append(problems, c.cleanTable(ctx, a))
	}
	return errors.Join(problems...)
}

func (c *cleaner) cleanTable(ctx context.Context, a aging) error {
	for {
		n, err := c.t.settings.deleteOld(ctx, c.t.db, a)
		if err != nil || n < cleanBatch {
			return err
		}
	}
}

// deleteOld deletes rows that are too old, at most cleanBatch of them. It returns how many.
func (s settings) deleteOld(ctx context.Context, x Execer, a aging) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, statement)
	defer cancel()
	name, old := s.table(a.table), a.column+" < "+s.dialect.statementTime()+" - ? ORDER BY "+a.column+" LIMIT ?"
	text := "DELETE FROM " + name + " WHERE id IN (SELECT id FROM " + name + " WHERE " + old
	switch s.dialect {
	case PostgreSQL:
		text += " FOR UPDATE SKIP LOCKED)" // instances do not wait for each other
	case SQLite:
		text += ")"
	case MariaDB:
		text = "DELETE FROM " + name + " WHERE " + old
	}
	done, err := x.ExecContext(ctx, s.dialect.bound(text), a.keep.Microseconds(), cleanBatch)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
