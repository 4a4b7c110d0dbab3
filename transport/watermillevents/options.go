package watermillevents

import (
	"cmp"
	"time"

	"github.com/ThreeDotsLabs/watermill"

	"github.com/rollcall-go/rollcall/transport"
)

// SubscriberOption configures a subscriber.
type SubscriberOption interface{ apply(*subscriberSettings) }

type subscriberSettings struct {
	nackDelay func(attempt int) time.Duration
	logger    watermill.LoggerAdapter
}

type subscriberOptionFunc func(*subscriberSettings)

func (f subscriberOptionFunc) apply(s *subscriberSettings) { f(s) }

func newSubscriberSettings(options []SubscriberOption) subscriberSettings {
	s := subscriberSettings{nackDelay: transport.Backoff, logger: watermill.NopLogger{}}
	for _, o := range options {
		o.apply(&s)
	}
	return s
}

// NackDelay sets the delay before a nacked message is redelivered, by the attempt
// number from 1. The default is transport.Backoff. With no delay at all, a short
// outage uses up all attempts.
func NackDelay(delay func(attempt int) time.Duration) SubscriberOption {
	return subscriberOptionFunc(func(s *subscriberSettings) { s.nackDelay = delay })
}

// Logger sets the logger for errors that end a subscription prematurely. The
// subscription then starts again. By default, or if l is nil, nothing is logged.
func Logger(l watermill.LoggerAdapter) SubscriberOption {
	if l == nil {
		l = watermill.NopLogger{}
	}
	return subscriberOptionFunc(func(s *subscriberSettings) { s.logger = l })
}

// Option configures a transport.
type Option interface{ apply(*settings) }

type settings struct{ source string }

const defaultSource = "/rollcall"

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

func newSettings(options []Option) settings {
	s := settings{source: defaultSource}
	for _, o := range options {
		o.apply(&s)
	}
	return s
}

// Source sets the CloudEvents source of published messages that have none: a URI
// reference such as "/shop". The default, also for "", is "/rollcall".
func Source(source string) Option {
	return optionFunc(func(s *settings) { s.source = cmp.Or(source, defaultSource) })
}
