package nats_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/nats"
)

// A store that has failed is numbered anew when it is opened: what it has is
// delivered, in its order, and so is what comes after that.
func TestStoreIsMended(t *testing.T) {
	directory := t.TempDir()
	sound := filepath.Join(directory, "rollcall.sound")
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	open := func() *nats.Transport {
		t.Helper()
		x, err := nats.Embedded(directory)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(sound); err != nil {
			t.Error(err)
		}
		return x
	}
	publish := func(x *nats.Transport, ids ...int) {
		t.Helper()
		for _, id := range ids {
			m := transport.Message{ID: fmt.Sprint(id), Event: s.Event, Headers: map[string]string{"n": fmt.Sprint(id)}, Body: fmt.Append(nil, id)}
			if err := x.Publish(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	x := open()
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	publish(x, 1, 2, 3)
	receive(t, x, s, 1, transport.Ack())
	x.Close()
	for range 2 { // it may fail again before anything is received
		if err := os.Remove(sound); err != nil {
			t.Fatal(err)
		}
		x = open()
		x.Close()
	}
	x = open()
	defer x.Close()
	publish(x, 4)
	var got string
	for _, d := range receive(t, x, s, 3, transport.Ack()) {
		got += fmt.Sprint(d.ID, "=", string(d.Body), "=", d.Headers["n"], " ")
	}
	if got != "2=2=2 3=3=3 4=4=4 " {
		t.Errorf("got %s", got)
	}
}
