package watermillevents_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

func TestDeadLetters(t *testing.T) {
	reason := "100% \"not\" + mine, äh\n"
	for name, c := range map[string]struct {
		verdict transport.Verdict
		attempt int
		reason  string
	}{
		"rejected":   {transport.Reject(reason), 1, reason},
		"given up":   {transport.Retry(time.Hour, "closed"), 3, "given up after 3 attempts: closed"},
		"too wordy":  {transport.Reject(strings.Repeat("x", 4095) + "ü"), 1, strings.Repeat("x", 4095)},
		"just right": {transport.Reject(strings.Repeat("x", 4096)), 1, strings.Repeat("x", 4096)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBackend()
				x := b.transport()
				declare(t, x, "mail")
				publish(t, x, "7")
				s := mail
				s.MaxAttempts = 3
				receiving(t, x, s, func(transport.Delivery) transport.Verdict { return c.verdict })
				d := deadLetter(t, b, "mail")
				if d.ID != "7" || d.Event != placed || d.Key != "mail" || d.ContentType != "text/plain" || string(d.Body) != "7" ||
					!maps.Equal(d.Headers, map[string]string{"shop": "berlin"}) {
					t.Errorf("got the message %+v", d.Message)
				}
				if d.Attempt != c.attempt || d.Reason != c.reason || !d.At.Equal(time.Now()) {
					t.Errorf("got attempt %d, at %v, %q", d.Attempt, d.At, d.Reason)
				}
			})
		})
	}
}

// A dead letter is replayed to its receiver alone, and its attempts count anew.
func TestReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := b.transport()
		declare(t, x, "mail", "stock")
		var came []string
		stop := receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			came = append(came, fmt.Sprint(d.ID, "/", d.Attempt))
			if len(came) == 1 {
				return transport.Reject("closed")
			}
			return transport.Ack()
		})
		others := 0
		stopOther := receiving(t, x, transport.Subscription{Event: placed, Key: "stock"}, func(transport.Delivery) transport.Verdict {
			others++
			return transport.Ack()
		})
		publish(t, x, "7")
		if err := x.Publish(t.Context(), deadLetter(t, b, "mail").Message); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop()
		stopOther()
		if !slices.Equal(came, []string{"7/1", "7/1"}) || others != 1 {
			t.Errorf("it got %v, the other %d messages", came, others)
		}
	})
}

// What waits for another attempt is there for another process.
func TestRetriesSurvive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		first := b.transport()
		declare(t, first, "mail")
		publish(t, first, "7")
		start := time.Now()
		stop := receiving(t, first, mail, func(transport.Delivery) transport.Verdict { return transport.Retry(time.Minute, "closed") })
		time.Sleep(7 * time.Second)
		stop()
		came := make(chan transport.Delivery, 1)
		receiving(t, b.transport(), mail, func(d transport.Delivery) transport.Verdict {
			came <- d
			return transport.Ack()
		})
		d := <-came
		if took := time.Since(start); d.ID != "7" || d.Attempt != 2 || string(d.Body) != "7" || took != time.Minute {
			t.Errorf("after %v came %+v", took, d)
		}
	})
}

// A retry that waits for a handler when the subscription ends is there for the
// next, and what was being handled is settled.
func TestWaitingRetrySurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := b.transport()
		declare(t, x, "mail")
		publish(t, x, "7", "8")
		finish := make(chan struct{})
		stop := receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			if d.ID == "7" {
				return transport.Retry(time.Second, "closed")
			}
			<-finish
			return transport.Reject("closed")
		})
		time.Sleep(2 * time.Second) // now the retry waits for the other message
		stopped := make(chan struct{})
		go func() {
			stop()
			close(stopped)
		}()
		synctest.Wait()
		close(finish)
		<-stopped
		came := make(chan string, 2)
		receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			came <- fmt.Sprint(d.ID, "/", d.Attempt)
			return transport.Ack()
		})
		if d := <-came; d != "7/2" {
			t.Errorf("got %s", d)
		}
		if d := deadLetter(t, b, "mail"); d.ID != "8" {
			t.Errorf("the dead letter is %q", d.ID)
		}
	})
}

// The end of a subscription doesn't use up what deliveries a backend permits.
func TestEndSparesDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := watermillevents.NewTransport(b, func(key string) (message.Subscriber, error) {
			return watermillevents.NewSubscriber(&b.local, transport.Subscription{Key: key, MaxAttempts: 60}, atOnce), nil
		})
		declare(t, x, "mail")
		publish(t, x, "7")
		for range 20 {
			stop := receiving(t, x, mail, func(d transport.Delivery) transport.Verdict { return transport.Retry(time.Hour, "closed") })
			synctest.Wait()
			stop()
		}
		if _, err := b.local.EachDeadLetter(t.Context(), placed+".retry.mail", "mail", func(d transport.DeadLetter) transport.Disposal {
			t.Errorf("the message is a dead letter of the backend: %s", d.Reason)
			return transport.Keep
		}); err != nil {
			t.Error(err)
		}
	})
}

// A retry that is far away holds up others for seconds, not until it is due.
func TestLongRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newBackend().transport()
		declare(t, x, "mail")
		delays := map[string]time.Duration{"late": time.Hour, "soon": time.Second}
		came := map[string]time.Duration{}
		start := time.Now()
		stop := receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			if d.Attempt == 1 {
				return transport.Retry(delays[d.ID], "closed")
			}
			came[d.ID] = time.Since(start)
			return transport.Ack()
		})
		publish(t, x, "late", "soon")
		time.Sleep(2 * time.Hour)
		stop()
		if came["soon"] != 5*time.Second || came["late"] != time.Hour {
			t.Errorf("they came after %v", came)
		}
	})
}

