//go:build unix

package amqpevents_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// permissions are those of docs/production.md that begin with what a user does.
func permissions(t *testing.T, does string) (configure, write, read string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| " + regexp.QuoteMeta(does) + " \\| `(.*)` \\| `(.*)` \\| `(.*)` \\|$").FindSubmatch(text)
	if row == nil {
		t.Fatalf("docs/production.md has no permissions for a user who %s", does)
	}
	pattern := func(cell []byte) string { return strings.ReplaceAll(string(cell), `\|`, "|") } // as a table has it
	return pattern(row[1]), pattern(row[2]), pattern(row[3])
}

// user makes a user with the permissions of the document, and returns a URL.
func (n *node) user(t *testing.T, name, does string) string {
	t.Helper()
	n.control(t, "add_user", name, "secret")
	configure, write, read := permissions(t, does)
	n.control(t, "set_permissions", name, configure, write, read)
	return fmt.Sprintf("amqp://%s:secret@127.0.0.1:%d", name, n.port)
}

// The permissions of docs/production.md suffice.
func checkPermissions(t *testing.T, n *node) {
	all := n.user(t, "all", "publishes, declares, receives, and replays dead letters")
	declares := n.user(t, "declares", "publishes, and declares receivers")
	publishes := n.user(t, "publishes", "publishes, and declares no receiver")
	x := &space{t: t, url: n.url(), prefix: "rollcall"}
	t.Run("the first process", func(t *testing.T) { checkPublisher(t, x, publishes, all) }) // which declares what there is not
	t.Run("all", func(t *testing.T) {
		transporttest.Run(t, func(t *testing.T) transport.Transport { return x.open(t, all) })
	})
	t.Run("declares", func(t *testing.T) {
		o, s := x.open(t, declares), transport.Subscription{Event: "order.declared", Key: "mail"}
		if err := o.Declare(within(t), s); err != nil {
			t.Fatal(err)
		}
		publish(t, o, transport.Message{ID: "1", Event: s.Event})
		receive(t, x.open(t, all), s, ack).next()
		if err := o.Publish(within(t), transport.Message{ID: "1", Event: "other"}); err == nil || strings.Contains(err.Error(), "ACCESS_REFUSED") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another prefix", func(t *testing.T) {
		o := connecting(t, all, amqpevents.Prefix("other"))
		if err := o.AwaitConnection(within(t)); err == nil || !strings.Contains(err.Error(), "ACCESS_REFUSED - access to exchange 'other.events'") {
			t.Errorf("got %v", err)
		}
	})
}

// checkPublisher publishes as a user who may do nothing else.
func checkPublisher(t *testing.T, x *space, publishes, all string) {
	o, s := x.open(t, publishes), transport.Subscription{Event: "order.published", Key: "mail"}
	r := receive(t, x.open(t, all), s, ack)
	publish(t, o, transport.Message{ID: "1", Event: s.Event})
	r.next()
	refused := "ACCESS_REFUSED - access to queue 'rollcall.order.published/mail/dead'"
	for name, err := range map[string]error{
		"declare":   o.Declare(within(t), s),
		"subscribe": o.Subscribe(within(t), s, func(context.Context, transport.Delivery) transport.Verdict { return transport.Ack() }),
	} {
		if err == nil || !strings.Contains(err.Error(), refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
