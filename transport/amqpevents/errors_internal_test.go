package amqpevents

import (
	"errors"
	"fmt"
	"testing"

	"github.com/rabbitmq/amqp091-go"
)

// What a broker says of a declaration or of a message, in its words.
func TestWhatIsPermanent(t *testing.T) {
	said := func(code int, reason string) error { return &amqp091.Error{Code: code, Reason: reason} }
	for _, c := range []struct {
		err                 error
		conflict, permanent bool
	}{
		{err: errDeclaring("queue", "q", said(406, "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/'")), conflict: true, permanent: true},
		{err: errDeclaring("queue", "q", said(406, "PRECONDITION_FAILED - cannot declare queue 'q': queue limit in vhost '/' (1) is reached"))},
		{err: errDeclaring("queue", "q", said(403, "ACCESS_REFUSED")), permanent: true},
		{err: errDeclaring("queue", "q", said(404, "NOT_FOUND"))},
		{err: errDeclaring("queue", "q", errLost)},
		{err: said(406, "PRECONDITION_FAILED - message size 9 larger than configured max size 8")},
		{err: fmt.Errorf("%w: %w", errRefused, said(406, "PRECONDITION_FAILED - message size 9 larger than configured max size 8")), permanent: true},
		{err: fmt.Errorf("%w: %w", errRefused, said(404, "NOT_FOUND - no exchange"))},
	} {
		var conflict *ConflictError
		if got := errors.As(c.err, &conflict); got != c.conflict || isPermanent(c.err) != c.permanent {
			t.Errorf("%v: a conflict: %v, permanent: %v", c.err, got, isPermanent(c.err))
		}
	}
}

// Only where there is no queue there are no dead letters.
func TestNoQueue(t *testing.T) {
	for reason, want := range map[string]bool{
		"NOT_FOUND - no queue 'q' in vhost '/'": true,
		"NOT_FOUND - home node 'rabbit@no queue' of durable queue 'q' in vhost '/' is down or inaccessible": false,
		"NOT_FOUND - queue 'q' in vhost '/' process is stopped by supervisor":                               false,
		"NOT_FOUND - no exchange 'e' in vhost '/'":                                                          false,
	} {
		if got := isNoQueue(&amqp091.Error{Code: amqp091.NotFound, Reason: reason}); got != want {
			t.Errorf("%s: %v", reason, got)
		}
	}
	if isNoQueue(errLost) || isNoQueue(nil) {
		t.Error("what the broker does not say is taken for it")
	}
}
