package faults_test

import (
	"fmt"
	"os"
	"time"
)

// record is a file to which several processes append what they do, a line with
// each write. A process that is killed has done what stands there in whole lines:
// it may have been killed within a write, too. Therefore a line has an end that
// can be told, and begins by ending the one before.
type record struct{ file *os.File }

// What a line may tell of an event.
const (
	sent      = "sent"      // is about to be published
	confirmed = "confirmed" // Publish has returned nil
	handled   = "handled"   // the handler has done its work
)

func openRecord(path string) (*record, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	return &record{file}, err
}

const endOfLine = " ."

// note appends a line. Without it the ledger would be wrong, so it panics where
// it can't.
func (r *record) note(what, id string) {
	if _, err := fmt.Fprintf(r.file, "\n%d %s %s%s\n", time.Now().UnixNano(), what, id, endOfLine); err != nil {
		panic(err)
	}
}

func (r *record) close() error { return r.file.Close() }
