package natsevents_test

import (
	"context"
	"crypto/rand"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// permission is a row of the table of docs/production.md.
type permission struct{ verb, subject string }

var permissionRow = regexp.MustCompile("(?m)^\\| (publish|subscribe) \\| `([^`]+)` \\|")

// documented are the permissions of docs/production.md.
func documented(t *testing.T) (all []permission) {
	t.Helper()
	text, err := os.ReadFile("../../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n### NATS users\n")
	if !found {
		t.Fatal("docs/production.md has no section NATS users")
	}
	section, _, _ = strings.Cut(section, "\n#")
	for _, row := range permissionRow.FindAllStringSubmatch(section, -1) {
		all = append(all, permission{row[1], row[2]})
	}
	if len(all) < 10 {
		t.Fatalf("the section NATS users has %d permissions", len(all))
	}
	return all
}

func allowing(all []permission) *server.Permissions {
	p := &server.Permissions{Publish: &server.SubjectPermission{}, Subscribe: &server.SubjectPermission{Allow: []string{"nothing"}}} // an empty list would allow all
	for _, a := range all {
		if a.verb == "publish" {
			p.Publish.Allow = append(p.Publish.Allow, a.subject)
		} else {
			p.Subscribe.Allow = append(p.Subscribe.Allow, a.subject)
		}
	}
	return p
}

// The documented permissions are enough.
func TestLeastPermissionsConform(t *testing.T) {
	t.Parallel()
	url := permitted(t, allowing(documented(t)))
	transporttest.Run(t, func(t *testing.T) transport.Transport {
		x, log := asAnn(t, url, soon)
		t.Cleanup(func() {
			if text := log.String(); text != "" {
				t.Error(text)
			}
		})
		return x
	})
}

// Without one of the documented permissions, something fails, and the log names it.
func TestEachPermissionIsNeeded(t *testing.T) {
	t.Parallel()
	all := documented(t)
	for i, one := range all {
		t.Run(one.verb+" "+one.subject, func(t *testing.T) {
			t.Parallel()
			url := permitted(t, allowing(slices.Delete(slices.Clone(all), i, i+1)))
			log := &records{}
			err := useAll(t, url, log)
			if got := log.String(); !strings.Contains(got, "action="+one.verb) || !strings.Contains(got, "permission="+one.subject+"\n") {
				t.Errorf("the log has %q, the error is %v", got, err)
			}
		})
	}
}

// useAll does all that a transport does, until something fails.
func useAll(t *testing.T, url string, log *records) error {
	x, err := connect(url, natsevents.Client(natsgo.UserInfo("ann", "x")), log.option())
	if err != nil {
		return err
	}
	defer x.Close()
	mail := transport.Subscription{Event: "order.placed", Key: "mail"}
	for _, step := range []func() error{
		func() error { return x.Declare(t.Context(), mail) },
		func() error { return x.Publish(t.Context(), transport.Message{ID: "1", Event: mail.Event}) },
		func() error {
			for { // the server counts what waits after it has confirmed it
				if b, err := x.Backlog(t.Context(), mail.Event, mail.Key); err != nil || b.Waiting > 0 {
					return err
				}
			}
		},
		func() error { return rejectOne(t.Context(), x, mail) },
		func() error { _, err := x.Receivers(t.Context()); return err },
		func() error {
			_, err := x.EachDeadLetter(t.Context(), mail.Event, mail.Key, replay)
			return err
		},
		func() error { return receiveTemporarily(t.Context(), x, mail.Event, transport.Ack()) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// rejectOne makes the next message a dead letter.
func rejectOne(ctx context.Context, x *natsevents.Transport, s transport.Subscription) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return x.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict {
		stop()
		return transport.Reject("no")
	})
}

// receiveTemporarily is a temporary receiver until it got a message, which it answers.
func receiveTemporarily(ctx context.Context, x *natsevents.Transport, event string, answer transport.Verdict) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var publisher sync.WaitGroup
	publisher.Go(func() {
		for ctx.Err() == nil { // until the receiver is there
			_ = x.Publish(ctx, transport.Message{ID: rand.Text(), Event: event})
		}
	})
	err := x.Subscribe(ctx, transport.Subscription{Event: event}, func(context.Context, transport.Delivery) transport.Verdict {
		stop()
		return answer
	})
	stop()
	publisher.Wait()
	return err
}
