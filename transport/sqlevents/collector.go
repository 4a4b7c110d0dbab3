package sqlevents

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// collector has the messages of a transaction until it is committed.
type collector struct {
	tx Execer

	mu     sync.Mutex
	rows   []row
	failed error // of a nested InTx
	ended  bool
}

func (c *collector) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended
}

func (c *collector) add(r row) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return errTxDone
	}
	r.message.Body = slices.Clone(r.message.Body) // it is inserted later
	c.rows = append(c.rows, r)
	return nil
}

// join calls f. If f fails or panics, the whole transaction fails.
func (c *collector) join(ctx context.Context, f func(context.Context) error) (err error) {
	returned := false
	defer func() {
		if !returned {
			err = errors.New("a nested InTx did not return")
		}
		if err != nil {
			c.fail(err)
		}
	}()
	err = f(ctx)
	returned = true
	return err
}

func (c *collector) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = errors.Join(c.failed, err)
}

// take ends the collection and returns what was collected.
func (c *collector) take() ([]row, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return c.rows, annotated(c.failed, "a nested InTx has failed, so the transaction is rolled back")
}

func (c *collector) end() { _, _ = c.take() }
