package watermillevents_test

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if given := flag.Lookup("test.parallel"); given.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = given.Value.Set("16") // most of them wait
	}
	// If Watermill's adapter for RabbitMQ is closed before its goroutine has begun, it may
	// connect once more. A connection of amqpevents has a goroutine of its own, too.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/rabbitmq/amqp091-go.(*Connection).reader"),
		goleak.IgnoreAnyFunction("github.com/rabbitmq/amqp091-go.(*Connection).heartbeater"))
}

// patience is how long anything may take.
const patience = 30 * time.Second

func embedded(t *testing.T) *natsevents.Transport {
	t.Helper()
	x, err := natsevents.Embedded(t.TempDir(), natsevents.SyncEvery(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

// rabbit is the URL of the broker for tests, or skips.
func rabbit(t *testing.T) string {
	t.Helper()
	testserver.RabbitMQ.Need(t)
	return "amqp://guest:guest@" + testserver.RabbitMQ.Address + "/"
}

// got is the next value of a channel.
func got[V any](t *testing.T, c <-chan V, what string) (v V) {
	t.Helper()
	select {
	case v, open := <-c:
		if !open {
			t.Fatalf("the channel closed before %s came", what)
		}
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}
