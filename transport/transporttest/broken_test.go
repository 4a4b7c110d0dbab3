package transporttest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// The promises, by the names of their subtests.
const (
	order       = "order for one receiver"
	content     = "everything of a message arrives"
	competing   = "receivers of one key compete"
	fanOut      = "each key gets every message"
	temporary   = "a temporary receiver gets what comes while it is there"
	nobody      = "nothing is kept before the first receive"
	declared    = "a declared receiver misses nothing"
	targeted    = "a message for one key"
	retry       = "a retried message is redelivered later"
	panics      = "a panicking handler gets the message again"
	maxAttempts = "after the last attempt a message is a dead letter"
	reject      = "a rejected message is a dead letter"
	disposal    = "dead letters are kept, discarded and replayed"
	drain       = "the end of a subscription waits for its handlers"
	handOver    = "what nobody has begun is there for the next"
	retryLater  = "what is to be retried is there for the next"
	inFlight    = "as many handlers at once as asked for"
	busy        = "a busy receiver holds back no message"
	many        = "eight publishers and eight receivers"
	publishes   = "a handler publishes"
	badInput    = "bad messages and subscriptions are refused"
	cancelled   = "a cancelled publish"
	delays      = "a delayed message is published later or refused"
	waits       = "the backlog"
)

type brokenTransport struct {
	name     string
	build    build
	says     string // part of what the kit says of it
	promises []string
}

func breaks(promises ...string) []string { return promises }

