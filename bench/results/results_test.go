package main

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

const sample = `goos: linux
goarch: amd64
cpu: Test
BenchmarkDispatch/limit/10-2     	 1	 10.0 ns/op	 0 B/op	 0 allocs/op
goos: linux
BenchmarkDispatch/limit/10-2     	 1	 30.0 ns/op	 0 B/op	 0 allocs/op
goos: linux
BenchmarkDispatch/limit/10-2     	 1	 40.0 ns/op	 9 B/op	 9 allocs/op
BenchmarkDispatch/limit/10-2     	 1	 20.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkDispatch/limit/10-2     	 1	 50.0 ns/op	 9 B/op	 9 allocs/op
BenchmarkDispatch/dispatcher/10-2	 1	 %s ns/op	 0 B/op	 %s allocs/op
BenchmarkDispatchParallel/emitter/10  	 1	 20.0 ns/op
BenchmarkDispatchParallel/emitter/10-2	 1	 11.0 ns/op
`

func input(nanoseconds, allocs string) string {
	return strings.Replace(strings.Replace(sample, "%s", nanoseconds, 1), "%s", allocs, 1)
}

func TestMedians(t *testing.T) {
	r, err := read(strings.NewReader(input("50.0", "0")))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"Dispatch/limit/10": 20, "DispatchParallel/emitter/10": 20, "DispatchParallel/emitter/10-2": 11,
	} {
		if got, ok := r.median(name, "ns/op"); !ok || got != want {
			t.Errorf("%s: %v, %t", name, got, ok)
		}
	}
	if _, ok := r.median("Dispatch/limit/1", "ns/op"); ok {
		t.Error("a median of nothing")
	}
}

