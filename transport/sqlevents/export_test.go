package sqlevents

import "time"

// Clock replaces the clock of an instance.
func Clock(now func() time.Time) Option { return optionFunc(func(s *settings) { s.now = now }) }
