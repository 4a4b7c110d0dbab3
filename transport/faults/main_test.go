package faults_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write RESULTS.md from this run")

// whole is whether each scenario has as many faults as RESULTS.md tells of.
var whole = os.Getenv("ROLLCALL_LEDGER") == "1"

// faults are how many a scenario has: few, unless the ledger is to be a whole one.
func faults(few, many int) int {
	if whole {
		return many
	}
	return few
}

// patience is how long a test waits for anything before it fails.
const patience = 60 * time.Second

// TestMain is a test's main function, or that of a process which a test has
// started.
func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(child(text))
	}
	if text := os.Getenv(serverVariable); text != "" {
		os.Exit(serve(text))
	}
	if text := os.Getenv(leashVariable); text != "" {
		os.Exit(leash(text))
	}
	if text := os.Getenv(shopVariable); text != "" {
		os.Exit(openShop(text))
	}
	flag.Parse()
	if *update && !whole {
		os.Exit(complain(errors.New("RESULTS.md is of the whole ledger: make ledger")))
	}
	if given := flag.Lookup("test.parallel"); given.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = given.Value.Set("8") // most of them wait for processes and brokers
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if code == 0 && *update && !inNamespace() {
			code = writeResults()
		}
		os.Exit(code)
	}))
}

// slow skips a test of real processes and brokers where time is short.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes a while")
	}
}

// eventually waits for a condition; false where it does not come.
func eventually(holds func() bool) bool { return within(patience, holds) }

func within(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// complain tells a process's error to whoever has started it.
func complain(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
