package amqpevents

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// broker has the address of the broker and the settings for connecting to it.
type broker struct {
	url     string
	host    string // with the port, for errors: no user, no password
	tls     *tls.Config
	timeout time.Duration // for making a connection
}

// connectTimeout applies to URLs without a connection_timeout.
const connectTimeout = 10 * time.Second

// newBroker parses a URL. It does not return the parser's error, which quotes what it
// could not parse and so may contain a password.
func newBroker(url string, config *tls.Config) (broker, error) {
	uri, err := amqp091.ParseURI(url)
	if err != nil || hasLateAt(url) {
		return broker{}, errURL
	}
	if config != nil && uri.Scheme != "amqps" {
		return broker{}, errTLS
	}
	timeout := connectTimeout
	if uri.ConnectionTimeout > 0 {
		timeout = time.Duration(uri.ConnectionTimeout) * time.Millisecond
	}
	return broker{url: url, host: net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)), tls: config, timeout: timeout}, nil
}

// hasLateAt reports whether an @ follows the host of a URL. The password then contains a
// slash, a question mark or a #, and the parser took the text before that for the host.
func hasLateAt(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	end := strings.IndexAny(rest, "/?#")
	return end >= 0 && strings.Contains(rest[end:], "@")
}

// dial makes a connection. The purpose is part of the connection's name, which the broker
// shows in its list of connections.
func (b broker) dial(ctx context.Context, purpose string) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	var w *wire
	stop := func() bool { return true }
	config := amqp091.Config{Locale: "en_US", Properties: amqp091.NewConnectionProperties(), TLSClientConfig: b.tls.Clone()}
	config.Properties.SetClientConnectionName("rollcall " + purpose)
	config.Dial = func(network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
		w = newWire(conn)
		return w, nil
	}
	conn, err := amqp091.DialConfig(b.url, config)
	if stopped := stop(); !stopped {
		err = ctx.Err() // the client reports a connection closed during login as a wrong password
	}
	if err != nil {
		if w != nil {
			_ = w.Close()
		}
		return nil, errConnecting(b.host, err)
	}
	return newConnection(conn, w), nil
}
