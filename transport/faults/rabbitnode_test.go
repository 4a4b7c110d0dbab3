package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// rabbitNode is a RabbitMQ of a test's own, with its own Erlang port mapper.
type rabbitNode struct {
	t         *testing.T
	port      int
	directory string
	env       []string
	process   *process
}

// program finds one of RabbitMQ's. Packages have scripts in the path that change
// the user; the ones behind them run as any.
func program(name string) (string, error) {
	if path, err := exec.LookPath(filepath.Join("/usr/lib/rabbitmq/bin", name)); err == nil {
		return path, nil
	}
	return exec.LookPath(name)
}

// newRabbitNode starts a node, which ends with the test.
func newRabbitNode(t *testing.T) *rabbitNode {
	t.Helper()
	for _, name := range []string{"rabbitmq-server", "rabbitmqctl", "epmd"} {
		if _, err := program(name); err != nil {
			testserver.Missing(t, "no "+name+": install RabbitMQ, so that the test can start one of its own")
		}
	}
	n := &rabbitNode{t: t, port: freePort(t), directory: t.TempDir()}
	mapper := fmt.Sprint(freePort(t))
	n.setEnv(mapper)
	n.leashed("epmd", "-port", mapper, "-address", "127.0.0.1")
	n.start()
	return n
}

func (n *rabbitNode) setEnv(mapper string) {
	n.env = append(os.Environ(),
		"ERL_EPMD_PORT="+mapper,
		"HOME="+n.directory, // for the cookie
		fmt.Sprintf("RABBITMQ_NODENAME=faults%d@localhost", n.port),
		"RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		fmt.Sprint("RABBITMQ_NODE_PORT=", n.port),
		fmt.Sprint("RABBITMQ_DIST_PORT=", freePort(n.t)),
		"RABBITMQ_CONF_ENV_FILE=/dev/null",
		"RABBITMQ_CONFIG_FILE="+filepath.Join(n.directory, "none"),
	)
	for variable, name := range map[string]string{"MNESIA_BASE": "data", "LOG_BASE": "log", "PID_FILE": "pid", "ENABLED_PLUGINS_FILE": "plugins"} {
		n.env = append(n.env, "RABBITMQ_"+variable+"="+filepath.Join(n.directory, name))
	}
}

func (n *rabbitNode) leashed(name string, arguments ...string) *process {
	n.t.Helper()
	path, err := program(name)
	if err != nil {
		n.t.Fatal(err)
	}
	return leashed{Command: append([]string{path}, arguments...), Env: n.env}.start(n.t)
}

// start returns when the node takes connections.
func (n *rabbitNode) start() {
	n.t.Helper()
	n.process = n.leashed("rabbitmq-server")
	var err error
	if !within(5*patience, func() bool {
		var conn *amqp091.Connection
		if conn, err = amqp091.Dial(n.site().Place); err == nil {
			_ = conn.Close()
		}
		return err == nil
	}) {
		n.t.Fatalf("the node does not start: %v: %s", err, &n.process.errors)
	}
}

// site is all of the node: nothing needs to be deleted.
func (n *rabbitNode) site() site {
	return site{rabbitMQ, fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d", n.port), "faults"}
}

func (n *rabbitNode) control(arguments ...string) {
	n.t.Helper()
	path, err := program("rabbitmqctl")
	if err != nil {
		n.t.Fatal(err)
	}
	c := exec.Command(path, arguments...)
	c.Env = n.env
	if out, err := c.CombinedOutput(); err != nil {
		n.t.Fatalf("rabbitmqctl %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
}
