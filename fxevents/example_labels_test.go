package fxevents_test

import (
	"fmt"

	"github.com/rollcall-go/rollcall/fxevents"
)

// step is a listener that prints what it does.
type step string

func (s step) Handle(p *Placed) { fmt.Println(string(s), p.ID) }

func NewStockCheck() step { return "check the stock for" }
func NewPriceCheck() step { return "check the price of" }
func NewIndex() step      { return "index" }
func NewLink() step       { return "mail a link to" }

// The index does not know which checks there are.
func ExampleAsListener_labels() {
	place(
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(NewLink, `id:"notify.Mailer" after:"search.Indexer"`),
		fxevents.AsListener(NewIndex, `id:"search.Indexer" after:"@validate"`),
		fxevents.AsListener(NewStockCheck, `id:"stock.Check" labels:"validate"`),
		fxevents.AsListener(NewPriceCheck, `id:"price.Check" labels:"validate"`),
	)
	// Output:
	// check the stock for 7
	// check the price of 7
	// index 7
	// mail a link to 7
}
