package transport_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestLocalConforms(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return &transport.Local{} })
}
