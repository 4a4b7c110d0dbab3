//go:build unix

package amqpevents_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// Whoever only publishes goes on when the broker was reset, or when all that was declared
// was deleted: it declares it again, once, and one record says so.
func checkReset(t *testing.T, n *node) {
	for name, lose := range map[string]func(*testing.T, *node, transport.Subscription){"reset": reset, "deleted": deleteAll} {
		t.Run(name, func(t *testing.T) {
			s := transport.Subscription{Event: "order." + name, Key: "mail"}
			stock := transport.Subscription{Event: s.Event, Key: "stock"}
			log := newRecords()
			o := n.open(t, log.option(), amqpevents.AcceptUnroutable()) // which must not hide it
			for _, s := range []transport.Subscription{s, stock} {
				if err := o.Declare(within(t), s); err != nil {
					t.Fatal(err)
				}
			}
			publish(t, o, transport.Message{ID: "lost", Event: s.Event})
			lose(t, n, s)
			const some = 20
			var publishing sync.WaitGroup
			for i := range some {
				publishing.Go(func() { publish(t, o, transport.Message{ID: fmt.Sprint(i), Event: s.Event}) })
			}
			publishing.Wait()
			text := "no queue got an event, and its receivers are declared again"
			log.next(t, "level=WARN", text, "event="+s.Event, `keys="[mail stock]"`)
			log.none(t, text)
			for _, s := range []transport.Subscription{s, stock} {
				r := receive(t, o, s, ack)
				got := map[string]bool{}
				for len(got) < some {
					got[r.next().ID] = true
				}
				if r.stop(); got["lost"] {
					t.Error("nothing was lost, so nothing is proved")
				}
			}
		})
	}
}

func reset(t *testing.T, n *node, _ transport.Subscription) {
	for _, command := range []string{"stop_app", "reset", "start_app"} {
		n.control(t, command)
	}
}

// deleteAll deletes the exchange of events, too, under its publisher.
func deleteAll(t *testing.T, n *node, s transport.Subscription) {
	ch := raw(t, n.url())
	for _, key := range []string{"mail", "stock"} {
		if _, err := ch.QueueDelete("rollcall."+s.Event+"/"+key, false, false, false); err != nil {
			t.Error(err)
		}
	}
	if err := ch.ExchangeDelete("rollcall.events", false, false); err != nil {
		t.Error(err)
	}
}
