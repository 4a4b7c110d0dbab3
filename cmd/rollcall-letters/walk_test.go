package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
)

// losing is a server whose connection is lost after the first letter.
type losing struct{}

func (losing) EachDeadLetter(_ context.Context, _, _ string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	decide(transport.DeadLetter{Delivery: transport.Delivery{Message: transport.Message{ID: "1", Event: event, Key: "mail"}}})
	return 1, errors.New("the connection was lost")
}

// The command can't know whether an error is of the last letter, or of reading the next one.
func TestErrorAfterALetter(t *testing.T) {
	w := newWalk(t.Context(), request{command: replay, yes: true}, io.Discard, newProgress(io.Discard, replay))
	defer w.cancel(nil)
	err := w.over(&server{DeadLetters: losing{}, Receivers: oneReceiver})
	if want := "stopped at order.placed mail 1, which may still be a dead letter: the connection was lost"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