// A ratio is that of one run, and the median of those.
func TestRatios(t *testing.T) {
	r, err := read(strings.NewReader("goos: x\nBenchmarkA-2 1 10 ns/op\nBenchmarkB-2 1 10 ns/op\n" +
		"goos: x\nBenchmarkA-2 1 60 ns/op\nBenchmarkB-2 1 20 ns/op\n" + "goos: x\nBenchmarkA-2 1 20 ns/op\nBenchmarkB-2 1 10 ns/op\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := r.ratio("A", "B", "ns/op"); !ok || got != 2 {
		t.Errorf("got %v, %t", got, ok)
	}
	if _, ok := r.ratio("A", "C", "ns/op"); ok {
		t.Error("a ratio to nothing")
	}
}

// Where two ran by turns, that is their ratio.
func TestByTurns(t *testing.T) {
	r, err := read(strings.NewReader(input("50.0", "0") + "BenchmarkDispatchByTurns/dispatcher/limit/10-2 400 9 ns/op  1.5 ratio\n" +
		"BenchmarkDispatchByTurns/emitter/limit/1 400 9 ns/op  1.9 ratio\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range goals {
		got, ok := g.reached(r)
		if want, has := map[string]float64{"dispatcher, 10 listeners": 1.5, "emitter, 1 listener: ns above the bare loop, where that takes 4": 3.6}[g.what]; has && (!ok || math.Abs(got-want) > 1e-9) {
			t.Errorf("%s: %v, %t", g.what, got, ok)
		}
	}
	if strings.Contains(report(r), "ByTurns") {
		t.Error("the report has times of what has none")
	}
}

func TestTransportsByTurns(t *testing.T) {
	r, err := read(strings.NewReader("goos: x\nBenchmarkPublish/nats/rollcall-2 1 9 ns/op 30 messages/s\nBenchmarkPublish/nats/client-2 1 9 ns/op 10 messages/s\n" +
		"BenchmarkPublishByTurns/nats/rollcall/nats/client-2 10 9 ns/op  1.25 ratio\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "| NATS, publishing, to its client | 0.80 | 0.85 |"; !strings.Contains(transportsReport(r), want) {
		t.Errorf("no %q in\n%s", want, transportsReport(r))
	}
}

// A goal in ns is for a machine of some speed, and this may be slower.
func TestGoalInNanoseconds(t *testing.T) {
	const line = "goos: x\nBenchmarkDispatchByTurns/emitter/limit/1 400 9 ns/op  %s ratio\n"
	for _, tt := range []struct{ ratio, want string }{
		{"2.5", ""},
		{"2.9", ""},
		{"3.2", "emitter, 1 listener: ns above the bare loop, where that takes 4: 8.80, more than 30 % above 6.00"},
	} {
		err := run(outputs{check: true}, strings.NewReader(fmt.Sprintf(line, tt.ratio)), &strings.Builder{})
		if got := text(err); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.ratio, got, tt.want)
		}
	}
}

// A ratio may be 30 % worse than its goal, and no more; nothing may allocate.
func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		nanoseconds, allocs, want string
	}{
		{"51.0", "0", ""},
		{"53.0", "0", "dispatcher, 10 listeners: 2.65, more than 30 % above 2.00"},
		{"20.0", "1", "dispatcher to 10 listeners allocates 1 times"},
	} {
		err := run(outputs{check: true}, strings.NewReader(input(tt.nanoseconds, tt.allocs)), &strings.Builder{})
		if got := text(err); got != tt.want {
			t.Errorf("%s ns: got %q, want %q", tt.nanoseconds, got, tt.want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestReportAndChart(t *testing.T) {
	r, err := read(strings.NewReader(input("50.0", "0")))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| dispatcher, 10 listeners | 2.50 | 2.00 |", "| limit |  0.0 ns |", "cpu: Test"} {
		if !strings.Contains(report(r), strings.Replace(want, "|  0", "| 0", 1)) {
			t.Errorf("no %q in\n%s", want, report(r))
		}
	}
	if c := chart(r); !strings.HasPrefix(c, "<svg") || !strings.Contains(c, ">dispatcher</text>") || strings.Contains(c, "%!") {
		t.Errorf("got %s", c)
	}
}

func TestBadInput(t *testing.T) {
	for _, in := range []string{"", "PASS\n", "BenchmarkX 1 2 ns/op\n--- FAIL: BenchmarkX\n"} {
		if _, err := read(strings.NewReader(in)); err == nil {
			t.Errorf("%q was read", in)
		}
	}
}

func TestOutbox(t *testing.T) {
	r, err := read(strings.NewReader("goos: x\nload before: 0.10\nBenchmarkPublish/PostgreSQL/key-2 9 9 ns/op 1.2 ratio\n" +
		"BenchmarkDrain/rollcall/river-256-2 9 9 ns/op 6000 events/s 2000 other-events/s 0.4 ratio\n" +
		"BenchmarkLatency/without-2 9 9 ns/op 1000 p50-µs 2000 p99-µs\nBenchmarkLatency/intx-2 9 9 ns/op 3500 p50-µs 9000 p99-µs\n" +
		"BenchmarkStatements/backlog-2 9 9 ns/op 0.004 DELETE/event 0.002 SELECT/event\nBenchmarkIdle-2 9 9 ns/op 0.5 SELECT/s\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := outboxReport(r)
	for _, want := range []string{
		"load before: 0.10",
		"| statement with an order key | 1.20 (1.25) |  (1.60) |  |",
		"| River, 256 workers | 2000 | 6000 | 2.50 | 2.50 |",
		"| with InTx | 3.5 ms | 9.0 ms | 2.5 (4) | 7.0 (15) |",
		"| relay, from a backlog |  | 0.002 | 0.004 |  |  |",
		"| an idle instance, a second |  | 0.500 |  |  |  |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestOutboxProblems(t *testing.T) {
	for _, line := range []string{
		"BenchmarkPublish/PostgreSQL/key-2 9 9 ns/op 1.7 ratio",
		"BenchmarkTenEvents/SQLite/no-key-2 9 9 ns/op 0.5 ratio",
		"BenchmarkPublishCost/SQLite/key-2 9 9 ns/op 400 B/op 13 allocs/op",
	} {
		if err := run(outputs{check: true}, strings.NewReader(line+"\n"), &strings.Builder{}); err == nil {
			t.Errorf("no problem with %s", line)
		}
	}
	both := "BenchmarkPublishCost/MariaDB/key 9 9 ns/op 13 allocs/op\nBenchmarkPublishCost/MariaDB/no-key 9 9 ns/op 9 allocs/op\n"
	for range 20 { // in the same order each time
		err := run(outputs{check: true}, strings.NewReader(both), &strings.Builder{})
		if want := "outbox: Publish on MariaDB with no-key allocates 9 times, more than 8\noutbox: Publish on MariaDB with key allocates 13 times, more than 12"; text(err) != want {
			t.Fatalf("got %q", text(err))
		}
	}
	good := "BenchmarkPublish/PostgreSQL/key-2 9 9 ns/op 1.3 ratio\nBenchmarkPublishCost/SQLite/key-2 9 9 ns/op 400 B/op 11 allocs/op\n"
	if err := run(outputs{check: true}, strings.NewReader(good), &strings.Builder{}); err != nil {
		t.Error(err)
	}
}
