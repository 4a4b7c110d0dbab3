package sqlevents

import (
	"context"
	"time"
)

// Clock replaces the clock of an instance.
func Clock(now func() time.Time) Option { return optionFunc(func(s *settings) { s.now = now }) }

// ReadOnce runs a read of the relay over all partitions.
func ReadOnce(ctx context.Context, t *Transport) error {
	_, err := t.relay.read(ctx, query{pages: allPages()})
	return err
}

// ReadText returns the statement of ReadOnce, and its arguments.
func ReadText(t *Transport) (string, []any) {
	return t.settings.readText(query{pages: allPages()}, true)
}

func allPages() (pages []page) {
	for number := range partitions {
		pages = append(pages, page{part: &partition{number: number}, limit: maxRead / partitions})
	}
	return pages
}

// Clean deletes what is too old.
func (t *Transport) Clean(ctx context.Context) error { return t.cleaner.clean(ctx) }

// Count counts the outbox, even if that was just done.
func Count(ctx context.Context, t *Transport) error {
	_, err := t.count(ctx)
	return err
}

// Passed returns the last ID that the running pass over a partition has read, or 0.
func Passed(t *Transport, part int) int64 {
	passed := make(chan int64, 1)
	t.relay.events <- func() {
		if p := t.relay.parts[part]; p != nil {
			passed <- p.pass.after
			return
		}
		passed <- 0
	}
	return <-passed
}
