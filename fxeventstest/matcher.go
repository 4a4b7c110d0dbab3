package fxeventstest

import (
	"fmt"
	"reflect"

	"github.com/rollcall-go/rollcall/ordering"
)

// Matcher is a condition on an event, for [Recorder.Want]. [Equal] makes the usual one. Make
// one for any other condition:
//
//	fxeventstest.Matcher[*Placed]{Text: "an expensive order", Matches: func(p *Placed) bool { return p.Total > 1000 }}
type Matcher[E any] struct {
	Text    string // what is wanted, for messages
	Matches func(E) bool
}

// Equal returns a Matcher for an event that is deeply equal to want: see reflect.DeepEqual.
// Pointers are followed.
func Equal[E any](want E) Matcher[E] {
	return Matcher[E]{shown(want), func(e E) bool { return reflect.DeepEqual(e, want) }}
}

// shown returns the text of an event for a message.
func shown(e any) string { return fmt.Sprintf("%+v", e) }

var first = ordering.Placement{Priority: ordering.First()}
