package natsevents

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// pull requests messages by an inbox of its own, as many as handlers are free
// for: so none waits here for a handler while another receiver has one that is
// free. What changes needs the lock of the receiving.
type pull struct {
	*receiving
	ctx       context.Context // nothing is requested after its end
	inbox     string
	subject   string        // of requests
	requested int           // messages that have not come yet
	signs     int           // of life: what came, and what was requested
	came      bool          // any message
	failed    chan struct{} // holds one when the server sends no more
	answered  chan struct{} // holds one when nothing more is requested
}

// reason is why a pull ends.
type reason int

const (
	stopped     reason = iota // the context has ended
	reconnected               // there is another connection, or none any more
	failed                    // the server sends no more, or is silent
)

// pull takes messages until the context ends or the server sends no more. It
// returns when all are with their handlers that the server has sent, and says
// whether any came.
func (r *receiving) pull(ctx context.Context, consumer string, changed <-chan nats.Status) (came bool, why reason) {
	conn := r.transport.conn
	p := &pull{receiving: r, ctx: ctx, inbox: conn.NewInbox(), failed: make(chan struct{}, 1), answered: make(chan struct{}, 1)}
	p.subject = "$JS.API.CONSUMER.MSG.NEXT." + r.transport.eventStream() + "." + consumer
	sub, err := conn.Subscribe(p.inbox, p.receive)
	if err != nil {
		return false, failed
	}
	_ = sub.SetPendingLimits(-1, -1) // what is requested is the limit
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

// leave waits for what is requested, for a moment. The subscription ends while the
// server may be sending, and an old server, as of version 2.9, counts as delivered
// what it can't send any more. What comes fast is all here before that, and what
// comes slowly hardly comes at that moment.
func (p *pull) leave() {
	p.mu.Lock()
	waiting := p.requested > 0
	select {
	case <-p.answered: // earlier
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

// leaveTimeout is that moment. A test has it last until everything has come.
var leaveTimeout = 25 * time.Millisecond

// awayAfter is when a subscription that ends has ended: what its handlers ask for
// again is for another one.
const awayAfter = 100 * time.Millisecond

// drain waits until everything has been received that the server has sent, as
// long as that may take: else it comes again.
func drain(sub *nats.Subscription, drained <-chan struct{}) {
	_ = sub.Drain() // where the connection is closed, it is drained
	timeout := time.NewTimer(drainTimeout)
	defer timeout.Stop()
	select {
	case <-drained:
	case <-timeout.C:
		_ = sub.Unsubscribe()
		<-drained
	}
}

// drainTimeout is for the server to say that it has sent everything.
const drainTimeout = 2 * time.Second

// open makes a pull the one that requests messages, or none.
func (r *receiving) open(p *pull) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pulls = p
	r.request()
}

// request asks for as many messages as handlers are free for, unless enough are
// on their way: one request is for many where they come fast. It needs the lock.
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

// heartbeat is after what time the server says at least that it still has a
// request. After six it forgets the request, and says so.
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

// life is how many signs of life there were, and whether more must come.
func (p *pull) life() (signs int, waiting bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.signs, p.requested > 0
}

// receive takes what comes by the inbox, one after the other.
func (p *pull) receive(m *nats.Msg) {
	if m.Reply == "" { // there is nothing to acknowledge
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

// status takes what the server says of a request: that it still knows it, or that
// it has forgotten it and how many messages were still to come.
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

// answer is for messages that came, or will not come. It needs the lock.
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

// finish frees the handler of a message.
func (r *receiving) finish(m *nats.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.handled, m)
	r.request()
}