var broken = []brokenTransport{
	{"lets a message be overtaken", holdsBack("-50"), "number 50 came as 51", breaks(order)},

	{"loses headers", delivering(losesHeaders), "got headers map[]", breaks(content)},
	{"loses empty headers", delivering(losesEmpty), "got headers", breaks(content)},
	{"writes headers as HTTP does", delivering(capitalises), `"X-Request-Id"`, breaks(content)},
	{"adds a header", delivering(addsHeader), `"Message-Id"`, breaks(content)},
	{"drops parameters of the content type", delivering(losesParameters), `content type "text/plain"`, breaks(content)},
	{"guesses a content type", delivering(guessesType), "a bare message comes as", breaks(content)},
	{"encodes the ID", delivering(encodesID), "%C3%A4", breaks(content)},
	{"changes the event's name", delivering(slashesEvent), `event "kit/`, breaks(content)},
	{"does not tell the key", delivering(losesKey), `key ""`, breaks(content)},
	{"cuts off bodies", delivering(cutsBody), "a body of 65536 bytes that is another", breaks(content)},

	{"has a queue for each receiver of a key", changed(aQueueEach), "which should not have come", breaks(competing, handOver, retryLater, busy, waits)},
	{"gives everything to one receiver of a key", changed(onlyOne), "of 40 messages came", breaks(competing)},

	{"gives a message to one key alone", forOneKey("-10"), "waited for a message that did not come", breaks(fanOut)},

	{"shares a queue among temporary receivers", changed(sharesTemporary), "did not come", breaks(temporary)},
	{"goes on with a temporary receiver that has ended", changed(keepsTemporary), "which should not have come", breaks(temporary)},
	{"tells a temporary receiver what was before", changed(tellsHistory), "got kit.", breaks(temporary)},

	{"keeps for later what nobody gets", changed(keepsForLater), "which was published before anybody received", breaks(nobody)},
	{"fails otherwise where nobody receives", publishing(refusesNobody), "publishing to nobody: no such topic", breaks(nobody)},

	{"keeps messages only for subscribers", changed(keepsForSubscribers), "did not come", breaks(declared)},
	{"declares once only", changed(declaresOnce), "there is one already", breaks(competing, declared, drain, handOver, retryLater, busy, many, waits)},
	{"empties what is declared again", changed(emptiesDeclared), "did not come", breaks(declared, handOver, waits)},

	{"publishes to all what is for one", publishing(toAll), "which was for b", breaks(targeted)},
	{"loses what is for one", publishing(toNobody), "did not come", breaks(targeted)},

	{"retries at once", retries(atOnce), "asked for was 300ms", breaks(retry)},
	{"retries too early", retries(tooEarly), "asked for was 300ms", breaks(retry)},
	{"waits in place for a retry", handling(sleepsInPlace), "must not hold up others", breaks(retry)},
	{"waits before it gives back", judging(sleepsBefore), "did not come", breaks(retry, waits)},
	{"loses what is to be retried", judging(losesRetried), "did not come", breaks(retry, maxAttempts, retryLater)},
	{"does not count attempts", delivering(firstAttempt), "attempt 2 is told as 1", breaks(retry, panics, maxAttempts, retryLater)},

	{"acknowledges after a panic", instead(transport.Ack()), "did not come", breaks(panics)},
	{"rejects after a panic", instead(transport.Reject("it panicked")), "did not come", breaks(panics)},
	{"does not recover", handling(inAnotherGoroutine), "panic: at the first", nil}, // of the process

	{"delivers once too often", subscribing(oneAttemptMore), "should not have come", breaks(maxAttempts)},
	{"delivers again and again", subscribing(anyAttempts), "got the letter", breaks(maxAttempts)},
	{"forgets a message after its last attempt", judging(dropsAfterLast), "waited for 1 dead letters", breaks(maxAttempts)},
	{"forgets how many attempts there were", showing(losesCount), "got the letter", breaks(maxAttempts)},
	{"forgets when a letter died", showing(losesTime), "got the letter", breaks(maxAttempts)},
	{"forgets why a letter died", showing(losesReason), "got the letter", breaks(maxAttempts, reject)},

	{"forgets whom a letter was for", showing(losesWho), "got the letter", breaks(reject)},
	{"tells a reason in ASCII", showing(ascii), "got the letter", breaks(reject)},
	{"takes a reject for an ack", takesReject(transport.Ack()), "waited for 1 dead letters", breaks(reject, disposal, waits)},
	{"takes a reject for a retry", takesReject(transport.Retry(0, "")), "given up after 10 attempts", breaks(reject, disposal, waits)},
	{"rejects and delivers again", changed(rejectsAndRetries), "should not have come", breaks(reject, disposal)},

	{"discards what is to be kept", turns(transport.Keep, transport.Discard), "shown were 0", breaks(disposal)},
	{"keeps what is to be discarded", turns(transport.Discard, transport.Keep), "left are", breaks(disposal)},
	{"discards what is to be replayed", turns(transport.Replay, transport.Discard), "did not come", breaks(disposal)},
	{"replays to all", disposing(replaysToAll), "should not have come", breaks(disposal)},
	{"keeps what it replays", disposing(replaysAndKeeps), "left are", breaks(disposal)},
	{"goes on counting after a replay", changed(countsOn), "attempt 2", breaks(disposal)},
	{"shows the newest letter first", changed(newestFirst), "want the oldest first", breaks(disposal)},
	{"shows the letters of others", changed(mixesLetters), "another receiver has the letters", breaks(disposal)},
	{"counts letters wrongly", changed(countsOneLess), "shown were 2", breaks(disposal)},

	{"ends before its handlers", leavesHandlers("-1"), "the subscription ended before its handler", breaks(drain)},
	{"cancels its handlers", changed(endsHandlers), "the handler's context ended", breaks(drain)},
	{"forgets the last ack", changed(losesLastAck), `got "1" again`, breaks(drain)},

	{"loses at the end what it has not begun", ending(emptiesAtEnd), "did not come", breaks(handOver)},
	{"ends with an error", ending(failsAtEnd), "the subscription ended with context canceled", transporttest.Promises()},

	{"forgets at the end what is to be retried", changed(remembersRetries), "did not come", breaks(retryLater)},

	{"runs one handler at a time", subscribing(oneAtATime), "did not come", breaks(inFlight)},
	{"runs one handler more", subscribing(oneMore), "5 handlers run at once, asked for were 4", breaks(inFlight)},

	{"takes a message for later", changed(takesForLater), "waited for a message that did not come", breaks(busy)},

	{"loses one of two at once", changed(losesOneOfTwo), "of 400 messages were handled", breaks(many)},
	{"fails for one of two at once", changed(failsForTwo), "the channel is in use", breaks(many)},

	{"can't publish while a handler runs", changed(waitsForHandlers), "waited for a message that did not come", breaks(publishes)},
	{"refuses to publish while a handler runs", changed(refusesHandlers), "a handler can't publish: the channel is in use", breaks(publishes)},

	{"takes bad messages", publishing(takesBad), "want a *transport.MessageError", breaks(badInput)},
	{"takes reserved headers", publishing(takesReserved), `"ce-type"`, breaks(badInput)},
	{"refuses by an error of another type", publishing(untyped), "want a *transport.MessageError", breaks(badInput)},
	{"is broken by a bad message", changed(breaksAtBad), "the channel is closed", breaks(badInput)},
	{"takes bad subscriptions", changed(takesNoSense), "want a *transport.SubscriptionError", breaks(badInput)},
	{"takes a negative number", subscribing(takesNegative), "want a *transport.SubscriptionError", breaks(badInput)},

	{"publishes what is cancelled", publishing(ignoresCancelled), "got <nil>", breaks(cancelled)},
	{"hides that it was cancelled", publishing(hidesCancelled), "got timeout", breaks(cancelled)},
	{"is broken by a cancelled publish", changed(breaksAtCancelled), "the channel is closed", breaks(cancelled)},

	{"forgets a delay", publishing(ignoresDelay), "and its delay is 300ms", breaks(delays)},
	{"loses what is delayed", publishing(losesDelayed), "did not come", breaks(delays)},
	{"can delay and refuses", publishing(refusesDelay), "publishing with a delay, as it can", breaks(delays)},
	{"refuses a delay by an error of another type", changed(refusesUntyped), "want a *transport.MessageError", breaks(delays)},
	{"delays and does not say so", changed(hidesDelay), "it says that it can't delay", breaks(delays)},

	{"counts dead letters as waiting", counting(deadWait), "must be exact", breaks(waits)},
	{"counts no dead letters", counting(noneDead), "must be exact", breaks(waits)},
	{"counts nothing that waits", counting(noneWait), "must be exact", breaks(waits)},
	{"counts what is in flight as waiting", counting(flyingWait), "must be exact", breaks(waits)},
	{"counts what waits as in flight, too", counting(allFly), "in flight must be 0, or 0", breaks(waits)},
	{"counts what is to be retried as waiting", counting(waitRetried), "must be exact", breaks(waits)},
	{"counts what is to be retried twice", counting(retriedTwice), "retrying must be 1", breaks(waits)},
	{"counts what it can't distinguish twice", counting(bothCounted), "retrying must be 0", breaks(waits)},
	{"tells the age of the newest", counting(newestsAge), "the oldest is the age of the first", breaks(waits)},
	{"tells the age of the dead", counting(deadsAge), "there is no oldest", breaks(waits)},
	{"counts for all keys", changed(mixesBacklogs), "must be exact", breaks(waits)},
	{"has a backlog of nobody", changed(backlogOfNobody), "want a *transport.UnroutableError", breaks(waits)},
	{"refuses a backlog by another error", changed(refusesBacklog), "want a *transport.SubscriptionError", breaks(waits)},
}

