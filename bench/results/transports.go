package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// transportRatio is what a transport reaches of another's throughput.
type transportRatio struct {
	what          string
	name, against string
	goal          float64
}

var transportRatios = []transportRatio{
	{"NATS, publishing, to its client", "Publish/nats/rollcall", "Publish/nats/client", 0.85},
	{"NATS, consuming, to its client", "Consume/nats/rollcall", "Consume/nats/client", 0.85},
	{"NATS, publishing, to Watermill's adapter as its documentation has it", "Publish/nats/rollcall", "Publish/nats/watermill-documented", 1.5},
	{"NATS, consuming, to Watermill's adapter as its documentation has it", "Consume/nats/rollcall", "Consume/nats/watermill-documented", 1.5},
	{"NATS, publishing, to Watermill's adapter tuned, with the same messages", "Publish/nats/rollcall", "Publish/nats/watermill", 1.5},
	{"NATS, consuming, to Watermill's adapter tuned, with the same messages", "Consume/nats/rollcall", "Consume/nats/watermill", 1.5},
	{"NATS, publishing, to Watermill's adapter tuned, with bare messages, of which the server tells no duplicates", "Publish/nats/rollcall", "Publish/nats/watermill-bare", 1.5},
	{"NATS, consuming, to Watermill's adapter tuned, with 256 subscribers and acknowledgements that it does not wait for", "Consume/nats/rollcall", "Consume/nats/watermill-256", 1.5},
	{"NATS, messages that were made before, to Watermill's adapter tuned, with bare messages", "Publish/nats/limit", "Publish/nats/watermill-bare", 0},
	{"RabbitMQ, publishing, to its client", "Publish/amqp/rollcall", "Publish/amqp/client", 0.85},
	{"RabbitMQ, consuming, to its client", "Consume/amqp/rollcall", "Consume/amqp/client", 0.85},
}

// reached is how many messages one has for each of the other, in the same time.
func (x transportRatio) reached(r *results) (float64, bool) {
	if times, ok := r.median(byTurns(x.name, x.against), "ratio"); ok {
		return 1 / times, true
	}
	return r.ratio(x.name, x.against, "messages/s")
}

const throughputNotes = "\nAt NATS, all send the same messages, with the headers of CloudEvents and a message ID by which the server tells duplicates; Watermill's have their own UUID beside these. Where it says bare or documented they don't: `client-bare` sends a body and nothing else, `watermill-bare` and `watermill-documented` a body and a UUID that the server does not look at.\n\n`client` is the broker's own client for Go, at NATS with the same filter on the stream. `watermill-documented` is Watermill's adapter for JetStream with the settings of the example in its documentation: it asks for the stream before it publishes, encodes by gob, and has one subscriber, which waits until the server has taken each acknowledgement. The others of Watermill's are tuned: they find their stream there and encode nothing. `watermill` has the headers as metadata, and `TrackMsgId`; `watermill-256` also has 256 subscribers that do not wait for acknowledgements, as ours do not. `limit` sends messages that were made before, from one goroutine, and waits for nothing until the end.\n\nTwo comparisons with a tuned adapter stay below the goal: with bare messages the server has less to do for it; with 256 subscribers it is hardly slower than the client.\n"

// transportsReport is TRANSPORTS.md.
func transportsReport(r *results) string {
	var b strings.Builder
	b.WriteString("# Transports\n\nMedians of several runs, and of the ratios in each; those of publishing are of both by turns, 10,000 messages each. Beside the brokers on the same machine. To repeat them, with NATS and RabbitMQ running: `make bench-transports`.\n\n")
	fmt.Fprintf(&b, "Machine: %s, %d cores, %s. Brokers: %s.\n", strings.Join(r.machine, ", "), runtime.NumCPU(), runtime.Version(), strings.Join(brokerVersions(), ", "))
	b.WriteString("\n## Throughput\n\nMessages of 1 KiB: published and confirmed with 256 in flight, received and acknowledged with 256 in flight.\n\n| | reached | goal |\n|---|---|---|\n")
	for _, x := range transportRatios {
		if ratio, ok := x.reached(r); ok {
			fmt.Fprintf(&b, "| %s | %.2f | %s |\n", x.what, ratio, goalText(x.goal))
		}
	}
	b.WriteString("\n| | messages a second |\n|---|---|\n")
	for _, name := range r.order {
		if value, ok := r.median(name, "messages/s"); ok {
			fmt.Fprintf(&b, "| %s | %.0f |\n", strings.TrimSuffix(name, "-"+cores(name)), value)
		}
	}
	b.WriteString(throughputNotes)
	b.WriteString("\n## Latency\n\nFrom before Publish to the handler, at 1,000 events a second.\n\n| | p50 | p99 |\n|---|---|---|\n")
	for _, name := range r.order {
		p50, ok := r.median(name, "p50-µs")
		if p99, okToo := r.median(name, "p99-µs"); ok && okToo {
			fmt.Fprintf(&b, "| %s | %.0f µs | %.0f µs |\n", strings.TrimSuffix(strings.TrimPrefix(name, "Latency/"), "-"+cores(name)), p50, p99)
		}
	}
	b.WriteString("\n## The embedded server\n\nTime for each confirmed message of 1 KiB, one after the other and with 256 in flight: where each is written to the disk before it is confirmed, as by default, and where that happens every two seconds.\n\n| | time |\n|---|---|\n")
	for _, name := range r.order {
		if value, ok := r.median(name, "ns/op"); ok && strings.HasPrefix(name, "Embedded/") {
			fmt.Fprintf(&b, "| %s | %s |\n", strings.TrimSuffix(strings.TrimPrefix(name, "Embedded/"), "-"+cores(name)), nanoseconds(value))
		}
	}
	fmt.Fprintf(&b, "\n## Versions\n\n```text\n%s```\n", versions())
	return b.String()
}

// goalText is empty where there is no goal.
func goalText(goal float64) string {
	if goal == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", goal)
}

// brokerVersions are those of the programs that are installed.
func brokerVersions() []string {
	var list []string
	if out, err := exec.Command("nats-server", "--version").Output(); err == nil {
		list = append(list, strings.TrimSpace(string(out)))
	}
	if out, err := exec.Command("rabbitmqctl", "version").Output(); err == nil {
		list = append(list, "RabbitMQ "+strings.TrimSpace(string(out)))
	}
	return list
}
