// Package testserver has the brokers and databases that the tests of all modules share on
// one machine.
package testserver

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"
)

// Server is a broker or a database.
type Server struct {
	Address string

	name, start string
}

// The servers. No test stops one of them, and each test deletes what it has made there.
var (
	NATS       = Server{"127.0.0.1:4222", "NATS server", "nats-server -js"}
	RabbitMQ   = Server{"127.0.0.1:5672", "RabbitMQ", "rabbitmq-server"}
	PostgreSQL = Server{"127.0.0.1:5432", "PostgreSQL", "apt-get install postgresql"}
	MariaDB    = Server{"127.0.0.1:3306", "MariaDB", "apt-get install mariadb-server"}
)

// Need skips a test if nothing answers at the server's address: see [Missing].
func (s Server) Need(t testing.TB) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.Address, 5*time.Second)
	if err != nil {
		Missing(t, fmt.Sprintf("no %s at %s (start one by: %s)", s.name, s.Address, s.start))
	}
	_ = conn.Close()
}

// Missing skips a test that lacks something. If ROLLCALL_REQUIRE_BROKERS is 1, it fails the
// test instead.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}
