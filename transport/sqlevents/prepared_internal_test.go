package sqlevents

import (
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	_ "modernc.org/sqlite"
)

// Statements run before they are prepared, when they are, if they can't be, and after close.
func TestStatementsRunPreparedOrNot(t *testing.T) {
	const text = "INSERT INTO entries VALUES (?)"
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_pragma=busy_timeout(30000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := &prepared{db: db, texts: []string{text}}
	enter := func(n int, wantPrepared bool) {
		t.Helper()
		s, done := p.use(text)
		if done(); (s != nil) != wantPrepared {
			t.Errorf("prepared: %v", s != nil)
		}
		if _, err := p.ExecContext(t.Context(), text, n); err != nil {
			t.Error(err)
		}
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (preparedTx{tx, p}).ExecContext(t.Context(), text, n); err != nil {
			t.Error(err)
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	}
	p.prepare(t.Context()) // there is no table
	if _, err := db.Exec("CREATE TABLE entries (n integer)"); err != nil {
		t.Fatal(err)
	}
	enter(1, false)
	p.prepare(t.Context()) // it is too soon
	enter(2, false)
	p.next = p.next.Add(-pauseOfPreparing)
	p.prepare(t.Context())
	enter(3, true)
	_, inUse := p.use(text)
	p.close()
	enter(4, false)
	inUse()
	p.prepare(t.Context())
	enter(5, false)
	var entered int
	if err := db.QueryRow("SELECT count(*) FROM entries").Scan(&entered); err != nil || entered != 10 {
		t.Errorf("%d rows, error %v", entered, err)
	}
}

// A statement that runs while the outbox is closed does not fail.
func TestStatementsRunWhileTheyAreClosed(t *testing.T) {
	const text = "SELECT 1"
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 50 {
		p := &prepared{db: db, texts: []string{text}}
		p.prepare(t.Context())
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 5 {
					if _, err := p.ExecContext(t.Context(), text); err != nil {
						t.Error(err)
					}
				}
			})
		}
		p.close()
		all.Wait()
	}
}
