package amqpevents_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

func TestNoPasswordInErrors(t *testing.T) {
	t.Parallel()
	brokerURL(t)
	for url, want := range map[string]string{
		"amqp://ann:s3cret@" + address:                       "connecting to " + address + `: Exception (403) Reason: "username or password not allowed"`,
		"amqp://guest:s3cret@" + address:                     "connecting to " + address + `: Exception (403) Reason: "username or password not allowed"`,
		"amqp://ann:s3cret@127.0.0.1:1":                      "connecting to 127.0.0.1:1: dial tcp 127.0.0.1:1: ",
		"amqp://ann:s3cret@nowhere.invalid":                  "connecting to nowhere.invalid:5672: ",
		"amqp://ann:s3cret@host:x":                           "the URL of the broker must be like ",
		"amqp://ann:s3cret@host/a b":                         "the URL of the broker must be like ",
		"amqp://ann:%s3cret@host":                            "the URL of the broker must be like ",
		"amqp://ann:12/s3cret@host":                          "the URL of the broker must be like ",
		"amqp://ann:12?s3cret@host":                          "the URL of the broker must be like ",
		"amqp://ann:s3cret/@host":                            "the URL of the broker must be like ",
		"http://ann:s3cret@host":                             "the URL of the broker must be like ",
		"amqp://ann:s3cret@host?heartbeat=s3cret":            "the URL of the broker must be like ",
		"amqp://ann:s3cret@" + address + "?auth_mechanism=x": "after the question mark, the URL of the broker may have these parameters, separated by &: auth_mechanism, ",
		"amqp://host?password=s3cret":                        "after the question mark, the URL of the broker may have ",
		"amqp://ann:x@s3cret@host":                           "the URL of the broker must be like ",
		"amqp://guest:guest@" + address + "/s3cret":          "connecting to " + address + ": the broker refuses the vhost of the URL: create it, ",
	} {
		if _, err := amqpevents.Connect(url); err == nil || strings.Contains(err.Error(), "s3cret") || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", url, err, want)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for want, o := range map[string]amqpevents.Option{
		`the prefix "a.b" must be letters, digits and underscores`: amqpevents.Prefix("a.b"),
		`the source is "", so nobody could read the events`:        amqpevents.Source(""),
		"the option MaxBody must not be negative: -1":              amqpevents.MaxBody(-1),
		"the option TLS needs a URL that begins with amqps://":     amqpevents.TLS(&tls.Config{}),
	} {
		if _, err := amqpevents.Connect("amqp://127.0.0.1:1", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A broker that accepts connections and says nothing, or nothing more when it is
// told the password.
func TestSilentBroker(t *testing.T) {
	t.Parallel()
	const protocol = 8 // bytes that a client begins with
	for _, c := range []struct {
		name  string
		heard int64 // bytes of what the client sends
	}{
		{name: "at once", heard: 0},
		{name: "while the client logs in", heard: protocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			brokerURL(t)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			var serving sync.WaitGroup
			defer serving.Wait()
			serving.Go(func() { hear(listener, c.heard) })
			_, err = amqpevents.Connect("amqp://" + listener.Addr().String() + "?connection_timeout=200")
			if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "connecting to 127.0.0.1") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// hear passes on to the broker the beginning of what a client sends, and all that
// the broker answers, until the client ends that.
func hear(listener net.Listener, beginning int64) {
	client, err := listener.Accept()
	if err != nil {
		return
	}
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	var answering sync.WaitGroup
	defer answering.Wait()
	defer server.Close()
	_, _ = io.CopyN(server, client, beginning)
	answering.Go(func() { _, _ = io.Copy(client, server) })
	_, _ = io.Copy(io.Discard, client)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	certificate, roots := certify(t)
	p := newProxy(t, &tls.Config{Certificates: []tls.Certificate{certificate}})
	url := "amqps" + strings.TrimPrefix(p.url(), "amqp")
	if _, err := amqpevents.Connect(url, amqpevents.Prefix(x.prefix)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with an unknown certificate: %v", err)
	}
	config := &tls.Config{RootCAs: roots}
	o := x.open(t, url, amqpevents.TLS(config))
	r := receive(t, o, mail, ack)
	publish(t, o, event("1"))
	if d := r.next(); d.ID != "1" {
		t.Errorf("got %s", d.ID)
	}
	if config.ServerName != "" {
		t.Error("the configuration was changed")
	}
}

// certify makes a certificate for the proxy, and what trusts it.
func certify(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
