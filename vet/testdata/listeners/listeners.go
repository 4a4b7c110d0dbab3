package listeners // want package:"uses rollcall"

import (
	"github.com/rollcall-go/rollcall/fxevents"
)

type Created struct{}

type Indexer struct{}

func NewIndexer() *Indexer { return &Indexer{} }

func (*Indexer) Handle(*Created) {}

var Module = fxevents.AsListener(NewIndexer, `evnt:"recipe.created"`) // want `unknown key "evnt", did you mean event\?`
