package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	natsd "github.com/nats-io/nats-server/v2/server"
)

// The addresses of services for tests, and how to start one.
var services = map[string][2]string{
	"amqp":     {"127.0.0.1:5672", "apt-get install rabbitmq-server"},
	"postgres": {"127.0.0.1:5432", "apt-get install postgresql"},
	"mariadb":  {"127.0.0.1:3306", "apt-get install mariadb-server"},
}

// missing returns why a service can't be used, or "".
func missing(service string) string {
	s := services[service]
	conn, err := net.DialTimeout("tcp", s[0], time.Second)
	if err != nil {
		return fmt.Sprintf("no %s at %s (%s)", service, s[0], s[1])
	}
	_ = conn.Close()
	return ""
}

// need skips a test if a service is missing.
func need(t testing.TB, service string) {
	t.Helper()
	switch text := missing(service); {
	case text == "":
	case os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1":
		t.Fatal(text)
	default:
		t.Skip(text)
	}
}

// password is that of the NATS server for tests.
const password = "tell-nobody"

// natsForTests is a NATS server in this process.
type natsForTests struct {
	*natsd.Server
	stop func()
}

// startNATS starts a server that knows a user, who may do all, and others.
func startNATS(user string, others ...*natsd.User) (*natsForTests, error) {
	dir, err := os.MkdirTemp("", "rollcall-letters")
	if err != nil {
		return nil, err
	}
	s, err := natsd.NewServer(&natsd.Options{Host: "127.0.0.1", Port: natsd.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
		Users: append(others, &natsd.User{Username: user, Password: password})})
	if err != nil {
		return nil, err
	}
	s.Start()
	n := &natsForTests{s, func() { s.Shutdown(); s.WaitForShutdown(); _ = os.RemoveAll(dir) }}
	if !s.ReadyForConnections(30 * time.Second) {
		n.stop()
		return nil, errors.New("the NATS server did not start")
	}
	return n, nil
}

// url returns the URL of a user. The password may be "", for none.
func (n *natsForTests) url(user, password string) string {
	who := url.User(user)
	if password != "" {
		who = url.UserPassword(user, password)
	}
	return "nats://" + who.String() + "@" + n.Addr().String()
}

// natsServer starts a server that tests share.
var natsServer = sync.OnceValues(func() (*natsForTests, error) {
	n, err := startNATS("ann")
	if err == nil {
		stopNATS = n.stop
	}
	return n, err
})

// stopNATS ends the shared server, if a test has started it.
var stopNATS = func() {}

// natsURL returns the URL of the shared server.
func natsURL(t testing.TB, user, password string) string {
	t.Helper()
	n, err := natsServer()
	if err != nil {
		t.Fatal(err)
	}
	return n.url(user, password)
}

// listen calls a function for each connection until the test ends, and returns the address.
func listen(t testing.TB, serve func(ended <-chan struct{}, c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				serve(ended, c)
			})
		}
	})
	t.Cleanup(func() {
		close(ended)
		_ = l.Close()
		all.Wait()
	})
	return l.Addr().String()
}
