// Command results turns the output of go test -bench into RESULTS.md and a chart, or
// compares it with the goals.
//
//	go test -bench . | go run ./results -write     # writes RESULTS.md and dispatch.svg
//	go test -bench . ./transports | go run ./results -transports # writes TRANSPORTS.md
//	go test -bench . ./outbox | go run ./results -outbox # writes OUTBOX.md
//	go test -bench . | go run ./results -check     # fails where a ratio is 30 % worse than its goal
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

// outputs are what to make of the figures.
type outputs struct{ write, transports, outbox, check bool }

func main() {
	var o outputs
	flag.BoolVar(&o.write, "write", false, "write RESULTS.md and dispatch.svg")
	flag.BoolVar(&o.transports, "transports", false, "write TRANSPORTS.md")
	flag.BoolVar(&o.outbox, "outbox", false, "write OUTBOX.md")
	flag.BoolVar(&o.check, "check", false, "fail where a ratio misses its goal by more than the tolerance, or something allocates more than it may")
	flag.Parse()
	if err := run(o, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

func run(o outputs, in io.Reader, out io.Writer) error {
	r, err := read(in)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		isWanted bool
		name     string
		content  func(*results) string
	}{
		{o.write, "RESULTS.md", report},
		{o.write, "dispatch.svg", chart},
		{o.transports, "TRANSPORTS.md", transportsReport},
		{o.outbox, "OUTBOX.md", outboxReport},
	} {
		if !file.isWanted {
			continue
		}
		if err := os.WriteFile(file.name, []byte(file.content(r)), 0o644); err != nil {
			return err
		}
	}
	if o.check {
		return verdict(out, r)
	}
	return nil
}
