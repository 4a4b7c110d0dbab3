package faults_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// result is a line of RESULTS.md.
type result struct {
	Scenario  string
	Transport kind
	Faults    int
	Summary   summary
}

// results are those of this run.
var results struct {
	sync.Mutex
	all    []result
	trades []tradeResult
}

// addTradeResult keeps the result of a test of an outbox that has not failed.
func addTradeResult(t *testing.T, r tradeResult) {
	if t.Failed() {
		return
	}
	results.Lock()
	defer results.Unlock()
	results.trades = append(results.trades, r)
}

// allTradeResults are how many a run has that skips nothing.
const allTradeResults = 5*4 + 4 + 4 + 3 + 2 + 2 + 2 + 1 + 3

const tradePreamble = `
# Outbox and inbox

Processes take orders in transactions that publish an event with an order key each. One in five is rolled back. One receiver has the inbox, another one has not.

| scenario | database, broker | faults | committed | rolled back | confirmed by the broker | delivered | effects | lost | doubled | doubled without the inbox | out of order |
|---|---|---|---|---|---|---|---|---|---|---|---|
`

const tradeEpilogue = `
An order is lost if one of its receivers did not handle it. Effects are those with the inbox. An event is out of order if a later one of its key was published before it for the first time. No event was published of an order that was rolled back: the tests fail then, too.
`

// addResult keeps the result of a test that has not failed.
func addResult(t *testing.T, r result) {
	if t.Failed() {
		return
	}
	results.Lock()
	defer results.Unlock()
	results.all = append(results.all, r)
}

// allResults are how many a run has that skips nothing.
const allResults = 3 + 3 + 2 + 2 + 2 + 1 + 1 + 1 + 1 + 2 + 1

const preamble = `# Results

The counts of one run. The numbers differ from run to run, but no event may ever be lost. To repeat the run, with both brokers and both databases running, as root, with loop devices:

    make ledger

Brokers: %s.

| scenario | transport | faults | sent | confirmed | handled | lost | doubled | handled unconfirmed |
|---|---|---|---|---|---|---|---|---|
`

const epilogue = `
An event is lost if it was confirmed but never handled. It is doubled if it was handled more than once. An event is handled without having been confirmed if its publisher was killed in between, or stopped waiting.
`

// writeResults writes RESULTS.md. It returns the exit code.
func writeResults() int {
	all := results.all
	if len(all) != allResults {
		return complain(fmt.Errorf("RESULTS.md needs %d results, not %d: run all tests, with nothing skipped", allResults, len(all)))
	}
	if len(results.trades) != allTradeResults {
		return complain(fmt.Errorf("RESULTS.md needs %d results of outboxes, not %d: run all tests, with nothing skipped", allTradeResults, len(results.trades)))
	}
	slices.SortFunc(all, func(a, b result) int {
		return cmp.Or(strings.Compare(a.Scenario, b.Scenario), strings.Compare(string(a.Transport), string(b.Transport)))
	})
	versions, err := brokers()
	if err != nil {
		return complain(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, preamble, versions)
	for _, r := range all {
		s := r.Summary
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %d | %d |\n",
			r.Scenario, r.Transport, r.Faults, s.Sent, s.Confirmed, s.Handled, s.Lost, s.Doubled, s.Surprises)
	}
	b.WriteString(epilogue)
	b.WriteString(tradePreamble)
	slices.SortFunc(results.trades, func(a, b tradeResult) int {
		return cmp.Or(strings.Compare(a.Scenario, b.Scenario), strings.Compare(a.Pair.String(), b.Pair.String()))
	})
	for _, r := range results.trades {
		s := r.Summary
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n",
			r.Scenario, r.Pair, r.Faults, s.Committed, s.RolledBack, s.Relayed, s.Delivered, s.Mailed, s.Lost, s.Doubled, s.Repeated, s.Disorder)
	}
	b.WriteString(tradeEpilogue)
	return complain(os.WriteFile("RESULTS.md", []byte(b.String()), 0o644))
}

// brokers are the names and versions of all.
func brokers() (string, error) {
	nats, err := natsgo.Connect("nats://" + testserver.NATS.Address)
	if err != nil {
		return "", err
	}
	defer nats.Close()
	rabbit, err := amqp091.Dial("amqp://guest:guest@" + testserver.RabbitMQ.Address)
	if err != nil {
		return "", err
	}
	defer rabbit.Close()
	return fmt.Sprintf("NATS %s for the kills and the proxy, NATS %s for the restarts and embedded, RabbitMQ %v",
		nats.ConnectedServerVersion(), server.VERSION, rabbit.Properties["version"]), nil
}
