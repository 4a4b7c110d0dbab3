package sqlevents

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// texts are statements that are made once: to make one takes longer than the rest of
// Publish.
type texts struct {
	insert       string                    // one row
	insertRows   [len(preparedRows)]string // on SQLite: as many rows as preparedRows says
	insertLocked string                    // one row, after its lock; the last parameter is the lock
	record       string                    // an ID in the inbox
	beginWriting string                    // on SQLite: the transaction is one that writes
}

func (s settings) makeTexts() texts {
	t := texts{record: s.recordText()}
	t.insert, _ = s.insertText([]row{{}}, nil)
	if s.dialect == SQLite {
		for i, size := range preparedRows {
			t.insertRows[i], _ = s.insertText(make([]row, size), nil)
		}
		t.beginWriting = "UPDATE " + s.table("schema") + " SET version = version WHERE 0 = 1"
	} else {
		t.insertLocked, _ = s.insertText([]row{{}}, []any{0})
	}
	return t
}

// prepared returns the statements that the drivers of a database prepare at each call.
func (t texts) prepared(d Dialect) []string {
	switch d {
	case MariaDB:
		return []string{t.insert, t.insertLocked, t.record}
	case SQLite:
		return append(t.insertRows[:], t.record, t.beginWriting)
	}
	return nil
}

// prepared has the statements of Publish and of the inbox, prepared once for each
// connection. Without it, the drivers of MariaDB and SQLite prepare a statement at each
// call, which takes half of its time or more. PostgreSQL's driver does that by itself, in a
// way that the application can set.
type prepared struct {
	db    *sql.DB
	texts []string

	mu         sync.Mutex
	statements map[string]*sql.Stmt // by text
	running    int                  // calls that use statements
	closed     bool
}

// pauseOfPreparing is how long statements are not prepared after that has failed.
const pauseOfPreparing = time.Minute

// prepare prepares the statements, which needs a connection for a moment. It tries again
// what has failed, until ctx ends. Statements run before they are prepared, too.
func (p *prepared) prepare(ctx context.Context) {
	for !p.tryToPrepare(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pauseOfPreparing):
		}
	}
}

// tryToPrepare reports whether all statements are prepared.
func (p *prepared) tryToPrepare(ctx context.Context) bool {
	all := true
	for _, text := range p.texts {
		if p.has(text) {
			continue
		}
		s, err := p.db.PrepareContext(ctx, text)
		if err != nil {
			all = false
			continue
		}
		p.keep(text, s)
	}
	return all
}

func (p *prepared) keep(text string, s *sql.Stmt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = s.Close()
		return
	}
	if p.statements == nil {
		p.statements = map[string]*sql.Stmt{}
	}
	p.statements[text] = s
}

func (p *prepared) has(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statements[text] != nil
}

// use returns the prepared statement of a text, or nil if there is none. Call done when it
// has run.
func (p *prepared) use(text string) (s *sql.Stmt, done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s = p.statements[text]; s == nil || p.closed {
		return nil, func() {}
	}
	p.running++
	return s, p.done
}

func (p *prepared) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running--; p.closed && p.running == 0 {
		p.closeAll()
	}
}

// close closes the statements when no call uses them. To close one takes as long as other
// queries use its connections, so close waits for that no longer than a second.
func (p *prepared) close() {
	p.mu.Lock()
	if p.closed = true; p.running > 0 {
		p.mu.Unlock()
		return
	}
	closed := p.closeAll()
	p.mu.Unlock()
	select {
	case <-closed:
	case <-time.After(time.Second):
	}
}

// closeAll begins to close the statements. The caller must hold the lock.
func (p *prepared) closeAll() <-chan struct{} {
	closed := make(chan struct{})
	statements := p.statements
	p.statements = nil
	go func() {
		defer close(closed)
		for _, s := range statements {
			_ = s.Close()
		}
	}()
	return closed
}

// ExecContext implements [Execer] on any connection.
func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s, done := p.use(text)
	defer done()
	if s == nil {
		return p.db.ExecContext(ctx, text, args...)
	}
	return s.ExecContext(ctx, args...)
}

// in returns x with the prepared statements, if there are some and x is a *sql.Tx.
func (p *prepared) in(x Execer) Execer {
	if tx, ok := x.(*sql.Tx); ok && p != nil && len(p.texts) > 0 {
		return &preparedTx{Tx: tx, prepared: p}
	}
	return x
}

// preparedTx is a transaction with the prepared statements, if it is of the same *sql.DB.
type preparedTx struct {
	*sql.Tx
	prepared *prepared

	mu  sync.Mutex           // held by a call: one statement runs at a time
	own map[string]*sql.Stmt // by text; the transaction keeps each until it ends
}

// ExecContext implements [Execer].
func (x *preparedTx) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s, done := x.prepared.use(text)
	defer done()
	if s == nil {
		return x.Tx.ExecContext(ctx, text, args...)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.own[text] == nil {
		if x.own == nil {
			x.own = map[string]*sql.Stmt{}
		}
		x.own[text] = x.StmtContext(ctx, s)
	}
	result, err := x.own[text].ExecContext(ctx, args...)
	if err == nil {
		return result, nil
	}
	delete(x.own, text)
	if x.StmtContext(ctx, s).Close() != nil {
		// A statement can't even be made: the transaction has ended, or is of another *sql.DB.
		// So nothing was executed.
		return x.Tx.ExecContext(ctx, text, args...)
	}
	return nil, err
}

// asSQLTx returns the *sql.Tx of a transaction, if it has one.
func asSQLTx(x any) (*sql.Tx, bool) {
	if own, ok := x.(*preparedTx); ok {
		return own.Tx, true
	}
	tx, ok := x.(*sql.Tx)
	return tx, ok
}
