package sqlevents

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// row is a message as a row of the outbox.
type row struct {
	id       int64 // 0 before it is inserted
	part     int
	orderKey string // "" if it has none
	message  transport.Message
	headers  string // of the message, as JSON, with the receivers

	receivers []string // receiver keys to declare before it is published
	attempts  int      // that have failed
	delay     int64    // microseconds from the insertion
	due       int64    // microseconds since 1970, if there is no delay; 0 for at once
}

// inserted are the columns that insert sets. Their order is that of values.
var inserted = []string{"part", "message_id", "event", "receiver_key", "order_key", "content_type", "source", "headers", "body"}

// newRow returns the row of a message, whose body it shares, with the receiver keys to
// declare before it is published. The error is a *transport.MessageError.
func (s settings) newRow(ctx context.Context, m transport.Message, receivers []string) (row, error) {
	if err := m.Check(); err != nil {
		return row{}, err
	}
	r := row{message: m, orderKey: m.OrderKey(), headers: encodeHeaders(m.Headers, receivers)}
	if r.orderKey == "" && s.orderBy != nil {
		key, err := s.orderKeyBy(m)
		if err != nil {
			return row{}, &transport.MessageError{ID: m.ID, Event: m.Event, Problem: "the function of sqlevents.OrderBy: " + err.Error()}
		}
		r.orderKey = key
	}
	if strings.ContainsRune(r.orderKey, 0) {
		return row{}, &transport.MessageError{ID: m.ID, Event: m.Event, Problem: "its order key contains a zero byte"}
	}
	r.part = rand.IntN(partitions)
	if r.orderKey != "" {
		r.part = partOf(r.orderKey)
	}
	after, until := transport.DelayOf(ctx)
	r.delay, r.due = after.Microseconds(), dueAt(until)
	return r, nil
}

// orderKeyBy returns the key of OrderBy. Its panic is an error.
func (s settings) orderKeyBy(m transport.Message) (key string, err error) {
	err = recovered(func() error { key = s.orderBy(m); return nil })
	return key, err
}

// dueAt returns a time as the outbox stores it. It returns 0 for the zero time.
func dueAt(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	if t.Year() > 9999 { // UnixMicro would overflow some time
		t = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return max(t.UnixMicro(), 1)
}

func (r row) isDelayed() bool { return r.delay > 0 || r.due > 0 }

// appendValues appends what insert sets.
func (r row) appendValues(args []any) []any {
	m := r.message
	body := m.Body
	if body == nil {
		body = []byte{} // not NULL
	}
	return append(args, r.part, m.ID, m.Event, m.Key, r.orderKey, m.ContentType, m.Source, r.headers, body)
}

// nextAttempt returns an expression with one parameter, and its argument.
func (s settings) nextAttempt(r row) (string, int64) {
	if r.delay == 0 {
		return s.dialect.integerMark(), r.due
	}
	return s.dialect.now() + " + " + s.dialect.integerMark(), r.delay + s.dialect.clockStep()
}

// selected are the columns that scan reads, in its order.
const selected = "id, part, message_id, event, receiver_key, order_key, content_type, source, headers, body, attempts"

// scan reads a row, and then more columns. It copies what it reads.
func (r *row) scan(scan func(...any) error, more ...any) error {
	m := &r.message
	err := scan(append([]any{&r.id, &r.part, &m.ID, &m.Event, &m.Key, &r.orderKey, &m.ContentType, &m.Source, &r.headers, &m.Body, &r.attempts}, more...)...)
	if err != nil {
		return err
	}
	if m.Headers, r.receivers, err = decodeHeaders(r.headers); err != nil {
		return fmt.Errorf("the headers of row %d: %w", r.id, err)
	}
	return nil
}

// hash is part of the stored format: all instances must agree on it. It is FNV-1a over
// texts, without the allocations of hash/fnv, and then the finalizer of MurmurHash3: without
// that, keys that differ only in their last characters, such as numbers, would have most
// bits in common.
func hash(texts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, text := range texts {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * 1099511628211
		}
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func partOf(orderKey string) int { return int(hash(orderKey) >> 32 % partitions) }

func slotOf(orderKey string) int { return int(hash(orderKey) >> 16 % slots) }

// lockNumber returns the number of an advisory lock. The application may use such locks,
// too, so the number depends on a text of ours.
func (s settings) lockNumber(orderKey string) int64 {
	return int64(hash("rollcall outbox\x00", s.schema, "\x00", s.prefix, "\x00", orderKey))
}

// lock returns the number to lock for an order key.
func (s settings) lock(orderKey string) int64 {
	if s.dialect == MariaDB {
		return int64(slotOf(orderKey))
	}
	return s.lockNumber(orderKey)
}

// locks returns the sorted numbers to lock for the order keys of rows, each once. Two
// transactions that lock in this order do not deadlock.
func (s settings) locks(rows []row) []any {
	var numbers []int64
	for _, r := range rows {
		if r.orderKey != "" && s.dialect != SQLite {
			numbers = append(numbers, s.lock(r.orderKey))
		}
	}
	slices.Sort(numbers)
	var list []any
	for _, n := range slices.Compact(numbers) {
		list = append(list, n)
	}
	return list
}
