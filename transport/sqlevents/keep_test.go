package sqlevents_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Published messages are kept until they are too old, but no dead letters.
func TestKeepPublished(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		inner.fails = func(m transport.Message) error {
			if m.ID == "bad" {
				return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: "it is too large"}
			}
			return nil
		}
		o := x.outbox(t, inner, sqlevents.KeepPublished(time.Hour))
		publish(t, o, keyed("1", "placed", "a"), message("2", "paid"), message("bad", "paid"))
		flush(t, o)
		if got := x.kept(t); got != `1 placed a {"ce-partitionkey":"a"} 1, 2 paid  {} 2` {
			t.Errorf("kept are %s", got)
		}
		young := fmt.Sprintf(" WHERE created > %[1]d AND published >= created AND published < %[2]d", time.Now().Add(-time.Minute).UnixMicro(), time.Now().Add(time.Minute).UnixMicro())
		if n := x.number(t, "SELECT count(*) FROM "+x.prefix+"published"+young); n != 2 {
			t.Errorf("%d have the times", n)
		}
		x.exec(t, "UPDATE "+x.prefix+"published SET published = published - 3600000001 WHERE message_id = '1'")
		if err := o.Clean(t.Context()); err != nil {
			t.Error(err)
		}
		if got := x.kept(t); got != "2 paid  {} 2" {
			t.Errorf("kept are %s", got)
		}
		other := x.apart(t)
		o = other.outbox(t, inner)
		publish(t, o, message("3", "paid"))
		flush(t, o)
		if got := other.kept(t); got != "" {
			t.Errorf("without the option, kept are %s", got)
		}
	})
}

// kept returns what the table of published messages has.
func (x space) kept(t *testing.T) string {
	t.Helper()
	rows, err := x.db.QueryContext(t.Context(), "SELECT message_id, event, order_key, headers, body FROM "+x.prefix+"published ORDER BY message_id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		fields := make([]string, 5)
		if err := rows.Scan(&fields[0], &fields[1], &fields[2], &fields[3], &fields[4]); err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.Join(fields, " "))
	}
	return strings.Join(list, ", ")
}
