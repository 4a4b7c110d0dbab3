// Package journal records what happened to each recipe, and when.
package journal

import (
	"sync"
	"time"
)

// Journal records what happens in the whole example.
type Journal struct {
	mu      sync.Mutex
	entries []Entry
}

// Entry is one thing that happened.
type Entry struct {
	At      time.Time
	Subject string
	What    string
}

// New makes an empty journal.
func New() *Journal { return &Journal{} }

// Note records that something happened to a subject now.
func (j *Journal) Note(subject, what string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, Entry{time.Now(), subject, what})
}

// Of returns what happened to a subject, in order.
func (j *Journal) Of(subject string) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []Entry
	for _, e := range j.entries {
		if e.Subject == subject {
			found = append(found, e)
		}
	}
	return found
}

// Count returns how often something happened, over all subjects.
func (j *Journal) Count(what string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, e := range j.entries {
		if e.What == what {
			n++
		}
	}
	return n
}