// nameVariable names the broken transport for TestOne.
const nameVariable = "ROLLCALL_BROKEN_TRANSPORT"

// The kit on one broken transport. It fails, so it is run by TestBroken in a
// process of its own.
func TestOne(t *testing.T) {
	name := os.Getenv(nameVariable)
	i := slices.IndexFunc(broken, func(b brokenTransport) bool { return b.name == name })
	if i < 0 {
		t.Skip("it is for TestBroken")
	}
	transporttest.RunByOwnTime(t, func(*testing.T) transport.Transport { return broken[i].build() })
}

// Each broken transport breaks the promises that it should, and no other.
func TestBroken(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a process for each")
	}
	outputs := make([]chan string, len(broken))
	some := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, b := range broken {
		outputs[i] = make(chan string, 1)
		go func() {
			some <- struct{}{}
			defer func() { <-some }()
			outputs[i] <- tried(t.Context(), b.name)
		}()
	}
	for i, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			output := <-outputs[i]
			if got := failed(output); !slices.Equal(got, slices.Sorted(slices.Values(b.promises))) || !strings.Contains(output, b.says) {
				t.Errorf("it breaks %q, want %q, and the kit says\n%s\nwant %q", got, b.promises, output, b.says)
			}
		})
	}
}

// tried is what the kit says of a broken transport.
func tried(ctx context.Context, name string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	kit := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestOne$")
	kit.Env = append(os.Environ(), nameVariable+"="+name)
	output, err := kit.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || ctx.Err() != nil || bytes.Contains(output, []byte("panic: deadlock")) {
		return string(output) + "\n--- FAIL: TestOne/the_kit_itself: it ended with " + errors.Join(errors.New("no failure"), err, ctx.Err()).Error()
	}
	return string(output)
}

var failure = regexp.MustCompile(`(?m)^ *--- FAIL: TestOne/(\S+)`)

// failed are the names of the subtests that failed.
func failed(output string) []string {
	var names []string
	for _, match := range failure.FindAllStringSubmatch(output, -1) {
		names = append(names, strings.ReplaceAll(match[1], "_", " "))
	}
	slices.Sort(names)
	return names
}

// No promise is without a transport that breaks it alone.
func TestEveryPromiseIsBroken(t *testing.T) {
	for _, promise := range transporttest.Promises() {
		if !slices.ContainsFunc(broken, func(b brokenTransport) bool { return slices.Equal(b.promises, breaks(promise)) }) {
			t.Errorf("nobody breaks %q alone", promise)
		}
	}
}

// The kit passes the transport that the broken ones are made from.
func TestUnbroken(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return newWrapped() })
}

// A transport need not know everything of a backlog.
func TestUnknownBacklog(t *testing.T) {
	for name, change := range map[string]func(*transport.Backlog){"few known": fewKnown, "not apart": notApart, "to the second": toTheSecond} {
		t.Run(name, func(t *testing.T) {
			transporttest.RunByOwnTime(t, func(*testing.T) transport.Transport { return counting(change)() })
		})
	}
}

// A transport that can't declare or delay, and has no dead letters to show, is checked for
// the rest.
func TestSkips(t *testing.T) {
	transporttest.RunByOwnTime(t, func(*testing.T) transport.Transport { return plain{newWrapped()} })
}

// plain hides what a transport can do beyond a transport.Transport.
type plain struct{ transport.Transport }

func (p plain) Publish(ctx context.Context, m transport.Message) error {
	if err := transport.CheckDelay(ctx, p, m); err != nil {
		return err
	}
	return p.Transport.Publish(ctx, m)
}
