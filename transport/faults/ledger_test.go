package faults_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// ledger has every event of a record, by its ID.
type ledger struct {
	path   string
	offset int64 // up to which the record is read
	events map[string]*entry

	confirmations, deliveries int
}

// entry is what happened to one event, and when.
type entry struct {
	sent, confirmed time.Time
	handled         []time.Time
	discarded       bool // the scenario has discarded what waited, and it may have been among that
}

func (e *entry) isLost() bool {
	return !e.confirmed.IsZero() && len(e.handled) == 0 && !e.discarded
}

// counts says whether the event is part of the summary.
func (e *entry) counts() bool { return !e.discarded || len(e.handled) > 0 }

func newLedger(path string) *ledger { return &ledger{path: path, events: map[string]*entry{}} }

// read takes in what was appended since it was called the last time.
func (l *ledger) read() error {
	file, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(l.offset, io.SeekStart); err != nil {
		return err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	l.offset += int64(len(whole))
	for line := range strings.Lines(string(whole)) {
		entry, isWhole := strings.CutSuffix(line, endOfLine+"\n")
		if !isWhole {
			continue
		}
		if err := l.enter(entry); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) enter(line string) error {
	var at int64
	var what, id string
	if _, err := fmt.Sscanf(line, "%d %s %s", &at, &what, &id); err != nil {
		return fmt.Errorf("the line %q of the record: %w", line, err)
	}
	e := l.events[id]
	if e == nil {
		e = &entry{}
		l.events[id] = e
	}
	when := time.Unix(0, at)
	switch what {
	case sent:
		e.sent = when
	case confirmed:
		e.confirmed = when
		l.confirmations++
	case handled:
		e.handled = append(e.handled, when)
		l.deliveries++
	default:
		return fmt.Errorf("the line %q of the record tells nothing", line)
	}
	return nil
}

// lost are the IDs of events that were confirmed and never handled.
func (l *ledger) lost() []string {
	var ids []string
	for id, e := range l.events {
		if e.isLost() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// summary counts events.
type summary struct {
	Sent      int
	Confirmed int
	Handled   int // at least once
	Lost      int // confirmed and never handled: there must be none
	Doubled   int // handled more than once
	Surprises int // handled without having been confirmed
}

func (l *ledger) summary() summary {
	var s summary
	for _, e := range l.events {
		if !e.counts() {
			continue
		}
		count(&s.Sent, !e.sent.IsZero())
		count(&s.Confirmed, !e.confirmed.IsZero())
		count(&s.Handled, len(e.handled) > 0)
		count(&s.Lost, e.isLost())
		count(&s.Doubled, len(e.handled) > 1)
		count(&s.Surprises, len(e.handled) > 0 && e.confirmed.IsZero())
	}
	return s
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

func (s summary) String() string {
	return fmt.Sprintf("sent %d, confirmed %d, handled %d, lost %d, doubled %d, surprises %d",
		s.Sent, s.Confirmed, s.Handled, s.Lost, s.Doubled, s.Surprises)
}
