package fxnats_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/natsevents/fxnats"
)

var address = testserver.NATS.Address

// server returns an option for a transport to the server, with a prefix of its own.
func server(t *testing.T) fx.Option {
	t.Helper()
	testserver.NATS.Need(t)
	prefix := "published" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() { deleteStreams(t, prefix) })
	return fx.Options(fxevents.Module(), fxevents.Transport(func() (*natsevents.Transport, error) {
		return natsevents.Connect("nats://"+address, natsevents.Prefix(prefix))
	}))
}

// deleteStreams deletes what a transport leaves at the server.
func deleteStreams(t *testing.T, prefix string) {
	t.Helper()
	client, err := nats.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	js, err := jetstream.New(client)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{strings.ToUpper(prefix), strings.ToUpper(prefix) + "_DEAD"} {
		if err := js.DeleteStream(context.Background(), name); err != nil {
			t.Error(err)
		}
	}
}

// receipt is what another program makes of an order. It knows the event by its name.
type receipt struct{ ID string }

type desk struct{ written chan<- string }

func (d desk) Write(_ context.Context, r *receipt) error { d.written <- r.ID; return nil }

// postOffice is the other program. It shares no package with the publisher.
func postOffice(carrier fx.Option, written chan<- string) *fx.App {
	return fx.New(fx.NopLogger, carrier, fxevents.Event[*receipt]("order.placed"), fx.Supply(desk{written}),
		fxevents.Listen(desk.Write, `async:"mail"`), fxevents.Receive("mail"))
}

// orders is a program that listens to nothing.
func orders(t *testing.T, carrier fx.Option, published fxevents.EventOption, ids ...string) {
	t.Helper()
	var emitter *rollcall.Emitter[*placed]
	app := fx.New(fx.NopLogger, carrier, fxevents.Event[*placed]("order.placed", published), fx.Populate(&emitter))
	start(t, app)
	for _, id := range ids {
		if err := emitter.Emit(t.Context(), &placed{id}); err != nil {
			t.Error(err)
		}
	}
	stop(t, app)
}

func start(t *testing.T, app *fx.App) {
	t.Helper()
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func stop(t *testing.T, app *fx.App) {
	t.Helper()
	if err := app.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A program that starts after the publisher has ended receives by name everything that was
// published for its key.
func TestPublished(t *testing.T) {
	for name, carrier := range map[string]func(*testing.T) fx.Option{
		"embedded": func(t *testing.T) fx.Option { elsewhere(t); return fxnats.Module() },
		"server":   server,
	} {
		t.Run(name, func(t *testing.T) {
			option := carrier(t)
			orders(t, option, fxevents.Published("mail"), "1", "2", "3")
			written := make(chan string, 3)
			office := postOffice(option, written)
			start(t, office)
			for _, want := range []string{"1", "2", "3"} {
				if got := <-written; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			stop(t, office)
		})
	}
}

// Without keys, publishing succeeds although nobody has ever been there.
func TestPublishedForAnybody(t *testing.T) {
	orders(t, server(t), fxevents.Published(), "1", "2")
	elsewhere(t)
	orders(t, fxnats.Module(), fxevents.Published(), "1")
}
