// Command smallest is the README's smallest program.
package main

import (
	"context"
	"fmt"
	"os"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

type Placed struct{ ID string }

type Indexer struct{}

func NewIndexer() *Indexer        { return &Indexer{} }
func (*Indexer) Handle(p *Placed) { fmt.Println("index order", p.ID) }

type Notifier struct{}

func NewNotifier() *Notifier       { return &Notifier{} }
func (*Notifier) Handle(p *Placed) { fmt.Println("mail a link to order", p.ID) }

func main() {
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(NewNotifier, `after:"main.Indexer"`),
		fxevents.AsListener(NewIndexer),
		fx.Invoke(func(placed *rollcall.Emitter[*Placed]) error {
			return placed.Emit(context.Background(), &Placed{ID: "7"})
		}),
	)
	if err := app.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
