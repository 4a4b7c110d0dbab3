package sqlevents

import "context"

// keepRows moves rows to those that are kept. A row that another instance has moved before
// is not moved again.
func (t *Transport) keepRows(ctx context.Context, ids []int64) error {
	s, args := t.settings, t.settings.idArgs(ids)
	columns := letterColumns + ", attempts"
	tables, condition := s.byID(len(ids))
	if s.dialect == PostgreSQL {
		_, err := t.db.ExecContext(ctx, s.dialect.bound("WITH gone AS (DELETE FROM "+tables+" WHERE "+condition+" RETURNING *) INSERT INTO "+s.table("published")+
			" ("+columns+", published) SELECT "+columns+", "+s.dialect.now()+" FROM gone"), args...)
		return err
	}
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	insert := "INSERT OR IGNORE"
	if s.dialect == MariaDB {
		insert = "INSERT IGNORE"
	}
	text := insert + " INTO " + s.table("published") + " (" + columns + ", published) SELECT " + columns + ", " + s.dialect.now() + " FROM " + tables + " WHERE " + condition
	if _, err := tx.ExecContext(ctx, text, args...); err != nil {
		return err
	}
	if err := s.deleteRows(ctx, tx, ids); err != nil {
		return err
	}
	return tx.Commit()
}
