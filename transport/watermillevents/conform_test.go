package watermillevents_test

import (
	"path"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// conforming are the backends on which the kit's promises are checked. Broken
// are the promises that a backend can't keep, and why.
var conforming = []struct {
	name   string
	open   func(*testing.T) transport.Transport
	broken map[string]string
}{
	{"local", func(*testing.T) transport.Transport { return overLocal(&transport.Local{}) }, nil},
	{"rabbitmq", overRabbit, nil},
	{"gochannel", overGoChannel, map[string]string{
		"order for one receiver":                                 unordered,
		"each key gets every message":                            unordered, // and compares the order
		"a message for one key":                                  unordered,
		"a retried message is redelivered later":                 unordered,
		"receivers of one key compete":                           ungrouped,
		"as many handlers at once as asked for":                  ungrouped,
		"a busy receiver holds back no message":                  ungrouped,
		"a temporary receiver gets what comes while it is there": replayed,
		"nothing is kept before the first receive":               replayed,
		"the end of a subscription waits for its handlers":       replayed, // and shows that what it acked is done
		"what nobody has begun is there for the next":            replayed,
		"what is to be retried is there for the next":            replayed,
	}},
}

const (
	unordered = "gochannel sends each message by a goroutine of its own"
	ungrouped = "gochannel has no consumer groups: each subscription gets every message"
	replayed  = "a persistent gochannel gives each subscription what others have acked"
)

func TestConforms(t *testing.T) {
	t.Parallel()
	for _, c := range conforming {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				if why, broken := c.broken[promise(t)]; broken {
					t.Skip(why)
				}
				return c.open(t)
			})
		})
	}
}

// promise is the name of the promise that a test of the kit checks.
func promise(t *testing.T) string { return strings.ReplaceAll(path.Base(t.Name()), "_", " ") }
