package natsevents_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// A store that has failed is numbered anew when it is opened: what it has is
// delivered, in its order, and so is what comes after that.
func TestStoreIsMended(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	sound := filepath.Join(directory, "ROLLCALL.sound")
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	open := func() *natsevents.Transport {
		t.Helper()
		x, err := natsevents.Embedded(directory)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(sound); err != nil {
			t.Error(err)
		}
		return x
	}
	publish := func(x *natsevents.Transport, ids ...int) {
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
	publish(x, 3, 4) // 3 is there already
	var got string
	for _, d := range receive(t, x, s, 3, transport.Ack()) {
		got += fmt.Sprint(d.ID, "=", string(d.Body), "=", d.Headers["n"], " ")
	}
	if got != "2=2=2 3=3=3 4=4=4 " {
		t.Errorf("got %s", got)
	}
}

// stored is a transport with a store in a directory, and a receiver that it keeps
// messages for.
func stored(t *testing.T, directory string) (*natsevents.Transport, transport.Subscription) {
	t.Helper()
	x, err := natsevents.Embedded(directory)
	if err != nil {
		t.Fatal(err)
	}
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return x, s
}

// There may be gaps between the messages of a store, and behind the last.
func TestStoreWithGapsIsMended(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	x, s := stored(t, directory)
	for i := range 100 {
		if err := x.Publish(t.Context(), transport.Message{ID: fmt.Sprint(i), Event: s.Event}); err != nil {
			t.Fatal(err)
		}
	}
	left := map[string]bool{"1": true, "2": true, "50": true, "73": true}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
		if d.ID == "99" {
			stop()
		}
		if left[d.ID] {
			return transport.Retry(time.Hour, "not now")
		}
		return transport.Ack()
	}); err != nil {
		t.Fatal(err)
	}
	x.Close()
	x = mended(t, directory)
	if err := x.Publish(t.Context(), transport.Message{ID: "new", Event: s.Event}); err != nil {
		t.Fatal(err)
	}
	var got string
	for _, d := range receive(t, x, s, len(left)+1, transport.Ack()) {
		got += d.ID + " "
	}
	if got != "1 2 50 73 new " {
		t.Errorf("got %s", got)
	}
}

// mended opens a store that was not closed in good order.
func mended(t *testing.T, directory string) *natsevents.Transport {
	t.Helper()
	if err := os.Remove(filepath.Join(directory, "ROLLCALL.sound")); err != nil {
		t.Fatal(err)
	}
	x, err := natsevents.Embedded(directory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

// Where mending was interrupted, what it had put aside and what is in the stream
// already are all delivered, once.
func TestMendingGoesOn(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	x, s := stored(t, directory)
	for _, id := range []string{"1", "2"} {
		if err := x.Publish(t.Context(), transport.Message{ID: id, Event: s.Event}); err != nil {
			t.Fatal(err)
		}
	}
	x.Close()
	aside := func(id string) string {
		return `{"Key":"order.placed//` + id + `//rollcall","Subject":"rollcall.event.order.placed","Header":{"Ce-Specversion":["1.0"],"Ce-Id":["` + id + `"],"Ce-Type":["order.placed"],"Ce-Source":["/rollcall"]}}`
	}
	if err := os.WriteFile(filepath.Join(directory, "ROLLCALL.stash"), []byte("["+aside("0")+","+aside("1")+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	x = mended(t, directory)
	if err := x.Publish(t.Context(), transport.Message{ID: "3", Event: s.Event}); err != nil {
		t.Fatal(err)
	}
	var got string
	for _, d := range receive(t, x, s, 4, transport.Ack()) {
		got += d.ID
	}
	if got != "0123" {
		t.Errorf("got %s, want 0123", got)
	}
	if left, err := filepath.Glob(filepath.Join(directory, "ROLLCALL.stash*")); len(left) > 0 || err != nil {
		t.Errorf("left are %v, %v", left, err)
	}
}

// Each prefix has a stream of its own in a directory, and is mended by itself.
func TestStoresOfADirectory(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	open := func(prefix string) {
		t.Helper()
		x, err := natsevents.Embedded(directory, natsevents.Prefix(prefix))
		if err != nil {
			t.Fatal(err)
		}
		x.Close()
	}
	failed := filepath.Join(directory, "A.sound")
	open("a")
	if err := os.Remove(failed); err != nil {
		t.Fatal(err)
	}
	open("b")
	if _, err := os.Stat(failed); err == nil {
		t.Error("the store of a counts as sound, as that of b is")
	}
	open("a")
	if _, err := os.Stat(failed); err != nil {
		t.Error(err)
	}
}
