package sqlevents

import (
	"context"
	"strconv"
	"strings"
)

// byID returns the tables and the condition of a statement that finds rows of the outbox, o,
// by their IDs. Its arguments are those of idArgs.
//
// For IN with a list, MariaDB may read the whole table, and it locks all that it reads. It
// would wait for other transactions that have inserted a row, and they for it. So each row
// is looked up by its ID.
func (s settings) byID(ids int) (tables, condition string) {
	outbox := s.table("outbox") + " AS o"
	if s.dialect == MariaDB {
		return "JSON_TABLE(?, '$[*]' COLUMNS (wanted bigint PATH '$')) AS ids STRAIGHT_JOIN " + outbox + " FORCE INDEX (PRIMARY)", "o.id = ids.wanted"
	}
	return outbox, "o.id IN " + marks(padded(ids))
}

// idArgs returns the arguments of byID.
func (s settings) idArgs(ids []int64) []any {
	if s.dialect == MariaDB {
		text := []byte("[")
		for _, id := range ids {
			text = append(strconv.AppendInt(text, id, 10), ',')
		}
		return []any{strings.TrimSuffix(string(text), ",") + "]"}
	}
	args := make([]any, padded(len(ids)))
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)] // the last one is repeated
	}
	return args
}

// padded returns the next power of two, so that there are few different statements.
func padded(n int) int {
	size := 1
	for size < n {
		size *= 2
	}
	return size
}

// deleteRows deletes rows.
func (s settings) deleteRows(ctx context.Context, x Execer, ids []int64) error {
	tables, condition := s.byID(len(ids))
	text := "DELETE FROM "
	if s.dialect == MariaDB {
		text = "DELETE o FROM "
	}
	_, err := x.ExecContext(ctx, s.dialect.bound(text+tables+" WHERE "+condition), s.idArgs(ids)...)
	return err
}
