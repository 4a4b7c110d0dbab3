package natsevents

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// pull requests as many messages as there are free handlers. No message therefore waits
// here while another receiver has a free handler. The messages arrive at an inbox of the
// pull. The lock of the receiving guards the fields that change. For why it is not the
// client's own loop, see docs/decisions/nats-pull-consumer.md.
type pull struct {
	*receiving
	ctx       context.Context // nothing is requested after its end
	inbox     string
	subject   string        // of requests
	requested int           // how many requested messages have not arrived yet
	signs     int           // of life: how many messages, statuses and requests there were
	came      bool          // whether any message has arrived
	failed    chan struct{} // holds a value when the server sends no more messages
	answered  chan struct{} // holds a value when no requested messages are missing
}

// reason is why a pull ends.
type reason int

const (
	stopped     reason = iota // the context has ended
	reconnected               // the connection is a new one, or is closed for good
	failed                    // the server sends no more messages, or nothing at all
)

// pull receives messages until the context ends, the connection changes or the server
// sends no more. When it returns, every message that the server has sent is with the
// workers. came reports whether any message arrived.
func (r *receiving) pull(ctx context.Context, consumer string, changed <-chan nats.Status) (came bool, why reason) {
	conn := r.transport.conn
	p := &pull{receiving: r, ctx: ctx, inbox: conn.NewInbox(), failed: make(chan struct{}, 1), answered: make(chan struct{}, 1)}
	p.subject = nextSubject(r.transport.eventStream(), consumer)
	sub, err := conn.Subscribe(p.inbox, p.receive)
	if err != nil {
		return false, failed
	}
	_ = sub.SetPendingLimits(-1, -1) // the number of requested messages is the limit
	drained := make(chan struct{})
	sub.SetClosedHandler(func(string) { close(drained) })
	if !sub.IsValid() {
		return false, failed
	}
	r.open(p)
	if why = p.watch(changed); why == stopped {
		p.leave()
	}
	r.open(nil)
	drain(sub, drained)
	return p.came, why
}

// leave waits for the requested messages, for leaveTimeout at most. Otherwise the
// subscription could end while the server is sending. An old server, such as version 2.9,
// counts a message as delivered even if it can no longer send it. If messages arrive
// fast, all of them arrive before the timeout. If they arrive slowly, it is unlikely that
// one is being sent when the subscription ends.
func (p *pull) leave() {
	p.mu.Lock()
	waiting := p.requested > 0
	select {
	case <-p.answered: // an earlier signal
	default:
	}
	p.mu.Unlock()
	if !waiting {
		return
	}
	moment := time.NewTimer(leaveTimeout)
	defer moment.Stop()
	select {
	case <-p.answered:
	case <-moment.C:
	}
}

// leaveTimeout is a variable so that a test can wait until everything has arrived.
var leaveTimeout = 25 * time.Millisecond

// awayAfter is longer than a subscription takes to end. A message to be retried meanwhile
// is delayed that long, so that it goes to another subscription.
const awayAfter = 100 * time.Millisecond

// drain ends a subscription after all messages that the server has sent were received.
// Otherwise, these messages would be redelivered.
func drain(sub *nats.Subscription, drained <-chan struct{}) {
	_ = sub.Drain() // on a closed connection, the subscription is drained already
	timeout := time.NewTimer(drainTimeout)
	defer timeout.Stop()
	select {
	case <-drained:
	case <-timeout.C:
		_ = sub.Unsubscribe()
		<-drained
	}
}

// drainTimeout limits the wait until the server confirms that it has sent everything.
const drainTimeout = 2 * time.Second

// open makes p the pull that requests messages. If p is nil, none does.
func (r *receiving) open(p *pull) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pulls = p
	r.request()
}

// request requests a message for each free handler. It does nothing while enough messages
// are on their way, so that one request covers many messages if they arrive fast. The
// caller must hold the lock.
func (r *receiving) request() {
	p, limit := r.pulls, r.subscription.MaxInFlight
	if p == nil {
		return
	}
	free := limit - len(r.handled) - p.requested
	if free <= 0 || p.requested > 0 && 2*free < limit || p.ctx.Err() != nil {
		return
	}
	p.requested += free
	p.signs++
	r.outgoing.add(outgoing{p.subject, p.inbox,
		fmt.Appendf(nil, `{"batch":%d,"expires":%d,"idle_heartbeat":%d}`, free, 6*p.heartbeat(), p.heartbeat())})
}

// heartbeat is the interval at which an idle server reports that it still has a request.
// After six intervals, the server drops the request and reports that.
func (p *pull) heartbeat() time.Duration { return p.transport.settings.heartbeat }

// watch waits until there is a reason to end. A request counts as lost if nothing has
// come for two heartbeats, for example because the consumer was deleted before the
// request.
func (p *pull) watch(changed <-chan nats.Status) reason {
	tick := time.NewTicker(2 * p.heartbeat())
	defer tick.Stop()
	for before := -1; ; {
		select {
		case <-p.ctx.Done():
			return stopped
		case <-p.failed:
			return failed
		case <-changed:
			return reconnected
		case <-tick.C:
			now, waiting := p.life()
			if waiting && now == before {
				return failed
			}
			before = now
		}
	}
}

// life returns how many signs of life there were, and whether more are expected.
func (p *pull) life() (signs int, waiting bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.signs, p.requested > 0
}

// receive is called for each message in the inbox, one after another.
func (p *pull) receive(m *nats.Msg) {
	if m.Reply == "" { // a status of the server, without acknowledgement
		p.status(m.Header)
		return
	}
	p.mu.Lock()
	p.came = true
	p.signs++
	p.handled[m] = struct{}{}
	p.answer(1)
	p.mu.Unlock()
	p.workers.add(m)
}

// status handles the status of a request. With status 100, the server still has the
// request. With status 408, the server has dropped it, and reports how many messages were
// still missing. Any other status ends the pull.
func (p *pull) status(header nats.Header) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signs++
	switch header.Get("Status") {
	case "100":
		return
	case "408":
		left, err := strconv.Atoi(header.Get("Nats-Pending-Messages"))
		if err == nil {
			p.answer(left)
			return
		}
	}
	select {
	case p.failed <- struct{}{}:
	default:
	}
}

// answer counts n requested messages that have arrived or will not arrive. The caller
// must hold the lock.
func (p *pull) answer(n int) {
	p.requested -= n
	p.request()
	if p.requested <= 0 {
		select {
		case p.answered <- struct{}{}:
		default:
		}
	}
}

// finish marks the handler of a message as free.
func (r *receiving) finish(m *nats.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.handled, m)
	r.request()
}
