package sqlevents

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-go/rollcall/transport"
)

// A message must not be published before the receivers of its event are declared at the
// broker: it would not be kept for them. A process that starts while the broker is away
// can't declare them yet. So each row that it inserts has the receiver keys with it, and
// whichever instance publishes the row declares them first. Another instance may be older
// and not know these keys.

// receiver is a receiver key of an event.
type receiver struct{ event, key string }

// receivers are what this process knows about the receivers at the broker. The zero
// receivers know nothing.
type receivers struct {
	mu       sync.Mutex
	wanted   map[string][]string   // by event: receiver keys that are not declared yet, sorted
	declared map[receiver]struct{} // at the broker
	calls    sync.Mutex            // held during a call of the broker
}

// want enters a receiver that is to be declared later.
func (r *receivers) want(of receiver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := r.wanted[of.event]
	i, found := slices.BinarySearch(keys, of.key)
	if _, done := r.declared[of]; done || found {
		return
	}
	if r.wanted == nil {
		r.wanted = map[string][]string{}
	}
	r.wanted[of.event] = slices.Insert(slices.Clone(keys), i, of.key) // the old slice may be in use
}

// of returns the receiver keys of an event that are not declared yet. The caller must not
// change them.
func (r *receivers) of(event string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wanted[event]
}

// add enters a receiver that is declared.
func (r *receivers) add(of receiver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.declared == nil {
		r.declared = map[receiver]struct{}{}
	}
	r.declared[of] = struct{}{}
	if keys, found := r.wanted[of.event]; found {
		keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == of.key })
		if r.wanted[of.event] = keys; len(keys) == 0 {
			delete(r.wanted, of.event)
		}
	}
}

func (r *receivers) has(of receiver) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, found := r.declared[of]
	return found
}

// AwaitStore returns nil when the database can be reached and the tables are of the right
// version. The error is a [*SchemaError] at once if the tables are missing or of another
// version. If ctx ends before the connection, the error has the reason.
func (t *Transport) AwaitStore(ctx context.Context) error { return t.awaitTables(ctx) }

// Declare declares a receiver at the inner transport, and waits for its broker. It does
// nothing if the inner transport is not a transport.Declarer. The receiver may also get
// messages that are in the outbox at this moment.
func (t *Transport) Declare(ctx context.Context, s transport.Subscription) error {
	d, ok := t.inner.(transport.Declarer)
	if !ok {
		return nil
	}
	if err := d.Declare(ctx, s); err != nil {
		return err
	}
	t.receivers.add(receiver{s.Event, s.Key})
	return nil
}

// DeclareLater is Declare without the broker: it returns at once. Until the receiver is
// declared, each message of the event that this process stores has the key with it. The
// relay of the instance that publishes such a message declares the receiver first. If that
// fails, the message waits like one that can't be published.
//
// The error is a *transport.SubscriptionError. DeclareLater does nothing if the inner
// transport is not a transport.Declarer.
func (t *Transport) DeclareLater(s transport.Subscription) error {
	if _, ok := t.inner.(transport.Declarer); !ok {
		return nil
	}
	s, err := s.Check()
	if err != nil {
		return err
	}
	if s.Key == "" {
		return &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver can't be declared: give it a key"}
	}
	t.receivers.want(receiver{s.Event, s.Key})
	return nil
}

// declareFor declares the receivers that come with a row. Only the first of several rows
// asks the broker.
func (t *Transport) declareFor(ctx context.Context, r row) error {
	for _, key := range r.receivers {
		of := receiver{r.message.Event, key}
		if t.receivers.has(of) {
			continue
		}
		if err := t.declareOnce(ctx, of); err != nil {
			return fmt.Errorf("declaring the receiver %s of event %s: %w", of.key, of.event, err)
		}
	}
	return nil
}

func (t *Transport) declareOnce(ctx context.Context, of receiver) error {
	t.receivers.calls.Lock()
	defer t.receivers.calls.Unlock()
	if t.receivers.has(of) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.Declare(ctx, transport.Subscription{Event: of.event, Key: of.key})
}

// receiversHeader is the name in a row's headers of the receiver keys to declare. Messages
// can't have a header of this name. Keys contain no spaces.
const receiversHeader = "rollcall-receivers"

// encodeHeaders returns the headers of a row as JSON, sorted. Message.Check has refused what
// JSON escapes, but for quotes and backslashes in values.
func encodeHeaders(headers map[string]string, receivers []string) string {
	if len(receivers) > 0 {
		own := map[string]string{receiversHeader: strings.Join(receivers, " ")}
		maps.Copy(own, headers)
		headers = own
	}
	if len(headers) == 0 {
		return "{}"
	}
	names := slices.AppendSeq(make([]string, 0, 8), maps.Keys(headers))
	slices.Sort(names)
	text := make([]byte, 0, 64*len(headers))
	for i, name := range names {
		text = append(append(append(text, "{,"[min(i, 1)], '"'), name...), `":"`...)
		for _, c := range []byte(headers[name]) {
			if c == '"' || c == '\\' {
				text = append(text, '\\')
			}
			text = append(text, c)
		}
		text = append(text, '"')
	}
	return string(append(text, '}'))
}

// decodeHeaders splits the headers of a row into those of the message and the receivers.
func decodeHeaders(text string) (headers map[string]string, receivers []string, err error) {
	if text == "{}" {
		return nil, nil, nil
	}
	if err := json.Unmarshal([]byte(text), &headers); err != nil {
		return nil, nil, err
	}
	receivers = strings.Fields(headers[receiversHeader])
	if delete(headers, receiversHeader); len(headers) == 0 {
		headers = nil
	}
	return headers, receivers, nil
}
