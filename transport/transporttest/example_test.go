package transporttest_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// TestLocal is the whole test of a transport.
func Example() {
	TestLocal := func(t *testing.T) {
		transporttest.Run(t, func(*testing.T) transport.Transport { return &transport.Local{} })
	}
	fmt.Println(coretest.Passes(TestLocal))
	// Output: true
}
