package amqpevents_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestQuorumConforms(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	transporttest.Run(t, func(t *testing.T) transport.Transport { return x.open(t, x.url) })
}

func TestClassicConforms(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	transporttest.Run(t, func(t *testing.T) transport.Transport { return x.open(t, x.url, amqpevents.Classic()) })
}
