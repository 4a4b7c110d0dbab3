// Package recipes has the name of another package. // want package:"uses rollcall"
package recipes

import (
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Indexer struct{}

func NewIndexer() *Indexer { return &Indexer{} }

func (*Indexer) Handle(*recipes.Created) {}

// Module has a listener whose default ID another package has, too.
var Module = fxevents.AsListener(NewIndexer)
