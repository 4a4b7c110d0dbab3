package amqpevents_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// records are what a transport logs.
type records struct{ lines chan string }

func newRecords() *records { return &records{make(chan string, 10_000)} }

func (r *records) Write(line []byte) (int, error) {
	r.lines <- string(line)
	return len(line), nil
}

// option makes a transport log to the records.
func (r *records) option() amqpevents.Option {
	return amqpevents.Logger(slog.New(slog.NewTextHandler(r, nil)))
}

// next waits for a record that has all of some texts.
func (r *records) next(t *testing.T, texts ...string) string {
	t.Helper()
	others := ""
	for late := time.After(patience); ; {
		select {
		case line := <-r.lines:
			if containsAll(line, texts) {
				return line
			}
			others += line
		case <-late:
			t.Fatalf("waited for a record with %q, and got\n%s", texts, others)
		}
	}
}

// none fails if there is a record with a text.
func (r *records) none(t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case line := <-r.lines:
			if strings.Contains(line, text) {
				t.Errorf("there is the record %s", line)
			}
		default:
			return
		}
	}
}

func containsAll(line string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(line, text) {
			return false
		}
	}
	return true
}
