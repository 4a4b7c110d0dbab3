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
	file := "file:" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=busy_timeout(30000)"
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
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
		for _, db := range []*sql.DB{db, other} {
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.in(tx).ExecContext(t.Context(), text, n); err != nil {
				t.Error(err)
			}
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
		}
	}
	if p.tryToPrepare(t.Context()) == nil {
		t.Error("prepared without a table")
	}
	if _, err := db.Exec("CREATE TABLE entries (n integer)"); err != nil {
		t.Fatal(err)
	}
	enter(1, false)
	p.prepare(t.Context())
	enter(2, true)
	_, inUse := p.use(text)
	p.close()
	enter(3, false)
	inUse()
	enter(4, false)
	var entered int
	if err := db.QueryRow("SELECT count(*) FROM entries").Scan(&entered); err != nil || entered != 12 {
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
