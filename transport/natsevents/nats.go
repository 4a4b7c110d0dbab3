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
	link          *link
	denials       *denials
	logged        logged

	restoring rounds // see restore

	mu        sync.RWMutex
	window    time.Duration         // how long the server remembers IDs
	receivers map[string]*receivers // by event
}

var (
	_ transport.Transport   = (*Transport)(nil)
	_ transport.Declarer    = (*Transport)(nil)
	_ transport.DeadLetters = (*Transport)(nil)
	_ transport.Connector   = (*Transport)(nil)

	_ transport.BacklogReporter = (*Transport)(nil)
)

// setupTimeout limits the calls that create streams and consumers, and every other
// JetStream call whose context has no deadline.
const setupTimeout = 10 * time.Second

// duplicates is how long the server remembers IDs in a stream of ours.
const duplicates = 2 * time.Minute

// Connect returns a transport over a NATS server or cluster. list is a URL such as
// "nats://host:4222", or several separated by commas. Connect only checks the URLs and the
// options. The transport then connects and creates the streams in the background. The
// attempts never stop, and a connection that is lost later is restored. Failed attempts are
// logged, at intervals that grow.
//
// AwaitConnection waits for the connection. Publish, Declare and Subscribe wait for it,
// too, until their context ends.
//
// Errors contain no password and no token. Special characters in them must be
// percent-encoded. Connect refuses URLs that it could take in more than one way, for
// example because of a comma in a password, before it looks up any host.
func Connect(list string, options ...Option) (*Transport, error) {
	s := newSettings(options)
	if err := s.check(); err != nil {
		return nil, err
	}
	servers, addresses, err := readServers(list)
	if err != nil {
		return nil, annotated(err, "connecting to NATS")
	}
	o, err := s.clientOptions()
	if err != nil {
		return nil, annotated(err, "the options of the NATS client")
	}
	o.Servers = servers
	t := newTransport(s, nil, addresses)
	go t.connect(o)
	return t, nil
}

func newTransport(s settings, store *store, addresses string) *Transport {
	t := &Transport{settings: s, store: store, link: newLink(addresses), window: duplicates}
	t.restoring.do = t.restore
	return t
}

// clientOptions returns the options of the client. The client reconnects without limit,
// even if the server refuses it for a while, for example because credentials change.
func (s settings) clientOptions(more ...nats.Option) (nats.Options, error) {
	o := nats.GetDefaultOptions()
	o.Name, o.MaxReconnect, o.IgnoreAuthErrorAbort = "rollcall", -1, true
	for _, set := range slices.Concat(s.client, more) {
		if set == nil {
			continue
		}
		if err := set(&o); err != nil {
			return o, err
		}
	}
	return o, nil
}

// setUp makes t ready to use, over its connection.
func (t *Transport) setUp(ctx context.Context) (err error) {
	if t.js, err = jetstream.New(t.conn, jetstream.WithDefaultTimeout(setupTimeout)); err != nil {
		return err
	}
	if t.confirmations, err = newConfirmations(t.conn, t.store, t.denials); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	if t.store != nil {
		if err := t.checkStore(ctx); err != nil {
			return err
		}
	}
	for _, config := range t.streams() {
		if err := t.ensureStream(ctx, config); err != nil {
			return err
		}
	}
	if t.store == nil {
		return nil
	}
	return annotated(t.repair(context.Background()), "repairing the stream "+t.eventStream())
}

// streams returns the streams of the transport. For why the events have interest
// retention, see docs/decisions/nats-retention.md.
func (t *Transport) streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{Name: t.eventStream(), Subjects: []string{t.eventSubject(">")}, Retention: jetstream.InterestPolicy, Discard: jetstream.DiscardNew, Duplicates: duplicates},
		{Name: t.deadStream(), Subjects: []string{t.settings.prefix + ".dead.>"}, Discard: jetstream.DiscardNew, Duplicates: duplicates},
	}
}

// ensureStream creates a stream. It leaves an existing stream as it is, because its
// limits or replicas may have been changed on the server.
func (t *Transport) ensureStream(ctx context.Context, config jetstream.StreamConfig) error {
	config.Storage = jetstream.FileStorage
	there, err := t.stream(ctx, config.Name)
	if t.settings.existing && errors.Is(err, jetstream.ErrStreamNotFound) {
		return errNoStream(config.Name)
	}
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
		return streamError("there is a stream %s already, of the subjects %q, without %q: use another prefix, "+
			"one that differs by more than case", config.Name, got.Subjects, config.Subjects[0])
	}
	if got.Retention != config.Retention || got.Storage != config.Storage {
		return streamError("there is a stream %s already, of %v retention in %v storage; it must be of %v retention in %v storage: "+
			"use another prefix, or delete it if nobody needs it", config.Name, got.Retention, got.Storage, config.Retention, config.Storage)
	}
	if config.Name == t.eventStream() {
		t.mu.Lock()
		t.window = max(duplicates, got.Duplicates)
		t.mu.Unlock()
	}
	return nil
}

// conflictError reports a stream that somebody has made for something else.
type conflictError struct{ problem string }

