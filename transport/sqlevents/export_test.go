package sqlevents

import (
	"context"
	"time"
)

// Clock replaces the clock of an instance.
func Clock(now func() time.Time) Option { return optionFunc(func(s *settings) { s.now = now }) }

// Clean deletes what is too old.
func (t *Transport) Clean(ctx context.Context) error { return t.cleaner.clean(ctx) }
