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
	if p.tryToPrepare(t.Context()) {
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

// An error of a statement is returned, and the transaction can go on. It keeps one statement
// for all its calls.
func TestTransactionGoesOnAfterAnError(t *testing.T) {
	const text = "INSERT INTO entries VALUES (?)"
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE entries (n integer PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	p := &prepared{db: db, texts: []string{text}}
	p.prepare(t.Context())
	defer p.close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	x := p.in(tx).(*preparedTx)
	var kept []*sql.Stmt
	for i, n := range []int{1, 2, 2, 3, 4} {
		_, err := x.ExecContext(t.Context(), text, n)
		if isDuplicate := i == 2; (err != nil) != isDuplicate {
			t.Errorf("inserting %d: %v", n, err)
		}
		kept = append(kept, x.own[text])
	}
	if kept[0] == nil || kept[0] != kept[1] || kept[2] != nil || kept[3] == nil || kept[3] != kept[4] {
		t.Errorf("the transaction keeps %v", kept)
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