func (e *conflictError) Error() string { return e.problem }

func streamError(format string, args ...any) error {
	return &conflictError{fmt.Sprintf(format, args...)}
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
	wasReady := t.link.close()
	if wasReady {
		t.disconnect()
	}
	for _, r := range t.allReceivers() {
		r.check.end()
	}
	t.restoring.end()
	if t.store != nil {
		if wasReady {
			t.store.counted.Do(t.writeCensus)
		}
		t.store.stop()
	}
}

// Publish returns nil when the server keeps the message for each receiver key of the event
// that this transport has declared or receives for. If nobody receives the event, Publish
// returns nil, too. If the consumer of such a key was deleted, Publish declares the key
// again, logs that, and publishes the message again. Other keys may then get the message
// twice. A consumer that somebody deletes later takes the messages with it that wait for
// it: the server does not protect them, but the loss is logged when it is found.
//
// The error is a *transport.MessageError, the client's or the context's. It is a
// *transport.MessageError, too, if the message or its headers exceed the server's limit
// minus 5 KiB. The 5 KiB are reserved for the headers of a dead letter. It is a
// *transport.UnroutableError if a consumer disappears as often as it is made again. If the
// server denies the event's subject, or the question whether it keeps the event, Publish
// returns a nats.ErrPermissionViolation at once.
//
// If ctx has no deadline, Publish waits 30 seconds at most. If there is no connection
// meanwhile, the error has the servers' addresses and why the last attempt failed.
func (t *Transport) Publish(ctx context.Context, m transport.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if err := transport.CheckDelay(ctx, t, m); err != nil {
		return err
	}
	if !t.link.isReady() {
		var cancel context.CancelFunc
		ctx, cancel = limited(ctx)
		defer cancel()
		if err := t.link.await(ctx); err != nil {
			return annotated(err, "publishing event "+m.Event)
		}
	}
	var known *receivers
	if t.store == nil { // nobody else can delete the consumers of an embedded server
		known = t.receiversOf(m.Event)
	}
	for range confirmAttempts {
		now := known.state()
		err := t.publish(ctx, m, now)
		var unchecked *uncheckedError
		if errors.As(err, &unchecked) {
			err = annotated(t.explained(t.checkAgain(ctx, known, unchecked)), "publishing event "+m.Event)
		}
		if err != nil && !errors.Is(err, errUnanswered) || !now.isPast() {
			return err
		}
	}
	return &transport.UnroutableError{Event: m.Event, Key: m.Key}
}

// publish publishes a message once. If it has receivers, their check follows the
// confirmation.
func (t *Transport) publish(ctx context.Context, m transport.Message, now state) error {
	h := t.header(m, t.publishedKey(m)+now.mark, nil)
	if problem := t.tooLarge(m, h); problem != "" {
		return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: problem}
	}
	return t.send(ctx, t.eventSubject(m.Event), m, h, now)
}

// tooLarge returns what is too large about a message, or "".
func (t *Transport) tooLarge(m transport.Message, h *header) string {
	headers := headerSize(h.fields)
	if size, limit := len(m.Body)+headers, int(t.conn.MaxPayload())-deadLetterRoom; size > limit {
		return fmt.Sprintf("its body has %d bytes, %d with its headers: the limit is %d, which leaves room for the headers of a dead letter", len(m.Body), size, limit)
	} else if limit := maxHeaders - deadLetterRoom; headers > limit {
		return fmt.Sprintf("its headers have %d bytes: the limit is %d, which leaves room for the headers of a dead letter", headers, limit)
	}
	return ""
}

// publishedKey identifies duplicates of a message. An ID belongs to one source, and to
// one receiver key if the message names one. The ID is escaped because it may contain a
// slash. The event and the key can't contain one, and the source is the last part.
func (t *Transport) publishedKey(m transport.Message) string {
	return m.Event + "/" + m.Key + "/" + url.PathEscape(m.ID) + "/" + cmp.Or(m.Source, t.settings.source)
}

// send waits for the confirmation. If none comes, for example because the connection was
// lost meanwhile, send publishes again: the server recognizes duplicates by their ID. If
// the server has lost the stream, send restores it once, or once for each connection. When
// the state is past, the ID is wrong, and the error is errUnanswered.
func (t *Transport) send(ctx context.Context, subject string, m transport.Message, h *header, now state) error {
	if err := ctx.Err(); err != nil {
		return annotated(t.explained(err), "publishing event "+m.Event)
	}
	_, limited := ctx.Deadline()
	restored := false
	for attempt := 1; ; attempt++ {
		done, err := t.confirmations.publish(ctx, subject, h.fields, m.Body, now.check())
		if isStreamLost(err) && !restored {
			err = t.restored(ctx)
			restored = !isLost(err)
			if err == nil {
				continue
			}
		}
		switch {
		case errors.Is(err, errUnanswered) && (limited || attempt < confirmAttempts) && !now.isPast():
			continue
		case done:
			t.release(h)
		}
		return annotated(t.explained(err), "publishing event "+m.Event)
	}
}

// confirmAttempts is how often an unconfirmed message is published if the caller's
// context has no deadline.
const confirmAttempts = 5
