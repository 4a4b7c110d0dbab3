package bench_test

import (
	"context"
	"encoding/json"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// placed is an event that leaves the process.
type placed struct{ ID string }

// mailer handles what arrives.
type mailer struct{ handled chan struct{} }

func (m *mailer) OnPlaced(context.Context, *placed) error { m.handled <- struct{}{}; return nil }

// BenchmarkDelivery is the way of a message from an in-process transport to one
// asynchronous listener and back: publishing, decoding, the dispatch, the verdict.
func BenchmarkDelivery(b *testing.B) {
	local, m := &transport.Local{}, &mailer{make(chan struct{})}
	app := fx.New(fx.NopLogger, fxevents.Module(),
		fxevents.Transport(func() (*transport.Local, error) { return local, nil }),
		fxevents.Event[*placed]("order.placed"),
		fx.Supply(m), fxevents.Listen((*mailer).OnPlaced, `async:"mail"`), fxevents.Receive())
	if err := app.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = app.Stop(context.Background()) }()
	body, err := json.Marshal(&placed{"7"})
	if err != nil {
		b.Fatal(err)
	}
	message := transport.Message{ID: "1", Event: "order.placed", ContentType: "application/json", Body: body}
	b.ReportAllocs()
	for b.Loop() {
		if err := local.Publish(background, message); err != nil {
			b.Fatal(err)
		}
		<-m.handled
	}
}
