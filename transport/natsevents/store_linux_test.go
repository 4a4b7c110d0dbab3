package natsevents_test

import (
	"crypto/rand"
	"syscall"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// The disk is the limit, also after a restart with much on it.
func TestMostOfADisk(t *testing.T) {
	directory := t.TempDir()
	if err := syscall.Mount("nats", directory, "tmpfs", 0, "size=32m"); err != nil {
		t.Skip("mounting a tmpfs: " + err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(directory, 0); err != nil {
			t.Error(err)
		}
	})
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	for range 2 {
		x, err := natsevents.Embedded(directory)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(x.Close)
		if err := x.Declare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if err := x.Publish(t.Context(), transport.Message{ID: rand.Text(), Event: s.Event, Body: make([]byte, 500<<10)}); err != nil {
				t.Fatal(err)
			}
		}
		x.Close()
	}
}
