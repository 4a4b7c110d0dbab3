package natsevents

import "log/slog"

// Logger sets where a transport logs what it can't return as an error. The default is
// slog.Default().
func Logger(l *slog.Logger) Option { return optionFunc(func(s *settings) { s.logger = l }) }

// log returns the logger of the transport.
func (t *Transport) log() *slog.Logger { return t.settings.log() }

func (s settings) log() *slog.Logger {
	if s.logger != nil {
		return s.logger
	}
	return slog.Default()
}