// As long as a retry or a dead letter can't be published, its message is kept.
func TestNothingIsLostWhilePublishingFails(t *testing.T) {
	for topic, verdict := range map[string]transport.Verdict{
		placed + ".retry.mail": transport.Retry(0, "closed"),
		placed + ".dead.mail":  transport.Reject("closed"),
	} {
		t.Run(topic, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBackend()
				x := b.transport()
				declare(t, x, "mail")
				publish(t, x, "7")
				b.set(topic, true)
				calls := 0
				stop := receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
					calls++
					return verdict
				})
				time.Sleep(10 * time.Second)
				stop()
				if calls < 2 || calls > 11 {
					t.Errorf("it was handled %d times in 10 seconds", calls)
				}
				b.set(topic, false)
				done := make(chan string, 1)
				receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
					done <- d.ID
					return transport.Ack()
				})
				if id := <-done; id != "7" {
					t.Errorf("got %q", id)
				}
			})
		})
	}
}

// A retry that can't be put off is kept too.
func TestPuttingOffFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := b.transport()
		declare(t, x, "mail")
		publish(t, x, "7")
		came := make(chan int, 2)
		receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			came <- d.Attempt
			if d.Attempt == 1 {
				return transport.Retry(time.Minute, "closed")
			}
			return transport.Ack()
		})
		start := time.Now()
		<-came
		synctest.Wait()
		b.set(placed+".retry.mail", true)
		if attempt := <-came; attempt != 2 || time.Since(start) != time.Minute {
			t.Errorf("attempt %d came after %v", attempt, time.Since(start))
		}
	})
}

// Backends may drop a message whose UUID they have seen.
func TestUUIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := b.transport(watermillevents.Source("/shop"))
		declare(t, x, "mail")
		publish(t, x, "7")
		if err := x.Publish(t.Context(), transport.Message{ID: "7", Event: placed, Key: "mail"}); err != nil {
			t.Fatal(err)
		}
		stop := receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			if d.Attempt < 3 {
				return transport.Retry(6*time.Second, "closed")
			}
			return transport.Reject("closed")
		})
		time.Sleep(time.Minute)
		stop()
		if m := b.sent[placed][0]; m.UUID != "7" || m.Metadata["ce-id"] != "7" || m.Metadata["ce-type"] != placed || m.Metadata["ce-source"] != "/shop" || m.Metadata["content-type"] != "text/plain" {
			t.Errorf("published was %q with %q", m.UUID, m.Metadata)
		}
		seen := map[string]bool{}
		for topic, messages := range b.sent {
			for _, m := range messages {
				if seen[m.UUID] || m.Metadata["ce-id"] != "7" {
					t.Errorf("on topic %s is the UUID %q again, or another ID than %q", topic, m.UUID, m.Metadata["ce-id"])
				}
				seen[m.UUID] = true
			}
		}
		if len(b.sent[placed+".retry.mail"]) < 4 || len(b.sent[placed+".dead.mail"]) != 2 {
			t.Errorf("published was %v", b.sent)
		}
	})
}

// An event without a source is none, so there is always one.
func TestSource(t *testing.T) {
	for source, want := range map[string]string{"/shop": "/shop", "": "/rollcall"} {
		b := newBackend()
		x := b.transport(watermillevents.Source(source))
		declare(t, x, "mail")
		publish(t, x, "7")
		if got := b.sent[placed][0].Metadata["ce-source"]; got != want {
			t.Errorf("the source %q is published as %q", source, got)
		}
	}
}

// A temporary receiver gets messages again, without anything on the backend.
func TestTemporaryRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := b.transport()
		var came []string
		start := time.Now()
		stop := receiving(t, x, transport.Subscription{Event: placed, MaxAttempts: 3}, func(d transport.Delivery) transport.Verdict {
			came = append(came, fmt.Sprint(d.ID, "/", d.Attempt, " ", time.Since(start)))
			return transport.Retry(time.Second, "closed")
		})
		synctest.Wait()
		publish(t, x, "7", "8")
		time.Sleep(time.Minute)
		stop()
		slices.Sort(came)
		if want := []string{"7/1 0s", "7/2 1s", "7/3 2s", "8/1 0s", "8/2 1s", "8/3 2s"}; !slices.Equal(came, want) {
			t.Errorf("got %v, want %v", came, want)
		}
		if len(b.sent) != 1 {
			t.Errorf("published was %v", b.sent)
		}
	})
}

// Messages of other programs that use Watermill are events too.
func TestPlainMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := b.transport()
		declare(t, x, "mail")
		m := message.NewMessage("7", []byte("{}"))
		m.Metadata = message.Metadata{"content-type": "application/json", "shop": "berlin", "reason_poisoned": "down\nand out"}
		if err := b.Publish(placed, m); err != nil {
			t.Fatal(err)
		}
		var came []transport.Delivery
		stop := receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			came = append(came, d)
			return transport.Retry(0, "closed")
		})
		letter := deadLetter(t, b, "mail")
		stop()
		if err := x.Publish(t.Context(), letter.Message); err != nil {
			t.Errorf("replaying the dead letter: %v", err)
		}
		for i, d := range came {
			if d.ID != "7" || d.Event != placed || d.Key != "mail" || d.Attempt != i+1 || d.ContentType != "application/json" ||
				!maps.Equal(d.Headers, map[string]string{"shop": "berlin", "watermill-reason_poisoned": "down%0Aand+out"}) || string(d.Body) != "{}" {
				t.Errorf("delivery %d was %+v", i, d)
			}
		}
		if len(came) != 10 {
			t.Errorf("%d deliveries came", len(came))
		}
	})
}
