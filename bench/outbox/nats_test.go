package outbox_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

const natsURL = "nats://127.0.0.1:4222"

// jetStream is a connection, and a name that nobody else has. It skips if there is no server.
func jetStream(b *testing.B) (name string, js jetstream.JetStream) {
	b.Helper()
	testserver.NATS.Need(b)
	client, err := natsgo.Connect(natsURL)
	check(b, err)
	b.Cleanup(client.Close)
	js, err = jetstream.New(client)
	check(b, err)
	return "bench" + strings.ToLower(rand.Text()[:8]), js
}

// openQuietNATS opens a transport with a receiver that gets nothing. No outbox closes it.
func openQuietNATS(b *testing.B) transport.Transport {
	b.Helper()
	t := openNATS(b)
	check(b, t.Declare(b.Context(), transport.Subscription{Event: "order.placed", Key: "mail"}))
	return struct{ transport.Transport }{t}
}

func openNATS(b *testing.B) *natsevents.Transport {
	b.Helper()
	name, js := jetStream(b)
	t, err := natsevents.Connect(natsURL, natsevents.Prefix(name))
	check(b, err)
	check(b, t.AwaitConnection(b.Context()))
	b.Cleanup(func() {
		t.Close()
		removeStreams(js, name)
	})
	return t
}

// removeStreams removes the streams of a transport.
func removeStreams(js jetstream.JetStream, prefix string) {
	for _, stream := range []string{prefix, prefix + "_dead"} {
		_ = js.DeleteStream(context.Background(), strings.ToUpper(stream))
	}
}
