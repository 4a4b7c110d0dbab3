package amqpevents

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// ConflictError reports that an exchange or a queue exists on the broker with other
// arguments than the transport needs.
type ConflictError struct {
	Kind string // "exchange" or "queue"
	Name string
	Err  error // the broker's
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("there is a %s %s already, with other arguments: delete it if nobody needs it, use another prefix, "+
		"or set the option Classic as its creator did: %v", e.Kind, e.Name, e.Err)
}

// Unwrap returns the broker's error.
func (e *ConflictError) Unwrap() error { return e.Err }

// temporaryError reports a dead letter that can't be replayed. To callers it is a
// *transport.UnroutableError. It has a text of its own, because that of the
// UnroutableError would ask for a receiver.
type temporaryError struct{ event string }

func (e *temporaryError) Error() string {
	return fmt.Sprintf("a dead letter of a temporary receiver of event %s can't be replayed, because the receiver has no key: keep it or discard it", e.event)
}

func (e *temporaryError) Unwrap() error { return &transport.UnroutableError{Event: e.event} }

var (
	errClosed     = errors.New("the transport is closed")
	errURL        = errors.New("the URL of the broker must be like amqp://user:password@host:5672/vhost, or amqps://, with special characters in the user, the password and the vhost percent-encoded")
	errParameters = errors.New("after the question mark, the URL of the broker may have these parameters, separated by &: " + strings.Join(parameters, ", ") +
		"; auth_mechanism must be one of " + strings.Join(mechanisms, ", "))
	errURLOrParameters = fmt.Errorf("%w; %w", errURL, errors.New("heartbeat, connection_timeout and channel_max must be numbers"))
	errSource          = errors.New(`the source is "", so nobody could read the events: give Source a URI reference such as "/shop", or leave it out`)
	errTLS             = errors.New("the option TLS needs a URL that begins with amqps://")
	errVhost           = errors.New("the broker refuses the vhost of the URL: create it, or let the user access it")
	errSilent          = errors.New("the broker does not answer")
	errNacked          = errors.New("the broker refused to keep it, for example because a queue is full")
	errHeader          = errors.New("its headers are too large for the broker")

	// errRefused marks an error of the broker that concerns a single message.
	errRefused = errors.New("the broker refuses it")

	// errLost means that the caller must publish again.
	errLost = errors.New("the connection was lost")

	// errMomentary marks a failure that may succeed if it is tried again.
	errMomentary = errors.New("tried for a while")
)

func errPrefix(prefix string) error {
	return fmt.Errorf("the prefix %q must be letters, digits and underscores, 32 at most", prefix)
}

func errMaxBody(bytes int) error {
	return fmt.Errorf("the option MaxBody must not be negative: %d", bytes)
}

// errDialling returns the error of a failed attempt to connect. It leaves out what the
// URL contains: the vhost, which the broker quotes, and the paths of files.
func errDialling(err error) error {
	var said *amqp091.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return fmt.Errorf("reading a certificate or a key that the URL names: %w", path.Err)
	case errors.As(err, &said) && said.Code == amqp091.NotAllowed && strings.Contains(said.Reason, "limit"):
		return errors.New("the broker takes no further connection: it has reached a connection limit of the vhost or the user")
	case errors.As(err, &said) && said.Code == amqp091.NotAllowed:
		return errVhost
	}
	return err
}

// errUnconnected reports that a wait for a connection has ended.
func errUnconnected(host string, reason, ended error) error {
	if reason == nil {
		return fmt.Errorf("there is no connection to %s: %w", host, ended)
	}
	return fmt.Errorf("there is no connection to %s (%w): %w", host, reason, ended)
}

func errBlocked(reason string, ended error) error {
	return fmt.Errorf("the broker blocks publishers (%s): %w", reason, ended)
}

func errStalled(ended error) error {
	return fmt.Errorf("the broker does not read what is sent: %w", ended)
}

func errUnconfirmed(ended error) error {
	return fmt.Errorf("the broker has not confirmed it, so it may or may not have been kept: %w", ended)
}

// errDeclaring returns the error of a failed declaration. It wraps errMomentary if the
// broker does not find what is declared. Another program may have just deleted it, or may
// be creating it: RabbitMQ takes a queue whose process has not started for one whose node
// is down.
func errDeclaring(kind, name string, err error) error {
	var said *amqp091.Error
	switch {
	case !errors.As(err, &said):
	case said.Code == amqp091.PreconditionFailed && strings.Contains(said.Reason, "inequivalent arg"):
		return &ConflictError{Kind: kind, Name: name, Err: err}
	case said.Code == amqp091.NotFound:
		return fmt.Errorf("declaring the %s %s (%w): %w", kind, name, errMomentary, err)
	}
	return fmt.Errorf("declaring the %s %s: %w", kind, name, err)
}

func problem(m transport.Message, format string, arguments ...any) error {
	return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: fmt.Sprintf(format, arguments...)}
}

// annotated wraps err with a description of what failed. It returns nil if err is nil.
func annotated(err error, format string, arguments ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, arguments...), err)
}

// isPermanent reports whether the broker would refuse the same again.
func isPermanent(err error) bool {
	var conflict *ConflictError
	var said *amqp091.Error
	switch {
	case errors.As(err, &conflict):
		return true
	case !errors.As(err, &said):
		return false
	}
	return said.Code == amqp091.AccessRefused || said.Code == amqp091.PreconditionFailed && errors.Is(err, errRefused)
}

// isUnreadable reports whether the client closed a connection because it could not read
// what the broker sent.
func isUnreadable(err error) bool {
	var said *amqp091.Error
	return errors.As(err, &said) && !said.Server && (said.Code == amqp091.FrameError || said.Code == amqp091.SyntaxError)
}

// isException reports whether the broker has closed the channel.
func isException(err error) bool {
	var said *amqp091.Error
	return errors.As(err, &said)
}

// isNoQueue reports whether a queue does not exist. A queue whose node is down is not
// found either, but it exists.
func isNoQueue(err error) bool {
	var said *amqp091.Error
	return errors.As(err, &said) && said.Code == amqp091.NotFound && strings.HasPrefix(said.Reason, "NOT_FOUND - no queue")
}

// givenUpReason returns the reason for a message whose receivers have died.
func givenUpReason(attempts int) string {
	return fmt.Sprintf("given up after %d attempts: no receiver has settled the last one", attempts)
}
