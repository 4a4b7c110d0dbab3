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

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

func TestNoPasswordInErrors(t *testing.T) {
	t.Parallel()
	brokerURL(t)
	for url, want := range map[string]string{
		"amqp://ann:s3cret@" + address:              "there is no connection to " + address + ` (Exception (403) Reason: "username or password not allowed"): context deadline exceeded`,
		"amqp://guest:s3cret@" + address:            "there is no connection to " + address + ` (Exception (403) Reason: "username or password not allowed"): context deadline exceeded`,
		"amqp://ann:s3cret@127.0.0.1:1":             "there is no connection to 127.0.0.1:1 (dial tcp 127.0.0.1:1: ",
		"amqp://ann:s3cret@nowhere.invalid":         "there is no connection to nowhere.invalid:5672 (",
		"amqp://guest:guest@" + address + "/s3cret": "there is no connection to " + address + " (the broker refuses the vhost of the URL: create it, ",
		"amqps://ann:s3cret@" + address + "?cacertfile=s3cret": "there is no connection to " + address +
			" (reading a certificate or a key that the URL names: no such file or directory): ",
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			o := connecting(t, url)
			for name, err := range failures(t, o, want) {
				if strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	for _, url := range []string{
		"amqp://ann:s3cret@host:x", "amqp://ann:s3cret@host/a b", "amqp://ann:%s3cret@host", "amqp://ann:12/s3cret@host", "amqp://ann:12?s3cret@host",
		"amqp://ann:s3cret/@host", "http://ann:s3cret@host", "amqp://ann:x@s3cret@host", "amqp://ann:s3cret@host?heartbeat=s3cret", "s3cret",
	} {
		if _, err := amqpevents.Connect(url); err == nil || strings.Contains(err.Error(), "s3cret") || !strings.HasPrefix(err.Error(), "the URL of the broker must be like ") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"amqp://host?auth_mechanism=s3cret", "amqp://host?password=s3cret", "amqp://host?s3cret", "amqps://host?server_name_indication=s3cret,x"} {
		if _, err := amqpevents.Connect(url); err == nil || strings.Contains(err.Error(), "s3cret") || !strings.HasPrefix(err.Error(), "after the question mark, the URL of the broker may have ") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// connecting is a transport that may never connect.
func connecting(t *testing.T, url string, options ...amqpevents.Option) *amqpevents.Transport {
	t.Helper()
	o, err := amqpevents.Connect(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

// failures waits until a transport knows why it has no connection, and returns what its
// methods say then.
func failures(t *testing.T, o *amqpevents.Transport, want string) map[string]error {
	t.Helper()
	ask := func(f func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		return f(ctx)
	}
	all := map[string]error{}
	for name, f := range map[string]func(context.Context) error{
		"AwaitConnection": o.AwaitConnection,
		"Publish":         func(ctx context.Context) error { return o.Publish(ctx, event("1")) },
		"Declare":         func(ctx context.Context) error { return o.Declare(ctx, mail) },
		"EachDeadLetter": func(ctx context.Context) error {
			_, err := o.EachDeadLetter(ctx, mail.Event, mail.Key, replay)
			return err
		},
	} {
		for long := within(t); ; {
			if all[name] = ask(f); all[name] == nil || long.Err() != nil {
				t.Fatalf("%s: %v, want %s", name, all[name], want)
			}
			if strings.Contains(all[name].Error(), want) && errors.Is(all[name], context.DeadlineExceeded) {
				break
			}
		}
	}
	return all
}

// A transport that began without a broker goes on when the broker is there.
func TestConnectsInTheBackground(t *testing.T) {
	t.Parallel()
	x, log := newSpace(t), newRecords()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().String()
	_ = listener.Close()
	o := &opened{connecting(t, "amqp://guest:guest@"+at, amqpevents.Prefix(x.prefix), log.option()), x}
	failures(t, o.Transport, "there is no connection to "+at)
	log.next(t, "level=WARN", "no connection to the broker: trying again until there is one", "broker="+at, "purpose=publishing", "reason=")
	got := make(chan transport.Delivery, 10)
	ctx, stop := context.WithCancel(within(t))
	ended := make(chan error, 1)
	go func() {
		ended <- o.Subscribe(ctx, mail, func(_ context.Context, d transport.Delivery) transport.Verdict {
			got <- d
			return transport.Ack()
		})
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the subscription ended with %v", err)
		}
	}()
	newProxyAt(t, at)
	if err := o.AwaitConnection(ctx); err != nil {
		t.Fatal(err)
	}
	if err := o.Declare(ctx, mail); err != nil {
		t.Fatal(err)
	}
	for err := errors.New("not yet"); err != nil; { // a new quorum queue may refuse until it has a leader
		if err = o.Publish(ctx, event("1")); ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	if d := <-got; d.ID != "1" {
		t.Errorf("got %s", d.ID)
	}
	log.next(t, "level=INFO", "connected to the broker", "broker="+at)
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
			serving.Go(func() {
				for {
					client, err := listener.Accept()
					if err != nil {
						return
					}
					serving.Go(func() { hear(client, c.heard) })
				}
			})
			o := connecting(t, "amqp://"+listener.Addr().String()+"?connection_timeout=200")
			failures(t, o, "there is no connection to "+listener.Addr().String()+" (context deadline exceeded): ")
			_ = listener.Close()
			o.Close()
		})
	}
}

// hear passes on to the broker the beginning of what a client sends, and all that
// the broker answers, until the client ends that.
func hear(client net.Conn, beginning int64) {
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
	failures(t, connecting(t, url, amqpevents.Prefix(x.prefix)), "certificate")
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
