// Command results turns the output of go test -bench into RESULTS.md and a chart, or
// compares it with the goals.
//
//	go test -bench . | go run ./results -write     # writes RESULTS.md and dispatch.svg
//	go test -bench . ./transports | go run ./results -transports # writes TRANSPORTS.md
//	go test -bench . | go run ./results -check     # fails where a ratio is 30 % worse than its goal
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	write := flag.Bool("write", false, "write RESULTS.md and dispatch.svg")
	transports := flag.Bool("transports", false, "write TRANSPORTS.md")
	check := flag.Bool("check", false, "fail where a ratio misses its goal by more than the tolerance, or a dispatch allocates")
	flag.Parse()
	if err := run(*write, *transports, *check, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

func run(write, transports, check bool, in io.Reader, out io.Writer) error {
	r, err := read(in)
	if err != nil {
		return err
	}
	if write {
		if err := os.WriteFile("RESULTS.md", []byte(report(r)), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile("dispatch.svg", []byte(chart(r)), 0o644); err != nil {
			return err
		}
	}
	if transports {
		if err := os.WriteFile("TRANSPORTS.md", []byte(transportsReport(r)), 0o644); err != nil {
			return err
		}
	}
	if check {
		return verdict(out, r)
	}
	return nil
}
