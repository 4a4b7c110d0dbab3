package natsevents_test

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if given := flag.Lookup("test.parallel"); given.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = given.Value.Set("8") // most of them wait for the server
	}
	goleak.VerifyTestMain(m)
}

var address = testserver.NATS.Address

// cluster is the URL of the broker for tests, or skips.
func cluster(t *testing.T) string {
	t.Helper()
	testserver.NATS.Need(t)
	return "nats://" + address
}

// connect is Connect that waits for the connection.
func connect(servers string, options ...natsevents.Option) (*natsevents.Transport, error) {
	x, err := natsevents.Connect(servers, options...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := x.AwaitConnection(ctx); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

func embedded(t *testing.T, options ...natsevents.Option) *natsevents.Transport {
	t.Helper()
	x, err := natsevents.Embedded(t.TempDir(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

// keep publishes messages for a receiver that has not begun.
func keep(t *testing.T, x *natsevents.Transport, s transport.Subscription, ids ...string) {
	t.Helper()
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := x.Publish(t.Context(), transport.Message{ID: id, Event: s.Event}); err != nil {
			t.Fatal(err)
		}
	}
}

// soon is when what was on its way to a subscription that has ended comes again.
var soon = natsevents.AckWait(2 * time.Second)

func TestEmbeddedConforms(t *testing.T) {
	t.Parallel()
	transporttest.Run(t, func(t *testing.T) transport.Transport { return embedded(t, soon) })
}

func TestClusterConforms(t *testing.T) {
	t.Parallel()
	url := cluster(t)
	prefix := "kit" + rand.Text()[:8]
	t.Cleanup(func() { deletePrefix(t, url, prefix) })
	transporttest.Run(t, func(t *testing.T) transport.Transport {
		x, err := connect(url, natsevents.Prefix(prefix), soon)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(x.Close)
		return x
	})
}

func TestOneProcessADirectory(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	x, err := natsevents.Embedded(directory)
	if err != nil {
		t.Fatal(err)
	}
	var taken *natsevents.DirectoryError
	if _, err := natsevents.Embedded(directory); !errors.As(err, &taken) || !strings.Contains(err.Error(), directory) {
		t.Errorf("got %v", err)
	}
	x.Close()
	again, err := natsevents.Embedded(directory)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// What was confirmed is there after a restart, and so are dead letters and the
// attempts of what was refused.
func TestEmbeddedKeepsEvents(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	first, err := natsevents.Embedded(directory)
	if err != nil {
		t.Fatal(err)
	}
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := first.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2", "1"} { // the third is a duplicate
		if err := first.Publish(t.Context(), transport.Message{ID: id, Event: "order.placed", Body: []byte(id)}); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, first, s, 1, transport.Reject("closed"))
	first.Close()

	again, err := natsevents.Embedded(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := receive(t, again, s, 1, transport.Ack()); string(got[0].Body) != "2" {
		t.Errorf("got %q", got[0].Body)
	}
	n, err := again.EachDeadLetter(t.Context(), "order.placed", "mail", func(l transport.DeadLetter) transport.Disposal {
		if string(l.Body) != "1" || l.Reason != "closed" {
			t.Errorf("got the letter %+v", l)
		}
		return transport.Keep
	})
	if n != 1 || err != nil {
		t.Errorf("%d dead letters: %v", n, err)
	}
}

// An ID is that of its source: two that count alike publish different events.
func TestDuplicatesOfASource(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, m := range []transport.Message{{ID: "1"}, {ID: "1", Source: "/rollcall"}, {ID: "1", Source: "/berlin"}, {ID: "1", Source: "/berlin"}, {ID: "2", Source: "/x//y"}, {ID: "2//x", Source: "/y"}} {
		m.Event = s.Event
		if err := x.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, d := range receive(t, x, s, 4, transport.Ack()) {
		got = append(got, d.ID+" of "+d.Source)
	}
	if want := []string{"1 of /rollcall", "1 of /berlin", "2 of /x//y", "2//x of /y"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One ID may be that of several events.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	a, b := transport.Subscription{Event: "a", Key: "mail"}, transport.Subscription{Event: "b", Key: "mail"}
	for _, s := range []transport.Subscription{a, b} {
		keep(t, x, s, "7", "7", "8")
	}
	for _, s := range []transport.Subscription{a, b} {
		got := receive(t, x, s, 2, transport.Ack())
		if got[0].ID != "7" || got[1].ID != "8" {
			t.Errorf("of %s came %s and %s", s.Event, got[0].ID, got[1].ID)
		}
	}
}

// receive takes n deliveries with a verdict.
func receive(t *testing.T, x *natsevents.Transport, s transport.Subscription, n int, v transport.Verdict) []transport.Delivery {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var got []transport.Delivery
	if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
		got = append(got, d)
		if len(got) == n {
			stop()
		}
		return v
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != n {
		t.Fatalf("got %d deliveries, want %d", len(got), n)
	}
	return got
}

func TestBadOptions(t *testing.T) {
	if _, err := natsevents.Embedded(t.TempDir(), natsevents.Prefix("a.b")); err == nil || !strings.Contains(err.Error(), `the prefix "a.b" must be letters`) {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := natsevents.Embedded(file); err == nil || !strings.Contains(err.Error(), "the directory for events") {
		t.Errorf("got %v", err)
	}
}
