package natsevents_test

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// Receivers finds those that were declared, and those that are gone but left dead letters,
// temporary ones too.
func TestReceivers(t *testing.T) {
	t.Parallel()
	x, url, prefix := connected(t)
	gone := transport.Subscription{Event: "order.paid", Key: "points"}
	keep(t, x, gone, "1")
	if err := errors.Join(rejectOne(t.Context(), x, gone), receiveTemporarily(t.Context(), x, "order.shipped", transport.Reject("no"))); err != nil {
		t.Fatal(err)
	}
	deleteConsumers(t, rawClient(t, url), prefix)
	for _, s := range []transport.Subscription{{Event: "order.placed", Key: "mail"}, {Event: "order.placed", Key: "invoice"}, {Event: "a", Key: "of_event"}} {
		keep(t, x, s)
	}
	want := []string{"a/of_event", "order.paid/points", "order.placed/invoice", "order.placed/mail", "order.shipped/"}
	if got := receivers(t, x); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReceiversOfTheEmbeddedServer(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	if got := receivers(t, x); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	keep(t, x, transport.Subscription{Event: "order.placed", Key: "mail"})
	if got := receivers(t, x); !slices.Equal(got, []string{"order.placed/mail"}) {
		t.Errorf("got %q", got)
	}
}

// A letter that does not say whose it is hides no other receiver.
func TestReceiversWithAnUnknownLetter(t *testing.T) {
	t.Parallel()
	x, url, prefix := connected(t)
	keep(t, x, transport.Subscription{Event: "order.placed", Key: "mail"})
	subject := prefix + ".dead.some-thing-else"
	publishRaw(t, url, subject)
	got, err := x.Receivers(t.Context())
	if len(got) != 1 || err == nil || !strings.Contains(err.Error(), "the dead letters of the subject "+subject+" do not say whose they are") {
		t.Errorf("got %v, %v", got, err)
	}
}

// A misspelt prefix leaves nothing on the server.
func TestExistingStreams(t *testing.T) {
	t.Parallel()
	x, url, prefix := connected(t)
	keep(t, x, transport.Subscription{Event: "order.placed", Key: "mail"})
	same, err := connect(url, natsevents.Prefix(prefix), natsevents.ExistingStreams())
	if err != nil {
		t.Fatal(err)
	}
	same.Close()
	other := "other" + rand.Text()[:8]
	_, err = connect(url, natsevents.Prefix(other), natsevents.ExistingStreams(), natsevents.Logger(slog.New(slog.DiscardHandler)))
	if err == nil || !strings.Contains(err.Error(), "there is no stream "+strings.ToUpper(other)+": use the prefix") {
		t.Errorf("got %v", err)
	}
	if _, err := rawClient(t, url).Stream(t.Context(), strings.ToUpper(other)); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("got %v", err)
	}
}

func receivers(t *testing.T, x *natsevents.Transport) (names []string) {
	t.Helper()
	list, err := x.Receivers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		names = append(names, s.Event+"/"+s.Key)
	}
	return names
}

func publishRaw(t *testing.T, url, subject string) {
	t.Helper()
	if _, err := rawClient(t, url).PublishMsg(t.Context(), natsgo.NewMsg(subject)); err != nil {
		t.Fatal(err)
	}
}
