package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// transportRatio compares a transport's throughput with another's.
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
	{"NATS, publishing, to Watermill's adapter tuned, with bare messages, which the server does not deduplicate", "Publish/nats/rollcall", "Publish/nats/watermill-bare", 1.5},
	{"NATS, consuming, to Watermill's adapter tuned, with 256 subscribers and acknowledgements that it does not wait for", "Consume/nats/rollcall", "Consume/nats/watermill-256", 1.5},
	{"NATS, messages that were made before, to Watermill's adapter tuned, with bare messages", "Publish/nats/limit", "Publish/nats/watermill-bare", 0},
	{"RabbitMQ, publishing, to its client", "Publish/amqp/rollcall", "Publish/amqp/client", 0.85},
	{"RabbitMQ, consuming, to its client", "Consume/amqp/rollcall", "Consume/amqp/client", 0.85},
}

// reached returns how many messages one carries for each message of the other, in
// the same time.
func (x transportRatio) reached(r *results) (float64, bool) {
	if times, ok := r.median(byTurns(x.name, x.against), "ratio"); ok {
		return 1 / times, true
	}
	return r.ratio(x.name, x.against, "messages/s")
}

const throughputNotes = "\nWith NATS, all send the same messages, with the headers of CloudEvents and a message ID by which the server recognizes duplicates. Watermill's messages also have their own UUID. The bare and documented ones send less: `client-bare` sends a body and nothing else; `watermill-bare` and `watermill-documented` send a body and a UUID that the server does not look at.\n\n`client` is the broker's own client for Go; for NATS, it has the same filter on the stream. `watermill-documented` is Watermill's adapter for JetStream with the settings of the example in its documentation. It asks for the stream before it publishes, encodes with gob, and has one subscriber, which waits until the server has accepted each acknowledgement. The other Watermill adapters are tuned: their stream already exists, and they encode nothing. `watermill` has the headers as metadata, and `TrackMsgId`. `watermill-256` also has 256 subscribers that do not wait for acknowledgements, just as rollcall does not. `limit` sends messages that were made beforehand, from one goroutine, and waits for nothing until the end.\n\nPublishing over NATS stays below its goals: after each confirmation, Publish checks that the consumers of the receivers are still there (docs/decisions/nats-retention.md). The adapters and the client do not check. With bare messages, the server also has less to do for the adapter. With 256 subscribers, the adapter is hardly slower than the client when consuming.\n"

// transportsReport is TRANSPORTS.md.
func transportsReport(r *results) string {
	var b strings.Builder
	b.WriteString("# Transports\n\nMedians of several runs, and of the ratios within each run. For the ratios of publishing, both sides publish by turns, 10,000 messages each. The brokers run on the same machine. To repeat the measurements, with NATS and RabbitMQ running: `make bench-transports`.\n\n")
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
	b.WriteString("\n## The embedded server\n\nTime for each confirmed message of 1 KiB, one after the other and with 256 in flight. With `sync-always`, the default, each message is written to the disk before it is confirmed. With `sync-2s`, messages are written every two seconds.\n\n| | time |\n|---|---|\n")
	for _, name := range r.order {
		if value, ok := r.median(name, "ns/op"); ok && strings.HasPrefix(name, "Embedded/") {
			fmt.Fprintf(&b, "| %s | %s |\n", strings.TrimSuffix(strings.TrimPrefix(name, "Embedded/"), "-"+cores(name)), nanoseconds(value))
		}
	}
	fmt.Fprintf(&b, "\n## Versions\n\n```text\n%s```\n", versions())
	return b.String()
}

// goalText is empty if there is no goal.
func goalText(goal float64) string {
	if goal == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", goal)
}

// brokerVersions lists the versions of the installed programs.
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
