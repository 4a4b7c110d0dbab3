package sqlevents

import (
	"context"
	"database/sql"
	"time"
)

// fenced is the condition that a lease still holds. Its arguments are those of fence.
func (s settings) fenced() string {
	return " AND EXISTS (SELECT 1 FROM " + s.table("leases") + " WHERE part = ? AND owner = ? AND token = ?)"
}

func (l lease) fence(owner string) []any { return []any{l.part, owner, l.token} }

// writeAttempt records a failed attempt, if the lease still holds. It reports whether it
// did.
func (s settings) writeAttempt(ctx context.Context, x Execer, failed row, l lease, owner string, wait time.Duration, reason error) (bool, error) {
	text := "UPDATE " + s.table("outbox") + " SET attempts = attempts + 1, next_attempt = " + s.dialect.now() + " + ?, last_error = ? WHERE id = ? AND message_id = ?" + s.fenced()
	done, err := x.ExecContext(ctx, s.dialect.bound(text), append([]any{wait.Microseconds(), shortened(reason.Error()), failed.id, failed.message.ID}, l.fence(owner)...)...)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// letterColumns are the columns that a dead letter takes from its row.
const letterColumns = "id, part, message_id, event, receiver_key, order_key, content_type, source, headers, body, created"

// writeDead moves a row to the dead letters, if the lease still holds. It reports whether
// it did.
func (s settings) writeDead(ctx context.Context, db *sql.DB, given row, l lease, owner string, reason error) (bool, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	text := "INSERT INTO " + s.table("dead") + " (" + letterColumns + ", attempts, died, reason) SELECT " + letterColumns + ", attempts + 1, " + s.dialect.now() + ", " +
		s.textMark() + " FROM " + s.table("outbox") + " WHERE id = ? AND message_id = ?" + s.fenced()
	done, err := tx.ExecContext(ctx, s.dialect.bound(text), append([]any{shortened(reason.Error()), given.id, given.message.ID}, l.fence(owner)...)...)
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); n == 0 || err != nil {
		return false, err
	}
	if err := s.deleteRows(ctx, tx, []int64{given.id}); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// textMark is a parameter that must be marked as text, because nothing else says its type.
func (s settings) textMark() string {
	if s.dialect == PostgreSQL {
		return "?::text"
	}
	return "?"
}
