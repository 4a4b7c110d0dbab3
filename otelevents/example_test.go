package otelevents_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/otelevents"
)

type Placed struct{ ID string }

type Indexer struct{}

func NewIndexer() *Indexer        { return &Indexer{} }
func (*Indexer) Handle(p *Placed) {}

type Notifier struct{}

func NewNotifier() *Notifier             { return &Notifier{} }
func (*Notifier) Handle(p *Placed) error { return errors.New("no mail address") }

// An application turns it on by one option of its module. Its exporters are
// set up as ever: here, what is exported stays in memory.
func Example() {
	exported := tracetest.NewInMemoryExporter()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exported))
	otel.SetTracerProvider(tracers)

	app := fx.New(
		fx.NopLogger,
		fxevents.Module(fxevents.Policy(rollcall.Observe(otelevents.NewObserver()))),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(NewIndexer),
		fxevents.AsListener(NewNotifier),
		fx.Invoke(func(placed *rollcall.Emitter[*Placed]) {
			_ = placed.Emit(context.Background(), &Placed{ID: "7"})
		}),
	)
	if err := app.Err(); err != nil {
		fmt.Println(err)
	}

	for _, span := range exported.GetSpans() {
		fmt.Printf("%s: %s\n", span.Name, cmp.Or(span.Status.Description, "no error"))
	}
	// Output:
	// call otelevents_test.Indexer: no error
	// call otelevents_test.Notifier: no mail address
	// dispatch order.placed: listener otelevents_test.Notifier of order.placed: no mail address
}
