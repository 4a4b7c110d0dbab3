package transport_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestLocalConforms(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return &transport.Local{} })
}

// A receiver that nobody declared has no dead letters, as at the brokers.
func TestNobodysDeadLetters(t *testing.T) {
	l := &transport.Local{}
	shown, err := l.EachDeadLetter(t.Context(), "order.placed", "nobody", func(transport.DeadLetter) transport.Disposal { return transport.Keep })
	if shown != 0 || err != nil {
		t.Errorf("got %d, %v", shown, err)
	}
}
