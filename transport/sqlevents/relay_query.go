package sqlevents

import "strings"

// free is the condition that a row of the outbox, o, may be published, if rows with order
// keys may wait. It is written so that databases use the index of the rows that wait.
func (s settings) free(keysWait bool) string {
	if !keysWait {
		return "o.next_attempt = 0"
	}
	earlier := "w.next_attempt > 0 AND w.order_key <> ''"
	if s.dialect == MariaDB {
		earlier = "w.waiting_key = crc32(o.order_key)"
	}
	return "o.next_attempt = 0 AND (o.order_key = '' OR NOT EXISTS (SELECT 1 FROM " + s.table("outbox") + " AS w WHERE " + earlier +
		" AND w.order_key = o.order_key AND w.id < o.id))"
}

// notFull is the condition that a row of the outbox, o, is not of an order key whose chain is
// full. Its arguments are the keys.
func (s settings) notFull(keys []any) string {
	if len(keys) == 0 {
		return ""
	}
	return " AND o.order_key NOT IN (" + s.textMark() + strings.Repeat(", "+s.textMark(), len(keys)-1) + ")"
}

func (s settings) readText(q query, keysWait bool) (string, []any) {
	switch s.dialect {
	case PostgreSQL:
		return s.lateralText(q)
	case MariaDB:
		return s.unionText(q, keysWait)
	}
	return s.scanText(q)
}

// lateralText has one plan for all partitions. Comparing rows makes it use the index of
// (part, id). Otherwise, while the statistics say that the table is empty, it reads the rows
// of all partitions for each partition.
func (s settings) lateralText(q query) (string, []any) {
	var parts []string
	var args []any
	for _, p := range q.pages {
		parts = append(parts, "(?::smallint, ?::bigint, ?::bigint)")
		args = append(args, p.part.number, p.after, p.limit)
	}
	return s.dialect.bound("SELECT x.* FROM (VALUES " + strings.Join(parts, ", ") + ") AS p (number, after, most) CROSS JOIN LATERAL (SELECT " + selected +
		" FROM " + s.table("outbox") + " AS o WHERE (part, id) > (p.number, p.after) AND part <= p.number AND " + s.free(true) + s.notFull(q.full) +
		" ORDER BY part, id LIMIT p.most) AS x"), append(args, q.full...)
}

// unionText has only IDs in the UNION: MariaDB writes it to a table, on the disk if it has
// bodies.
func (s settings) unionText(q query, keysWait bool) (string, []any) {
	var args []any
	for _, p := range q.pages {
		args = append(append(append(args, p.part.number, p.after), q.full...), p.limit)
	}
	part := "(SELECT id FROM " + s.table("outbox") + " AS o WHERE part = ? AND id > ? AND " + s.free(keysWait) + s.notFull(q.full) + " ORDER BY id LIMIT ?)"
	return "SELECT " + selected + ", EXISTS (SELECT 1 FROM " + s.table("outbox") + " WHERE waiting_key IS NOT NULL) FROM (" + part +
		strings.Repeat(" UNION ALL "+part, len(q.pages)-1) + ") AS p JOIN " + s.table("outbox") + " USING (id)", args
}

// scanText reads all partitions in one scan by ID. SQLite has no LATERAL, and takes long to
// prepare a UNION of many parts.
func (s settings) scanText(q query) (string, []any) {
	first, limit := q.pages[0].after, 0
	var parts []any
	for _, p := range q.pages {
		first = min(first, p.after)
		limit += p.limit
		parts = append(parts, p.part.number)
	}
	text := "SELECT " + selected + " FROM " + s.table("outbox") + " AS o WHERE id > ? AND part IN " + marks(len(parts)) + " AND " + s.free(true) + s.notFull(q.full) + " ORDER BY id LIMIT ?"
	return text, append(append(append([]any{first}, parts...), q.full...), limit)
}
