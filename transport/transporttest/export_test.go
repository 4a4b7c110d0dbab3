package transporttest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Promises are the names of all promises.
func Promises() []string {
	var names []string
	for _, p := range promises {
		names = append(names, p.name)
	}
	return names
}

// Patience is how long the kit waits.
const Patience = patience

// RunByOwnTime is Run for transports in the process, each promise by a clock of its
// own: it goes on when everybody waits, so a slow machine changes nothing.
func RunByOwnTime(t *testing.T, open func(t *testing.T) transport.Transport) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				t.Cleanup(func() { time.Sleep(time.Hour) }) // for what outlasts its subscription
				p.check(newTrial(t, open(t)))
			})
		})
	}
}
