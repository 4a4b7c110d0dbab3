package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rabbitmq/amqp091-go"
)

// brokerServer is one that the tests use, if it runs.
type brokerServer struct {
	url, address string
	start        string // how to start it
	clean        func(t *testing.T, url, prefix string)
}

var brokers = map[string]brokerServer{
	"nats":     {"nats://127.0.0.1:4222", "127.0.0.1:4222", "nats-server -js", deleteStreams},
	"rabbitmq": {"amqp://guest:guest@127.0.0.1:5672/", "127.0.0.1:5672", "rabbitmq-server", deleteQueues},
}

// prefix is a name for what a test has at the broker, which is deleted at its
// end. The test is skipped where no broker answers.
func (b brokerServer) prefix(t *testing.T) string {
	t.Helper()
	needs(t, b.address, b.start)
	prefix := "orders" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() { b.clean(t, b.url, prefix) })
	return prefix
}

// needs skips a test if nothing answers at an address, or fails it where nothing may be
// missing.
func needs(t *testing.T, address, start string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = conn.Close()
		return
	}
	missing := "nothing answers at " + address + " (start it by: " + start + ")"
	if os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// server is a database server that the tests use, if it runs.
type server struct{ driver, name, url, address, start, drop string }

var databases = map[string]server{
	"PostgreSQL": {"pgx", "postgres://postgres@127.0.0.1:5432/postgres", "postgres://postgres@127.0.0.1:5432/", "127.0.0.1:5432", "apt-get install postgresql", " WITH (FORCE)"},
	"MariaDB":    {"mysql", "root@tcp(127.0.0.1:3306)/", "mysql://root@127.0.0.1:3306/", "127.0.0.1:3306", "apt-get install mariadb-server", ""},
}

// create makes a database, which is deleted at the end, and returns its URL.
func (s server) create(t *testing.T) string {
	t.Helper()
	needs(t, s.address, s.start)
	db, err := sql.Open(s.driver, s.name)
	if err != nil {
		t.Fatal(err)
	}
	name := "orders" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() {
		if _, err := db.Exec("DROP DATABASE IF EXISTS " + name + s.drop); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return s.url + name
}

func deleteStreams(t *testing.T, url, prefix string) {
	conn, err := nats.Connect(url)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, name := range []string{prefix, prefix + "_dead"} {
		if err := js.DeleteStream(ctx, strings.ToUpper(name)); err != nil {
			t.Error(err)
		}
	}
}

func deleteQueues(t *testing.T, url, prefix string) {
	conn, err := amqp091.Dial(url)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Error(err)
		return
	}
	var queues []string
	for _, key := range []string{"mail", "stats"} {
		queues = append(queues, "order.placed/"+key, "order.placed/"+key+"/dead")
	}
	for ttl := time.Second / 8; ttl <= 4096*time.Second; ttl *= 2 {
		queues = append(queues, "wait."+ttl.String())
	}
	for _, q := range append(queues, "gone") {
		if _, err := ch.QueueDelete(prefix+"."+q, false, false, false); err != nil {
			t.Error(err)
			return // the channel is closed
		}
	}
	for _, e := range []string{"events", "dead", "wait", "back", "gone"} {
		if err := ch.ExchangeDelete(prefix+"."+e, false, false); err != nil {
			t.Error(err)
			return
		}
	}
}
