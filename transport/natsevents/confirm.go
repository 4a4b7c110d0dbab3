package natsevents

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// confirmations publishes messages and waits for the server's answers. All waiting calls
// share one subscription and one timer, whereas the client's own methods need a goroutine
// or a timer for each message. It may be used concurrently.
type confirmations struct {
	conn    *nats.Conn
	prefix  string // of the subjects of answers, which end in a number
	store   *store // of an embedded server, or nil
	denials *denials
	ignore  func() // no longer watches denials
	queue   queue[*sending]
	out     nats.Msg // the copy that is being sent

	spare sync.Pool // of *sending that can be reused

	mu       sync.Mutex
	last     uint64
	damaged  error             // set once an embedded server could not write
	waiting  map[uint64]waiter // by the number after the prefix
	sweeps   int               // how many there were so far
	sweeping bool              // whether the timer runs
}

// sending is a message to be sent. It is not sent if the call that waits for its answer
// has given up before.
type sending struct {
	answer chan error // gets one answer at most

	mu        sync.Mutex
	message   nats.Msg
	abandoned bool
	sent      bool // the client no longer needs the message
}

// abandon returns the body to the caller: nothing reads it any more. The client may still
// read the header.
func (s *sending) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned = true
}

// copyTo copies the message to m, and the body to the buffer that m already has. It
// returns false if the message was abandoned.
func (s *sending) copyTo(m *nats.Msg) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.abandoned {
		return false
	}
	m.Subject, m.Reply, m.Header = s.message.Subject, s.message.Reply, s.message.Header
	m.Data = append(m.Data[:0], s.message.Data...)
	return true
}

func (s *sending) setSent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = true
}

// reset prepares s for another message after an answer. It returns false if the answer
// arrived before the client was finished with the message.
func (s *sending) reset() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sent {
		return false
	}
	s.message, s.sent = nats.Msg{}, false
	return true
}

// waiter is a call that waits for an answer. since is the number of sweeps at its
// beginning. If check is not nil, a message that is kept waits for its result, too.
type waiter struct {
	answer  chan<- error
	check   *rounds
	since   int
	subject string
}

func newConfirmations(conn *nats.Conn, store *store, denials *denials) (*confirmations, error) {
	c := &confirmations{conn: conn, prefix: conn.NewInbox() + ".", store: store, denials: denials, waiting: map[uint64]waiter{}}
	c.queue.handle = c.send
	c.ignore = denials.watch(func(string) bool { return true }, c.deny)
	_, err := conn.Subscribe(c.prefix+"*", c.answered)
	return c, err
}

// errUnanswered reports that the server has not answered a message in time.
var errUnanswered = errors.New("the server did not answer")

// publish sends a message and waits for the answer, up to a limit. If the message is kept
// and check is not nil, publish also waits for the result of the check. The error is
// errUnanswered, the check's, the server's, the client's or the context's. When publish has
// returned, nothing reads the body any more. If done is true, nothing reads the header
// either.
func (c *confirmations) publish(ctx context.Context, subject string, header nats.Header, body []byte, check *rounds) (done bool, err error) {
	if err := c.denials.inboxDenied(); err != nil {
		return true, err // the answer would not arrive
	}
	s, ok := c.spare.Get().(*sending)
	if !ok {
		s = &sending{answer: make(chan error, 1)}
	}
	s.message = nats.Msg{Subject: subject, Header: header, Data: body}
	id := c.begin(s, check)
	select {
	case err = <-s.answer:
	case <-ctx.Done(): // an answer may still arrive
		c.take(id)
		s.abandon()
		return false, ctx.Err()
	}
	if err != nil { // the message may not have been sent yet
		s.abandon()
		return false, err
	}
	if done = s.reset(); done {
		c.spare.Put(s)
	}
	return done, nil
}

// begin queues a message to be sent, and returns its number.
func (c *confirmations) begin(s *sending, check *rounds) (id uint64) {
	c.mu.Lock()
	c.last++
	id = c.last
	if c.damaged != nil {
		c.mu.Unlock()
		s.answer <- c.damaged
		return id
	}
	c.waiting[id] = waiter{s.answer, check, c.sweeps, s.message.Subject}
	if !c.sweeping {
		c.sweeping = true
		time.AfterFunc(sweepEvery, c.sweep)
	}
	c.mu.Unlock()
	s.message.Reply = c.replySubject(id)
	c.queue.add(s)
	return id
}

func (c *confirmations) replySubject(id uint64) string {
	var room [64]byte
	return string(strconv.AppendUint(append(room[:0], c.prefix...), id, 10))
}

// send is called by the queue only, for one message at a time. The client may have to
// wait while the connection accepts no more data, but it does not retain the message.
// send therefore passes a copy, so that a caller can stop waiting without waiting for the
// client.
func (c *confirmations) send(s *sending) {
	if !s.copyTo(&c.out) {
		return
	}
	err := c.conn.PublishMsg(&c.out)
	s.setSent()
	if err != nil {
		c.resolve(c.out.Reply, err)
	}
}

