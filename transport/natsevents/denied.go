package natsevents

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// deniedError reports that the server denies the user of the connection a subject. To
// callers it is a nats.ErrPermissionViolation.
type deniedError struct {
	verb    string // what is denied: "publish" or "subscribe"
	subject string
	allow   string // the permission to add
	err     error  // the client's
}

func (e *deniedError) Error() string {
	return fmt.Sprintf("the server denies this user to %s to %s: add the permission to %s to %s; docs/production.md lists the permissions that are needed",
		e.verb, e.subject, e.verb, e.allow)
}

func (e *deniedError) Unwrap() error { return e.err }

const (
	publishing  = "publish"
	subscribing = "subscribe"
)

// violations matches how servers report a denied subject. The client reports each
// violation without the call that it belongs to.
var violations = regexp.MustCompile(`(?i)permissions violation for (publish|subscription)[^"]*"([^"]+)"`)

// asDenied returns the violation that the client reports in err, or nil.
func (s settings) asDenied(err error) *deniedError {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return nil
	}
	found := violations.FindStringSubmatch(err.Error())
	if found == nil {
		return nil
	}
	verb := publishing
	if strings.EqualFold(found[1], "subscription") {
		verb = subscribing
	}
	return &deniedError{verb: verb, subject: found[2], allow: s.permission(verb, found[2]), err: err}
}

// permission returns the permission that allows a subject and those like it. It has the
// form of docs/production.md.
func (s settings) permission(verb, subject string) string {
	if verb == subscribing { // only inboxes are subscribed to
		inbox := strings.TrimSuffix(subject, ".*")
		return inbox[:strings.LastIndexByte(inbox, '.')+1] + ">"
	}
	for _, prefix := range []string{"$JS.ACK.", s.prefix + ".event.", s.prefix + ".dead."} {
		if strings.HasPrefix(subject, prefix) {
			return prefix + ">"
		}
	}
	stream := "." + eventStream(s.prefix) + "."
	if before, _, ok := strings.Cut(subject, stream); ok {
		return before + stream + ">"
	}
	return subject
}

// denials passes denied subjects of one connection to the calls that they concern. It may
// be used concurrently.
type denials struct {
	inbox atomic.Pointer[deniedError] // set while the server denies an inbox, so that no reply arrives

	mu      sync.Mutex
	watches map[*watch]struct{}
}

// logged are the denied permissions that were logged since the connection was made. There
// may be thousands of violations a second.
type logged struct {
	mu          sync.Mutex
	permissions map[string]bool
}

// watch is a call in progress.
type watch struct {
	concerns func(subject string) bool
	fail     func(error)
}

// report passes a denied subject to the calls that it concerns. A denied inbox concerns
// all calls.
func (d *denials) report(e *deniedError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.verb == subscribing {
		d.inbox.Store(e)
	}
	for w := range d.watches {
		if e.verb == subscribing || w.concerns(e.subject) {
			w.fail(e)
		}
	}
}

// add adds a permission. It returns false if the permission was logged before.
func (l *logged) add(e *deniedError) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	permission := e.verb + " " + e.allow
	if l.permissions[permission] || len(l.permissions) == maxLogged {
		return false
	}
	if l.permissions == nil {
		l.permissions = map[string]bool{}
	}
	l.permissions[permission] = true
	return true
}

func (l *logged) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.permissions = nil
}

// maxLogged limits the memory for what was logged.
const maxLogged = 1000

// inboxDenied returns an error while the server denies the inboxes of the connection.
func (d *denials) inboxDenied() error {
	if e := d.inbox.Load(); e != nil {
		return e
	}
	return nil
}

// watch calls fail for each denied subject that concerns the caller, until the returned
// function is called. fail must not block.
func (d *denials) watch(concerns func(subject string) bool, fail func(error)) (end func()) {
	w := &watch{concerns, fail}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watches == nil {
		d.watches = map[*watch]struct{}{}
	}
	d.watches[w] = struct{}{}
	if err := d.inboxDenied(); err != nil {
		fail(err)
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.watches, w)
	}
}

// denied logs a denied subject, and passes it to the calls that it concerns.
func (t *Transport) denied(d *denials, e *deniedError) {
	if t.logged.add(e) {
		t.log().Error("the NATS server denies a subject: events are not published or not received", "action", e.verb, "subject", e.subject, "permission", e.allow)
	}
	d.report(e)
}

// asking makes a call to the JetStream API. It returns at once if the server denies one of
// the subjects, or one that begins with such a subject and a dot.
func (t *Transport) asking(ctx context.Context, call func(context.Context) error, subjects ...string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer t.denials.watch(func(subject string) bool {
		return slices.ContainsFunc(subjects, func(s string) bool { return subject == s || strings.HasPrefix(subject, s+".") })
	}, cancel)()
	err := call(ctx)
	if err != nil && isLost(context.Cause(ctx)) {
		return context.Cause(ctx)
	}
	if denied := deniedCause(ctx); err != nil && denied != nil {
		return denied
	}
	return err
}

// deniedCause returns the error if a context has ended because the server denies a
// subject.
func deniedCause(ctx context.Context) error {
	if err := context.Cause(ctx); isDenied(err) {
		return err
	}
	return nil
}

func isDenied(err error) bool {
	var denied *deniedError
	return errors.As(err, &denied)
}
