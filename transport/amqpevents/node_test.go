//go:build unix

package amqpevents_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// node is a broker of the test's own, to be mistreated.
type node struct {
	directory string
	port      int
	env       []string
	process   *exec.Cmd
}

// scripts is where packages have those of RabbitMQ that run as any user.
const scripts = "/usr/lib/rabbitmq/bin"

func script(name string) (string, error) {
	if path, err := exec.LookPath(filepath.Join(scripts, name)); err == nil {
		return path, nil
	}
	return exec.LookPath(name)
}

// maxMessage is the node's max_message_size, in bytes.
const maxMessage = 1 << 20

// newNode starts a node for a test that runs beside others. In a short run, it skips the
// test.
func newNode(t *testing.T) *node {
	t.Helper()
	if testing.Short() {
		t.Skip("a broker takes a while to start")
	}
	t.Parallel()
	if _, err := script("rabbitmq-server"); err != nil {
		testserver.Missing(t, "no rabbitmq-server to start (install RabbitMQ)")
	}
	n := &node{directory: t.TempDir(), port: freePort(t)}
	config := fmt.Sprintf("listeners.tcp.local = 127.0.0.1:%d\nmax_message_size = %d\n", n.port, maxMessage)
	if err := os.WriteFile(n.file("rabbitmq.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	epmd := fmt.Sprint("ERL_EPMD_PORT=", freePort(t))
	n.env = append(os.Environ(), epmd,
		"HOME="+n.directory,
		fmt.Sprintf("RABBITMQ_NODENAME=%s@localhost", n.name()),
		fmt.Sprint("RABBITMQ_DIST_PORT=", freePort(t)),
		"RABBITMQ_CONF_ENV_FILE=/dev/null",
		"RABBITMQ_CONFIG_FILE="+n.file("rabbitmq.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+n.file("plugins"),
		"RABBITMQ_MNESIA_BASE="+n.file("mnesia"),
		"RABBITMQ_LOG_BASE="+n.file("log"),
		"RABBITMQ_PID_FILE="+n.file("pid"),
	)
	names := exec.Command("epmd") // else the node starts one that outlives it
	names.Env = n.env
	if err := names.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.stop(syscall.SIGKILL)
		_ = names.Process.Kill()
		_ = names.Wait()
	})
	n.start(t)
	return n
}

// Ports are given out from a random one upwards, so that two processes hardly get the same.
// They are below those from which the system chooses. Otherwise, while a node starts, a
// proxy of another test could get its port and be taken for the node.
var (
	firstPort = 20_000 + rand.IntN(10_000)
	ports     atomic.Int64 // how many were given out
)

// freePort returns a port that nobody listens at, and never the same twice.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := firstPort + int(ports.Add(1))
		if listener, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func (n *node) file(name string) string { return filepath.Join(n.directory, name) }

func (n *node) name() string { return fmt.Sprint("rollcall", n.port) }

func (n *node) url() string { return fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d", n.port) }

// start returns when the node takes connections.
func (n *node) start(t *testing.T) {
	t.Helper()
	path, err := script("rabbitmq-server")
	if err != nil {
		t.Fatal(err)
	}
	n.process = exec.Command(path)
	n.process.Env = n.env
	n.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := n.process.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for {
		err := n.answers()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the node did not start: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// answers returns nil if the node takes connections, and it is not somebody else's port.
func (n *node) answers() error {
	conn, err := amqp091.Dial(n.url())
	if err != nil {
		return err
	}
	defer conn.Close()
	if name := fmt.Sprint(conn.Properties["cluster_name"]); !strings.HasPrefix(name, n.name()+"@") {
		return fmt.Errorf("at its port answers %s", name)
	}
	return nil
}

// stop ends the node, and waits for that.
func (n *node) stop(by syscall.Signal) {
	if n.process != nil {
		_ = syscall.Kill(-n.process.Process.Pid, by)
		_ = n.process.Wait()
		n.process = nil
	}
}

func (n *node) control(t *testing.T, arguments ...string) {
	t.Helper()
	path, err := script("rabbitmqctl")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, arguments...)
	c.Env = n.env
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("rabbitmqctl %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
}

// space is that of a node: nothing needs to be deleted.
func (n *node) open(t *testing.T, options ...amqpevents.Option) *opened {
	t.Helper()
	x := &space{t: t, url: n.url(), prefix: "rollcall"}
	return x.open(t, x.url, options...)
}

// Starting a node takes more than most of these: two share them.
func TestNodeWithConsumerTimeout(t *testing.T) {
	n := newNode(t)
	t.Run("consumer_timeout", func(t *testing.T) { checkConsumerTimeout(t, n) })
	t.Run("permissions", func(t *testing.T) { checkPermissions(t, n) })
}

func TestNodeThatRestarts(t *testing.T) {
	n := newNode(t)
	t.Run("a message too large for the broker", func(t *testing.T) { checkTooLarge(t, n) })
	t.Run("a full queue", func(t *testing.T) { checkFull(t, n) })
	t.Run("memory alarm", func(t *testing.T) { checkMemoryAlarm(t, n) })
	t.Run("a connection lost in a memory alarm", func(t *testing.T) { checkLostInAlarm(t, n) })
	t.Run("reset", func(t *testing.T) { checkReset(t, n) })
	t.Run("restart", func(t *testing.T) { checkRestart(t, n) })
}

// whole has the tests run in full, by make ledger.
var whole = os.Getenv("ROLLCALL_LEDGER") == "1"

func checkTooLarge(t *testing.T, n *node) {
	o := n.open(t)
	r := receive(t, o, mail, ack)
	m := event("large")
	m.Body = make([]byte, maxMessage+1)
	if err := o.Publish(within(t), m); err == nil || !strings.Contains(err.Error(), "PRECONDITION_FAILED - message size") {
		t.Errorf("got %v", err)
	}
	publish(t, o, event("1"))
	if d := r.next(); d.ID != "1" {
		t.Errorf("got %s", d.ID)
	}
}

// What a queue has no room for, the broker does not confirm.
func checkFull(t *testing.T, n *node) {
	n.control(t, "set_policy", "full", "full", `{"max-length":1,"overflow":"reject-publish"}`, "--apply-to", "queues")
	o := n.open(t)
	full := transport.Message{ID: "1", Event: "order.full"}
	if err := o.Declare(within(t), transport.Subscription{Event: full.Event, Key: "mail"}); err != nil {
		t.Fatal(err)
	}
	for ctx := within(t); ; { // it may take a few more
		if err := o.Publish(ctx, full); err != nil {
			if !strings.Contains(err.Error(), "the broker refused to keep it") {
				t.Errorf("got %v", err)
			}
			return
		}
	}
}

func checkMemoryAlarm(t *testing.T, n *node) {
	o, closing := n.open(t), n.open(t)
	r := receive(t, o, mail, ack)
	publish(t, o, event("before"))
	r.next()
	n.control(t, "set_vm_memory_high_watermark", "0.000001")
	for _, o := range []*opened{o, closing} {
		untilBlocked(t, o)
	}
	closing.Close()
	ended := make(chan error, 1)
	go func() { ended <- o.Publish(within(t), event("after")) }()
	// Who only receives is not blocked.
	if err := o.Declare(within(t), transport.Subscription{Event: "order.other", Key: "mail"}); err != nil {
		t.Errorf("declaring: %v", err)
	}
	n.control(t, "set_vm_memory_high_watermark", "0.4")
	if err := <-ended; err != nil {
		t.Errorf("publishing after the alarm: %v", err)
	}
	for r.next().ID != "after" {
	}
}

// What waits for the end of an alarm goes on by another connection when its own is
// lost.
func checkLostInAlarm(t *testing.T, n *node) {
	o := n.open(t)
	if err := o.Declare(within(t), mail); err != nil {
		t.Fatal(err)
	}
	n.control(t, "set_vm_memory_high_watermark", "0.000001")
	untilBlocked(t, o)
	ended := make(chan error, 1)
	go func() { ended <- o.Publish(within(t), event("waits")) }()
	n.control(t, "close_all_connections", "by a test")
	n.control(t, "set_vm_memory_high_watermark", "0.4")
	if err := <-ended; err != nil {
		t.Errorf("publishing: %v", err)
	}
}

// untilBlocked publishes until the broker blocks that.
func untilBlocked(t *testing.T, o *opened) {
	t.Helper()
	for long := within(t); ; {
		ctx, cancel := context.WithTimeout(long, 100*time.Millisecond)
		err := o.Publish(ctx, event("during"))
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) || long.Err() != nil {
			t.Fatal(err)
		}
		if err != nil && strings.Contains(err.Error(), "event order.placed: the broker blocks publishers (low on memory)") {
			return
		}
	}
}

// What was confirmed is there after a restart, also what waits to be retried. A
// publish waits for the broker.
func checkRestart(t *testing.T, n *node) {
	o := n.open(t)
	s := transport.Subscription{Event: mail.Event, Key: "restart", MaxInFlight: 4}
	r := receive(t, o, s, func(d transport.Delivery) transport.Verdict {
		if d.ID == "waits" && d.Attempt == 1 {
			return transport.Retry(time.Second, "later")
		}
		return transport.Ack()
	})
	late := transport.Subscription{Event: mail.Event, Key: "late"}
	if err := o.Declare(within(t), late); err != nil {
		t.Fatal(err)
	}
	publish(t, o, event("waits"))
	if d := r.next(); d.ID != "waits" {
		t.Fatalf("got %s", d.ID)
	}
	for q := (amqp091.Queue{}); q.Messages == 0; { // it is in its tier
		q, _ = raw(t, n.url()).QueueDeclarePassive("rollcall.wait.1s", true, false, false, false, nil)
	}
	n.stop(syscall.SIGTERM) // it forgets a queue that was just made when it is killed
	ended := make(chan error, 1)
	go func() { ended <- o.Publish(within(t), event("during")) }()
	n.start(t)
	if err := <-ended; err != nil {
		t.Errorf("publishing: %v", err)
	}
	// A broker that has not quite started may not find the receiver; then it
	// keeps the message for a while, longer than this test has.
	for came, ctx := map[string]bool{}, within(t); !came["during"] || !came["waits"]; {
		select {
		case d := <-r.got:
			came[d.ID] = true
			if d.ID == "waits" && d.Attempt < 2 {
				t.Errorf("what waited comes by attempt %d", d.Attempt)
			}
		case <-time.After(50 * time.Millisecond):
			q, err := raw(t, n.url()).QueueDeclarePassive("rollcall.gone", true, false, false, false, nil)
			came["waits"] = came["waits"] || err == nil && q.Messages == 1
		case <-ctx.Done():
			t.Fatalf("came: %v", came)
		}
	}
	second := receive(t, o, late, ack)
	for _, want := range []string{"waits", "during"} {
		if d := second.next(); d.ID != want {
			t.Errorf("got %s, want %s", d.ID, want)
		}
	}
}
