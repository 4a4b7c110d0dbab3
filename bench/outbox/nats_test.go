package outbox_test

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const natsURL = "nats://127.0.0.1:4222"

// jetStream is a connection, and a name that nobody else has. It skips if there is no server.
func jetStream(b *testing.B) (name string, js jetstream.JetStream) {
	b.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(natsURL, "nats://"), time.Second)
	if err != nil {
		b.Skip("no NATS: ", err)
	}
	_ = conn.Close()
	client, err := natsgo.Connect(natsURL)
	check(b, err)
	b.Cleanup(client.Close)
	js, err = jetstream.New(client)
	check(b, err)
	return "bench" + strings.ToLower(rand.Text()[:8]), js
}

// removeStreams removes the streams of a transport.
func removeStreams(js jetstream.JetStream, prefix string) {
	for _, stream := range []string{prefix, prefix + "_dead"} {
		_ = js.DeleteStream(context.Background(), strings.ToUpper(stream))
	}
}
