package amqpevents

import (
	"strings"
	"testing"
)

// secret marks what must not be in an error.
const secret = "s3cret"

// An error of Connect has nothing of the URL but the host, and what it takes for the
// host is not a part of the password.
func FuzzConnectURL(f *testing.F) {
	for _, url := range []string{
		"amqp://ann:s3cret@host:5672/shop", "amqps://ann:s3cret@host", "amqp://s3cret@host", "amqp://ann:s3cret@[::1]:5672",
		"http://ann:s3cret@host", "ann:s3cret@host", "amqp:ann:s3cret@host", "amqp//ann:s3cret@host", "s3cret",
		"amqp://ann:x@s3cret@host", "amqp://s3cret,x@host", "amqp://ann:aaaa@s3cret,b@host", "amqp://ann:s3cret://x@host", "amqp://ann://s3cret@host",
		"amqp://ann:12/s3cret@host", "amqp://ann:12?s3cret@host", "amqp://ann:12#s3cret@host", "amqp://ann:s3cret/@host", "amqp://ann:%s3cret@host",
		"amqp://ann:s3cret@host:x", "amqp://ann:x@host:s3cret", "amqp://ann:x@host/s3cret", "amqp://ann:x@host/a b s3cret", "amqp://ann:x@host#s3cret",
		"amqp://host?password=s3cret", "amqp://host?s3cret", "amqp://host?heartbeat=s3cret", "amqp://host?auth_mechanism=s3cret", "amqp://host?a=1;s3cret",
		"amqps://host?cacertfile=s3cret", "amqps://host?certfile=s3cret&keyfile=s3cret", "amqps://host?server_name_indication=s3cret,",
		"amqp://ann:x\\s3cret@host", "amqp://ann:x\ns3cret@host", "amqp://ann:[s3cret@host", "amqp:///s3cret", "amqp://ann:s3cret%40host",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		b, err := newBroker(url, nil)
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", url, err)
		}
		if strings.Contains(b.host, secret) && !strings.Contains(hostOf(url), secret) {
			t.Errorf("%q: the host is %q", url, b.host)
		}
	})
}

// hostOf is what stands where a URL has its host, taken as small as possible.
func hostOf(url string) string {
	host := url[strings.LastIndex(url, "@")+1:]
	if !strings.Contains(url, "@") {
		_, host, _ = strings.Cut(url, "://")
	}
	if end := strings.IndexAny(host, "/?#"); end >= 0 {
		host = host[:end]
	}
	return host
}
