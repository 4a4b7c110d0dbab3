package amqpevents

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
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

// newBroker returns the broker of a URL, without connecting to it.
func newBroker(url string, config *tls.Config) (broker, error) {
	uri, err := parseURL(url)
	if err != nil {
		return broker{}, err
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
		return nil, errDialling(err)
	}
	return newConnection(conn, w), nil
}
