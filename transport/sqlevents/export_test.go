package sqlevents

import (
	"context"
	"time"
)

// Clock replaces the clock of an instance.
func Clock(now func() time.Time) Option { return optionFunc(func(s *settings) { s.now = now }) }

// ReadOnce runs a read of the relay over all partitions.
func ReadOnce(ctx context.Context, t *Transport) error {
	var pages []page
	for number := range partitions {
		pages = append(pages, page{part: &partition{number: number}, limit: maxRead / partitions})
	}
	_, err := t.relay.read(ctx, pages, nil)
	return err
}
