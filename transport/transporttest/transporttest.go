package transporttest

import (
	"testing"

	"github.com/rollcall-go/rollcall/transport"
)

// Run tests the transports that open returns. It calls open once for each promise,
// possibly concurrently. open must close its transport with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) transport.Transport) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.check(newTrial(t, open(t)))
		})
	}
}

// promises are the subtests of Run, one for each promise of a transport.
var promises = []struct {
	name  string
	check func(*trial)
}{
	{"order for one receiver", checkOrder},
	{"everything of a message arrives", checkContent},
	{"receivers of one key compete", checkCompete},
	{"each key gets every message", checkFanOut},
	{"a temporary receiver gets what comes while it is there", checkTemporary},
	{"nothing is kept before the first receive", checkNobody},
	{"a declared receiver misses nothing", checkDeclared},
	{"a message for one key", checkTargeted},
	{"a retried message is redelivered later", checkRetry},
	{"a panicking handler gets the message again", checkPanic},
	{"after the last attempt a message is a dead letter", checkMaxAttempts},
	{"a rejected message is a dead letter", checkReject},
	{"dead letters are kept, discarded and replayed", checkDisposal},
	{"the end of a subscription waits for its handlers", checkDrain},
	{"what nobody has begun is there for the next", checkHandOver},
	{"what is to be retried is there for the next", checkRetryHandOver},
	{"as many handlers at once as asked for", checkInFlight},
	{"a busy receiver holds back no message", checkBusy},
	{"eight publishers and eight receivers", checkMany},
	{"a handler publishes", checkPublishing},
	{"bad messages and subscriptions are refused", checkBadInput},
	{"a cancelled publish", checkCancelledPublish},
	{"a delayed message is published later or refused", checkDelay},
	{"the backlog", checkBacklog},
}
