package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// brokerServer is one that the tests use, if it runs.
type brokerServer struct {
	testserver.Server
	url   string
	clean func(t *testing.T, url, prefix string)
}

var brokers = map[string]brokerServer{
	"nats":     {testserver.NATS, "nats://" + testserver.NATS.Address, deleteStreams},
	"rabbitmq": {testserver.RabbitMQ, "amqp://guest:guest@" + testserver.RabbitMQ.Address + "/", deleteQueues},
}

// prefix is a name for what a test has at the broker, which is deleted at its
// end. The test is skipped where no broker answers.
func (b brokerServer) prefix(t *testing.T) string {
	t.Helper()
	b.Need(t)
	prefix := "orders" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() { b.clean(t, b.url, prefix) })
	return prefix
}

// server is a database server that the tests use, if it runs.
type server struct {
	testserver.Server
	driver, name, url string
	drop              string // the end of DROP DATABASE
}

var databases = map[string]server{
	"PostgreSQL": {testserver.PostgreSQL, "pgx", "postgres://postgres@127.0.0.1:5432/postgres", "postgres://postgres@127.0.0.1:5432/", " WITH (FORCE)"},
	"MariaDB":    {testserver.MariaDB, "mysql", "root@tcp(127.0.0.1:3306)/", "mysql://root@127.0.0.1:3306/", ""},
}

// create makes a database, which is deleted at the end, and returns its URL.
func (s server) create(t *testing.T) string {
	t.Helper()
	s.Need(t)
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
	queues := testserver.Queues{Prefix: prefix}
	for _, key := range []string{"mail", "stats"} {
		queues.Note("order.placed", key)
	}
	if err := queues.Delete(ch); err != nil {
		t.Error(err)
	}
}
