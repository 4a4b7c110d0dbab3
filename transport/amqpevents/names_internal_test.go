package amqpevents

import (
	"crypto/rand"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestAddresses(t *testing.T) {
	long := strings.Repeat("ü", 64)
	seen := map[string]target{}
	for _, event := range []string{"order", "order.placed", "order.placed.mail", long, long[2:] + "x", long[2:] + "y"} {
		for _, key := range []string{"", "mail", "placed.mail", "dead", long, long[2:] + "x", long[2:] + "y"} {
			a := address(event, key)
			if other, taken := seen[a]; taken {
				t.Errorf("%q/%q and %q/%q have the address %s", event, key, other.event, other.key, a)
			}
			seen[a] = target{event, key, a}
			n := names(strings.Repeat("p", 32))
			for _, name := range []string{n.deadLetters(a), n.queue(a) + "/" + rand.Text()} {
				if len(name) > maxShort || !utf8.ValidString(name) {
					t.Errorf("%q has %d bytes", name, len(name))
				}
			}
		}
	}
	if got := names("shop").queue(address("order.placed", "mail")); got != "shop.order.placed/mail" {
		t.Errorf("got %s", got)
	}
}

// The tests of all modules delete what is named here.
func TestTestsDeleteAllNames(t *testing.T) {
	n, got := names("shop"), deleted{}
	queues := testserver.Queues{Prefix: "shop"}
	queues.Note("order.placed", "mail")
	if err := queues.Delete(got); err != nil {
		t.Fatal(err)
	}
	a := address("order.placed", "mail")
	want := []string{"queue " + n.queue(a), "queue " + n.deadLetters(a), "queue " + n.gone()}
	for ttl := shortestTier; ttl <= longestTier; ttl *= 2 {
		want = append(want, "queue "+n.tier(ttl))
	}
	for _, exchange := range []string{n.events(), n.dead(), n.wait(), n.back(), n.gone()} {
		want = append(want, "exchange "+exchange)
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("not deleted: %s", name)
		}
	}
}

// deleted notes what is deleted.
type deleted map[string]bool

func (d deleted) QueueDelete(name string, _, _, _ bool) (int, error) {
	d["queue "+name] = true
	return 0, nil
}

func (d deleted) ExchangeDelete(name string, _, _ bool) error {
	d["exchange "+name] = true
	return nil
}

func TestTiers(t *testing.T) {
	for _, c := range []struct{ wait, ttl, remaining time.Duration }{
		{1, time.Second / 8, 0},
		{time.Second / 8, time.Second / 8, 0},
		{time.Second/8 + 1, time.Second / 4, 0},
		{time.Second, time.Second, 0},
		{time.Minute, 64 * time.Second, 0},
		{4096 * time.Second, 4096 * time.Second, 0},
		{3 * time.Hour, 4096 * time.Second, 3*time.Hour - 4096*time.Second},
		{math.MaxInt64, 4096 * time.Second, math.MaxInt64 - 4096*time.Second},
	} {
		if ttl, remaining := tier(c.wait); ttl != c.ttl || remaining != c.remaining {
			t.Errorf("%v: %v and %v remain, want %v and %v", c.wait, ttl, remaining, c.ttl, c.remaining)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{"a", "a"}, {"\xff", "\ufffd"}, {[]byte("b\xff"), "b\ufffd"}, {nil, ""}, {true, "true"}, {int8(-1), "-1"}, {uint32(7), "7"},
		{float32(1.5), "1.5"}, {math.NaN(), "NaN"}, {time.Unix(0, 0), "1970-01-01T00:00:00Z"},
		{amqp091.Decimal{Scale: 2, Value: 7}, `{"Scale":2,"Value":7}`},
		{amqp091.Table{"b": int32(1), "a": []any{"x", nil}}, `{"a":["x",null],"b":1}`},
		{[]any{math.Inf(1)}, "[+Inf]"},
	} {
		if got := text(c.value); got != c.want {
			t.Errorf("%#v: %q, want %q", c.value, got, c.want)
		}
	}
	for _, value := range []any{"x", int64(-1), amqp091.Table{}, nil, "99999999999999999999"} {
		if n := number(value); n != 0 {
			t.Errorf("%#v as a number: %d", value, n)
		}
	}
}
