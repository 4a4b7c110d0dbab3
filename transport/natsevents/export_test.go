package natsevents

import "time"

// Heartbeat is how often the server says that it has a request for messages.
func Heartbeat(d time.Duration) Option { return optionFunc(func(s *settings) { s.heartbeat = d }) }
