package natsevents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// Transport carries events over JetStream. Make it with [Embedded] or [Connect], and
// end it with Close. It may be used concurrently.
type Transport struct {
	settings settings
	conn     *nats.Conn
	js       jetstream.JetStream

	confirmations *confirmations
	store         *store    // of the embedded server, or nil
	headers       sync.Pool // of *header
	denials       denials
}

var (
	_ transport.Transport   = (*Transport)(nil)
	_ transport.Declarer    = (*Transport)(nil)
	_ transport.DeadLetters = (*Transport)(nil)
)

// setupTimeout limits the calls that create streams and consumers, and every other
// JetStream call whose context has no deadline.
const setupTimeout = 10 * time.Second

// duplicates is how long the server remembers IDs.
const duplicates = 2 * time.Minute

// Connect connects to a NATS server or cluster and creates the streams. servers is a
// URL such as "nats://host:4222", or several separated by commas. If no server can be
// reached, Connect returns an error without trying again. A connection that is lost
// later is restored automatically, and the attempts never stop.
//
// Errors contain no password and no token. Special characters in them must be
// percent-encoded. Connect refuses URLs that it could take in more than one way, for
// example because of a comma in a password, before it looks up any host.
func Connect(servers string, options ...Option) (*Transport, error) {
	s := newSettings(options)
	if err := s.check(); err != nil {
		return nil, err
	}
	addresses, err := readServers(servers)
	if err != nil {
		return nil, annotated(err, "connecting to NATS")
	}
	t := &Transport{settings: s}
	conn, err := nats.Connect(servers, t.clientOptions()...)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", addresses, err)
	}
	return t.open(conn)
}

// open makes t ready to use, over a connection. If that fails, open closes t.
func (t *Transport) open(conn *nats.Conn) (*Transport, error) {
	t.conn = conn
	if err := t.setUp(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Transport) setUp() (err error) {
	if t.js, err = jetstream.New(t.conn, jetstream.WithDefaultTimeout(setupTimeout)); err != nil {
		return err
	}
	if t.confirmations, err = newConfirmations(t.conn, t.store, &t.denials); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	for _, config := range []jetstream.StreamConfig{
		{Name: t.eventStream(), Subjects: []string{t.eventSubject(">")}, Retention: jetstream.InterestPolicy, Discard: jetstream.DiscardNew, Duplicates: duplicates},
		{Name: t.deadStream(), Subjects: []string{t.settings.prefix + ".dead.>"}, Discard: jetstream.DiscardNew, Duplicates: duplicates},
	} {
		if err := t.ensureStream(ctx, config); err != nil {
			return err
		}
	}
	if t.store == nil {
		return nil
	}
	return annotated(t.repair(context.Background()), "repairing the stream "+t.eventStream())
}

// ensureStream creates a stream. It leaves an existing stream as it is, because its
// limits or replicas may have been changed on the server.
func (t *Transport) ensureStream(ctx context.Context, config jetstream.StreamConfig) error {
	config.Storage = jetstream.FileStorage
	there, err := t.stream(ctx, config.Name)
	var failed error
	for try := 0; errors.Is(err, jetstream.ErrStreamNotFound) && try < 5; try++ {
		if failed = t.createStream(ctx, config); failed == nil || isDenied(failed) {
			return annotated(failed, "making the stream "+config.Name)
		}
		pause(ctx, 100*time.Millisecond) // another process may be creating it
		there, err = t.stream(ctx, config.Name)
	}
	if err != nil {
		return annotated(errors.Join(failed, err), "making the stream "+config.Name)
	}
	got := there.CachedInfo().Config
	if !slices.Contains(got.Subjects, config.Subjects[0]) {
		return fmt.Errorf("there is a stream %s already, of the subjects %q, without %q: use another prefix, "+
			"one that differs by more than case", config.Name, got.Subjects, config.Subjects[0])
	}
	if got.Retention != config.Retention || got.Storage != config.Storage {
		return fmt.Errorf("there is a stream %s already, of %v retention in %v storage; it must be of %v retention in %v storage: "+
			"use another prefix, or delete it if nobody needs it", config.Name, got.Retention, got.Storage, config.Retention, config.Storage)
	}
	return nil
}

func annotated(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (t *Transport) eventStream() string { return eventStream(t.settings.prefix) }
func (t *Transport) deadStream() string  { return strings.ToUpper(t.settings.prefix) + "_DEAD" }

func eventStream(prefix string) string { return strings.ToUpper(prefix) }

func (t *Transport) eventSubject(event string) string { return t.settings.prefix + ".event." + event }

func (t *Transport) deadSubject(event, key string) string {
	return t.settings.prefix + ".dead." + consumerName(event, key)
}

// Close ends the connection and the embedded server, if there is one. End the
// subscriptions before that.
func (t *Transport) Close() {
	t.conn.Close()
	if t.confirmations != nil {
		t.confirmations.close()
	}
	if t.store != nil {
		t.store.stop()
	}
}

// Publish returns nil when the server has confirmed the message, even if nobody
// receives it. The error is a *transport.MessageError, the client's or the context's.
// It is a *transport.MessageError, too, if the message or its headers exceed the
// server's limit minus 5 KiB. The 5 KiB are reserved for the headers of a dead letter. If
// the server denies the event's subject, Publish returns a nats.ErrPermissionViolation at
// once.
// If ctx has no deadline, Publish waits 30 seconds at most.
func (t *Transport) Publish(ctx context.Context, m transport.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	h := t.header(m, t.publishedKey(m), nil)
	problem, headers := "", headerSize(h.fields)
	if size, limit := len(m.Body)+headers, int(t.conn.MaxPayload())-deadLetterRoom; size > limit {
		problem = fmt.Sprintf("its body has %d bytes, %d with its headers: the limit is %d, which leaves room for the headers of a dead letter", len(m.Body), size, limit)
	} else if limit := maxHeaders - deadLetterRoom; headers > limit {
		problem = fmt.Sprintf("its headers have %d bytes: the limit is %d, which leaves room for the headers of a dead letter", headers, limit)
	}
	if problem != "" {
		return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: problem}
	}
	return t.send(ctx, t.eventSubject(m.Event), m, h)
}

// publishedKey identifies duplicates of a message. An ID belongs to one source, and to
// one receiver key if the message names one. The ID is escaped because it may contain a
// slash. The event and the key can't contain one, and the source is the last part.
func (t *Transport) publishedKey(m transport.Message) string {
	return m.Event + "/" + m.Key + "/" + url.PathEscape(m.ID) + "/" + cmp.Or(m.Source, t.settings.source)
}

// send waits for the confirmation. If none comes, for example because the connection was
// lost meanwhile, send publishes again: the server recognizes duplicates by their ID.
func (t *Transport) send(ctx context.Context, subject string, m transport.Message, h *header) error {
	if err := ctx.Err(); err != nil {
		return annotated(err, "publishing event "+m.Event)
	}
	_, limited := ctx.Deadline()
	for attempt := 1; ; attempt++ {
		done, err := t.confirmations.publish(ctx, subject, h.fields, m.Body)
		if done {
			t.release(h)
		}
		if !errors.Is(err, errUnanswered) || !limited && attempt == confirmAttempts {
			return annotated(err, "publishing event "+m.Event)
		}
	}
}

// confirmAttempts is how often an unconfirmed message is published if the caller's
// context has no deadline.
const confirmAttempts = 5
