package natsevents

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// receivers are the receiver keys of one event that this transport has declared or
// receives for. The stream drops a message without a consumer and confirms it. Publish
// therefore asks, after each confirmation, whether the consumers are still the ones that
// were there before it: see docs/decisions/nats-retention.md.
type receivers struct {
	check rounds

	mu       sync.Mutex
	known    []receiver // replaced, never changed
	replaced int        // how often a consumer was found to be a new one
	mark     string     // the last part of IDs until the time below
	until    time.Time
}

// receiver is a receiver key and its consumer.
type receiver struct {
	subscription transport.Subscription
	consumer     string    // its name
	created      time.Time // tells consumers of the same name apart
	sign         []byte    // what information about this consumer contains
}

// newReceiver describes a consumer. The sign makes it cheap to recognize the consumer: the
// server writes times in the same format.
func newReceiver(s transport.Subscription, info *jetstream.ConsumerInfo) receiver {
	created := info.Created.UTC()
	return receiver{s, info.Name, created, []byte(`"created":"` + created.Format(time.RFC3339Nano) + `"`)}
}

// adopt records the consumer of a receiver. It reports whether another consumer was
// recorded before, so that what that one held is lost.
func (r *receivers) adopt(s transport.Subscription, info *jetstream.ConsumerInfo, window time.Duration) (replaced bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := newReceiver(s, info)
	known := make([]receiver, 0, len(r.known)+1)
	for _, k := range r.known {
		switch {
		case k.consumer != found.consumer:
			known = append(known, k)
		case k.created.Equal(found.created):
			return false
		default:
			replaced = true
		}
	}
	r.known = append(known, found)
	if replaced {
		r.replaced++
	}
	r.remember(age(info, replaced), window)
	return replaced
}

// age returns the age of a consumer. If it was just found to be new, that is 0. Old
// servers do not report their time.
func age(info *jetstream.ConsumerInfo, isNew bool) time.Duration {
	switch {
	case isNew:
		return 0
	case info.TimeStamp.IsZero():
		return time.Since(info.Created)
	}
	return info.TimeStamp.Sub(info.Created)
}

// remember sets the mark of IDs for as long as the server may know IDs from the time
// before the newest consumer. Messages of that time were confirmed but not kept. Without
// the mark, the server would drop them as duplicates when they are published again. All
// processes with the same receivers use the same mark. The caller must hold the lock.
func (r *receivers) remember(age, window time.Duration) {
	if age >= window {
		return
	}
	newest := r.known[0].created
	for _, k := range r.known {
		if k.created.After(newest) {
			newest = k.created
		}
	}
	r.mark = "/" + strconv.FormatInt(newest.UnixNano(), 36)
	if until := time.Now().Add(window - age); until.After(r.until) {
		r.until = until
	}
}

// state is what is known of the receivers when a message is published.
type state struct {
	receivers *receivers // nil if there are none
	mark      string     // the last part of IDs
	replaced  int        // how many consumers were replaced
}

// state returns the zero value if r is nil.
func (r *receivers) state() state {
	if r == nil {
		return state{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mark != "" && time.Now().After(r.until) {
		r.mark = ""
	}
	return state{r, r.mark, r.replaced}
}

// isPast reports whether a consumer was replaced since.
func (s state) isPast() bool { return s.receivers.state().replaced != s.replaced }

// check returns the check of the receivers, or nil.
func (s state) check() *rounds {
	if s.receivers == nil {
		return nil
	}
	return &s.receivers.check
}

func (r *receivers) list() []receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known
}

// receiversOf returns the receivers of an event, or nil if this transport has none.
func (t *Transport) receiversOf(event string) *receivers {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.receivers[event]
}

// allReceivers returns the receivers of all events.
func (t *Transport) allReceivers() []*receivers {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := make([]*receivers, 0, len(t.receivers))
	for _, r := range t.receivers {
		all = append(all, r)
	}
	return all
}

// receiversFor returns the receivers of an event, and makes them if there are none.
func (t *Transport) receiversFor(event string) *receivers {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.receivers[event]
	if r == nil {
		r = &receivers{}
		r.check.do = func() error { return t.check(r) }
		if t.receivers == nil {
			t.receivers = map[string]*receivers{}
		}
		t.receivers[event] = r
	}
	return r
}

// adopt records the consumer of a receiver, and reports whether it replaces another one.
func (t *Transport) adopt(ctx context.Context, s transport.Subscription, name string) (replaced bool, err error) {
	info, err := t.lookFor(ctx, s, name)
	if err != nil {
		return false, err
	}
	r := t.receiversFor(s.Event)
	t.mu.RLock()
	window := t.window + duplicatesMargin
	t.mu.RUnlock()
	return r.adopt(s, info, window), nil
}

// duplicatesMargin is added to the time for which the server remembers IDs, because clocks
// differ.
const duplicatesMargin = 30 * time.Second

// checkTimeout limits one check of the receivers.
const checkTimeout = 2 * time.Second

// check asks the server for all consumers of an event at once. If any is gone or a new
// one, check restores what is missing. The error is an *uncheckedError.
func (t *Transport) check(r *receivers) error {
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	all := r.list()
	err := t.recognizeAll(ctx, all)
	if errors.Is(err, errOther) {
		err = t.restored(ctx, names(all)...)
	}
	if err != nil {
		return &uncheckedError{err}
	}
	return nil
}

func names(all []receiver) []string {
	list := make([]string, len(all))
	for i, k := range all {
		list[i] = k.consumer
	}
	return list
}

// uncheckedError reports that the receivers of an event could not be checked.
type uncheckedError struct{ err error }

func (e *uncheckedError) Error() string {
	return "the server does not say whether it keeps the event for its receivers: " + e.err.Error()
}

func (e *uncheckedError) Unwrap() error { return e.err }

func (t *Transport) recognizeAll(ctx context.Context, all []receiver) error {
	if len(all) == 1 { // the common case needs no goroutine
		return t.recognize(ctx, all[0])
	}
	answers := make(chan error, len(all))
	for _, k := range all {
		go func() { answers <- t.recognize(ctx, k) }()
	}
	var problem error
	for range all {
		problem = errors.Join(problem, <-answers)
	}
	return problem
}

// errOther reports that a consumer is gone or a new one.
var errOther = errors.New("the consumer is not the one that was there before")

// recognize returns nil if a consumer is still the same.
func (t *Transport) recognize(ctx context.Context, k receiver) error {
	answer, err := t.consumerInfo(ctx, k.consumer)
	switch {
	case err != nil:
		return err
	case !bytes.Contains(answer, k.sign):
		return errOther
	}
	return nil
}

// checkAgain waits until the receivers of an event are checked after a check has failed,
// for example because the connection was lost. It tries again after an error, unless
// somebody must change something.
func (t *Transport) checkAgain(ctx context.Context, r *receivers, failed error) error {
	_, limited := ctx.Deadline()
	for attempt := 1; ; attempt++ {
		switch {
		case failed == nil, isFinal(failed), ctx.Err() != nil, t.conn.IsClosed(), !limited && attempt > confirmAttempts:
			return failed
		case !pause(ctx, betweenChecks):
			return ctx.Err()
		}
		failed = r.check.wait(ctx)
	}
}

// betweenChecks is how long checkAgain waits after an error.
const betweenChecks = 100 * time.Millisecond
