package amqpevents

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// wholeEvent is the headers of an event, as fields reads them.
const wholeEvent = "S\x05ce-id\x011S\x07ce-type\x06placedS\x09ce-source\x05/shopS\x0ece-specversion\x031.0"

// FuzzDelivery reads deliveries with any headers that the client may hand us. What is no
// event has a reason, which becomes that of its dead letter, and can be kept as one.
func FuzzDelivery(f *testing.F) {
	f.Add([]byte(wholeEvent), "text/plain", []byte("body"), true, true)
	f.Add([]byte("F\x05ce-idd\x01x\x01\x02\x03\x04\x05\x06\x07\x08"), "", []byte(nil), false, true)
	f.Add([]byte("l\x10rollcall-attempt\xff\xff\xff\xff\xff\xff\xff\xffl\x10x-delivery-count\x7f\xff\xff\xff\xff\xff\xff\xff"), "\xff", []byte{0}, true, false)
	f.Add([]byte("A\x07x-deathF\x00T\x04time\x00\x00\x00\x00\x00\x00\x00\x01"), "", []byte(nil), true, true)
	f.Add([]byte("l\x12rollcall-remaining\x7f\xff\xff\xff\xff\xff\xff\xffd\x01x\x7f\xf8\x00\x00\x00\x00\x00\x01D\x01y\x02\x00\x00\x00\x07"), "", []byte(nil), true, true)
	f.Fuzz(func(t *testing.T, headers []byte, contentType string, body []byte, redelivered, back bool) {
		r := &receiving{
			transport:    &Transport{settings: newSettings(nil), topology: topology{names: "rollcall"}},
			subscription: transport.Subscription{Event: "placed", Key: "mail", MaxAttempts: 10},
			target:       keyed("placed", "mail"),
		}
		d := amqp091.Delivery{Headers: (&fields{headers}).table(0), ContentType: contentType, Body: body, Redelivered: redelivered}
		if back {
			d.Exchange = r.transport.topology.names.back()
		}
		checkDelivery(t, r, d)
	})
}

// The first seed of the fuzz target is an event.
func TestFieldsOfAnEvent(t *testing.T) {
	f := &fields{[]byte(wholeEvent)}
	if m, err := message(amqp091.Delivery{Headers: f.table(0)}); err != nil || m.ID != "1" || m.Event != "placed" || m.Source != "/shop" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func checkDelivery(t *testing.T, r *receiving, d amqp091.Delivery) {
	m, err := message(d)
	switch {
	case err != nil && err.Error() == "":
		t.Error("the dead letter has no reason")
	case err == nil && (m.ID == "" || m.Event == "" || m.Source == ""):
		t.Errorf("the event %+v is incomplete", m)
	}
	who := identify(d)
	if err == nil && who != (identity{m.ID, m.Source}) || err != nil && who != (identity{}) {
		t.Errorf("the event %+v is taken for %+v", m, who)
	}
	if attempt, remaining := r.progress(d, who); attempt < 1 || remaining < 0 {
		t.Errorf("attempt %d, %v remain", attempt, remaining)
	}
	kept := again(d, amqp091.Table{attemptHeader: int64(7), reasonHeader: "bad", timeHeader: time.Unix(1, 0).UTC().Format(time.RFC3339Nano)})
	if err := kept.Headers.Validate(); err != nil {
		t.Errorf("it can't be kept: %v", err)
	}
	fits(kept, 1<<17)
	l := letter(amqp091.Delivery{Headers: kept.Headers, ContentType: kept.ContentType, Body: kept.Body}, r.target)
	if l.Reason != "bad" || l.Attempt != 7 || !l.At.Equal(time.Unix(1, 0)) || l.Event != "placed" || l.Key != "mail" {
		t.Errorf("the dead letter is %+v", l)
	}
	letter(d, r.target)
}

// fields makes tables of bytes, with values of all types of AMQP: a type, a name with its
// length, a value, and so on.
type fields struct{ rest []byte }

// take returns the next n bytes, with zeros behind the end.
func (f *fields) take(n int) []byte {
	taken := make([]byte, n)
	f.rest = f.rest[copy(taken, f.rest):]
	return taken
}

func (f *fields) text() string { return string(f.take(min(int(f.take(1)[0]), len(f.rest)))) }

const maxDepth = 8

func (f *fields) table(depth int) amqp091.Table {
	t := amqp091.Table{}
	for len(f.rest) > 0 && len(t) < 64 {
		kind := f.take(1)[0]
		name := f.text()
		t[name] = f.value(kind, depth)
	}
	return t
}

func (f *fields) value(kind byte, depth int) any {
	number := func() uint64 { return binary.BigEndian.Uint64(f.take(8)) }
	switch kind {
	case 't':
		return f.take(1)[0] != 0
	case 'B':
		return f.take(1)[0]
	case 'b':
		return int8(f.take(1)[0])
	case 's':
		return int16(number())
	case 'u':
		return uint16(number())
	case 'I':
		return int32(number())
	case 'i':
		return uint32(number())
	case 'l':
		return int64(number())
	case 'f':
		return math.Float32frombits(uint32(number()))
	case 'd':
		return math.Float64frombits(number())
	case 'D':
		return amqp091.Decimal{Scale: f.take(1)[0], Value: int32(number())}
	case 'S':
		return f.text()
	case 'x':
		return []byte(f.text())
	case 'T':
		return time.Unix(int64(number()), 0)
	case 'A', 'F':
		return f.nested(kind, depth+1)
	}
	return nil
}

func (f *fields) nested(kind byte, depth int) any {
	if depth == maxDepth {
		return nil
	}
	t := f.table(depth)
	if kind == 'F' {
		return t
	}
	values := []any{}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		values = append(values, t[name])
	}
	return values
}
