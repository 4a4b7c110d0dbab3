package natsevents_test

import (
	"net/url"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport/natsevents"
)

const secret = "s3cret"

func TestServers(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"":                                   "127.0.0.1:4222",
		"nats://127.0.0.1:4222":              "127.0.0.1:4222",
		"a, b:4223 ,,tls://c.example":        "a,b:4223,c.example",
		"nats://s3cret@a,nats://s3cret@b":    "a,b",
		"nats://ann:s3cret@a:1,tls://b:c@d:": "a:1,d:",
		"nats://ann:s3c%2Cret@a":             "a",
		"nats://ann:s3cret@x@a":              "a",
		"s3cret@a":                           "a",
		"wss://ann:s3cret@a/nats":            "a",
		"nats://[::1]:4222":                  "[::1]:4222",
	} {
		if got, err := natsevents.ReadServers(list); got != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", list, got, err, want)
		}
	}
}

var ambiguous = []struct{ before, after, says string }{
	{"nats://", ",rest@h", "server 2 of the list has a user or a token, but no scheme"},
	{"nats://", ",nats://rest@h", "server 2 of the list differs from the first one"},
	{"nats://user:", "://x@h", "server 1 of the list has more than one ://"},
	{"user:", "://x@h", "has a scheme other than"},
	{"nats://u:aaaa@", ",b@h", "server 2 of the list has a user or a token, but no scheme"},
	{"nats://u:aaaa@", ",nats://b@h", "server 2 of the list differs from the first one"},
	{"nats://h:4222?token=", "", "server 1 of the list has a ? or a #: write a token before the host"},
	{"nats://h#", "", "has a ? or a #"},
	{"nats://ann:1/", "@h", "has something after the host"},
	{"wss://ann:1/", "@h", "has something after the host"},
	{"nats://ann:%s", "@h", "can't be read as a URL"},
	{"nats://ann:", "", "can't be read as a URL"},
	{"", "@:::", "has no valid host"},
	{"nats://", "@", "has no valid host"},
	{"nats://", "%41", "can't be read as a URL"},
	{"nats://", "(", "has no valid host"},
	{"nats://", "@h:99999", "has no valid port"},
	{"nats://12345,x@127.0.0.1:2,", "", "server 2 of the list has a user"},
}

// A list that may hold a part of a password as a host is refused, without quoting it.
func TestNoPasswordInErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range ambiguous {
		list := tt.before + secret + tt.after
		_, err := natsevents.Connect(list)
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "percent-encoded") {
			t.Errorf("%s: got %v", list, err)
		}
	}
	x, failed := disconnected(t, "nats://ann:s3cret@127.0.0.1:1,nats://bob:s3cret@127.0.0.1:2")
	err := x.AwaitConnection(failed)
	if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "127.0.0.1:1,127.0.0.1:2") {
		t.Errorf("got %v", err)
	}
}

// What the client says of a URL in its options quotes that URL, so it is dropped.
func TestNoPasswordOfAnOption(t *testing.T) {
	t.Parallel()
	x, failed := disconnected(t, "", natsevents.Client(func(o *natsgo.Options) error {
		o.Url = "nats://ann:s3cret%zz@h"
		return nil
	}))
	if err := x.AwaitConnection(failed); err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "in the options of the client") {
		t.Errorf("got %v", err)
	}
}

// FuzzConnectURL checks that a secret is in no error, and in no host that the client would
// look up. It uses no network.
func FuzzConnectURL(f *testing.F) {
	for _, tt := range ambiguous {
		f.Add(tt.before, tt.after)
	}
	f.Add("nats://", "@h")
	f.Add("nats://ann:", "@h,nats://ann:x@i")
	f.Add("wss://ann:", "@h/path")
	f.Fuzz(func(t *testing.T, before, after string) {
		list := before + secret + after
		addresses, err := natsevents.ReadServers(list)
		switch {
		case err != nil:
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q: the error is %v", list, err)
			}
		case isSecret(before, after):
			if strings.Contains(addresses, secret) || looksUp(list, secret) {
				t.Errorf("%q is a list of the servers %s", list, addresses)
			}
		}
	})
}

// isSecret reports whether a list says that what stands between two texts is no host: it
// is in a query, or in front of an @ of the same URL.
func isSecret(before, after string) bool {
	user, _, found := strings.Cut(after, "@")
	return strings.Contains(before, "?") || found && !strings.Contains(user, "://")
}

// looksUp reports whether the client would take a text for a part of a host.
func looksUp(list, text string) bool {
	for _, piece := range strings.Split(list, ",") {
		piece = strings.TrimSpace(piece)
		if !strings.Contains(piece, "://") {
			piece = "nats://" + piece
		}
		if u, err := url.Parse(piece); err == nil && strings.Contains(u.Host, text) {
			return true
		}
	}
	return false
}