// A message is unanswered when it has waited for some sweeps.
const (
	sweepEvery = time.Second
	patience   = 5 // sweeps
)

// close ends all waits, because no answer will come.
func (c *confirmations) close() {
	c.ignore()
	c.end(nats.ErrConnectionClosed, func(waiter) bool { return true })
}

// deny ends the waits for messages that the server denies. If it denies an inbox, it ends
// all waits.
func (c *confirmations) deny(err error) {
	var e *deniedError
	if !errors.As(err, &e) {
		return
	}
	c.end(err, func(w waiter) bool {
		return e.verb == subscribing || e.subject == w.subject
	})
}

// end ends some waits with an error.
func (c *confirmations) end(err error, concerns func(waiter) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, w := range c.waiting {
		if concerns(w) {
			delete(c.waiting, id)
			w.answer <- err
		}
	}
}

// sweep ends the waits that have lasted too long.
func (c *confirmations) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweeps++
	for id, w := range c.waiting {
		if c.sweeps-w.since > patience {
			delete(c.waiting, id)
			w.answer <- errUnanswered
		}
	}
	if c.sweeping = len(c.waiting) > 0; c.sweeping {
		time.AfterFunc(sweepEvery, c.sweep)
	}
}

// answered passes an answer to the caller that waits for it. An old server may report a
// message as a duplicate of one that it is about to keep, or has dropped for want of a
// consumer, without a sequence number. So the answer is ignored, but the receivers are
// checked. The message is published again if no other answer comes for a while.
func (c *confirmations) answered(m *nats.Msg) {
	if isKept(m) && bytes.Contains(m.Data, []byte(`"seq":0`)) {
		c.checkReceivers(m.Subject)
		return
	}
	err := outcome(m)
	if c.store != nil {
		err = c.orDamage(err)
	}
	c.resolve(m.Subject, err)
}

// orDamage returns err until an embedded server could not write. From then on, it always
// returns the error of that write.
func (c *confirmations) orDamage(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.damaged == nil && isStoreFailure(err) {
		c.damage(err)
	}
	return cmp.Or(c.damaged, err)
}

// damage records the error of a write. The caller must hold the lock.
func (c *confirmations) damage(err error) {
	c.store.mark()
	c.damaged = fmt.Errorf("the store has failed, for example because the disk is full: make room, then close and reopen the transport: %w", err)
}

// fail ends all waits, and makes later calls fail, because an embedded server could not
// write and no longer answers.
func (c *confirmations) fail(text string) {
	c.mu.Lock()
	if c.damaged == nil {
		c.damage(errors.New(text))
	}
	damaged := c.damaged
	c.mu.Unlock()
	c.end(damaged, func(waiter) bool { return true })
}

// isStoreFailure reports whether the server could not write a message. The server may
// then restart the numbering of messages at a number that receivers are already done
// with. It confirms the messages after that, but does not deliver them until it is
// restarted. Answers arrive in order, so orDamage refuses all of these messages.
func isStoreFailure(err error) bool {
	var said *jetstream.APIError
	return errors.As(err, &said) && said.ErrorCode == storeFailed && !strings.HasPrefix(said.Description, "maximum ")
}

// storeFailed is the server's code for a failed write, and also for a stream at its
// limit.
const storeFailed = 10077

// number returns the number in the subject of an answer. It is 0 for other subjects, and
// nobody waits for that.
func (c *confirmations) number(subject string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimPrefix(subject, c.prefix), 10, 64)
	return n
}

// checkReceivers begins the check of a waiter, which goes on waiting.
func (c *confirmations) checkReceivers(subject string) {
	c.mu.Lock()
	check := c.waiting[c.number(subject)].check
	c.mu.Unlock()
	if check != nil {
		check.add(make(chan error, 1))
	}
}

func (c *confirmations) resolve(subject string, outcome error) {
	w, ok := c.take(c.number(subject))
	switch {
	case !ok:
	case outcome == nil && w.check != nil:
		w.check.add(w.answer) // the goroutine that waits is woken once
	default:
		w.answer <- outcome
	}
}

// take removes a waiter and returns it, so that each waiter gets one answer only.
func (c *confirmations) take(id uint64) (waiter, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.waiting[id]
	delete(c.waiting, id)
	return w, ok
}

// isKept reports whether an answer confirms that a message is kept.
func isKept(m *nats.Msg) bool { return bytes.HasPrefix(m.Data, []byte(`{"stream":`)) }

// outcome returns the error in an answer, or nil if the message is kept.
func outcome(m *nats.Msg) error {
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return jetstream.ErrNoStreamResponse
	}
	if isKept(m) {
		return nil
	}
	var answer struct {
		Error  *jetstream.APIError `json:"error"`
		Stream string              `json:"stream"`
	}
	switch err := json.Unmarshal(m.Data, &answer); {
	case err != nil:
		return errors.Join(jetstream.ErrInvalidJSAck, err)
	case answer.Error != nil:
		return answer.Error
	case answer.Stream == "":
		return jetstream.ErrInvalidJSAck
	}
	return nil
}
