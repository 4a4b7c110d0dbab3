package faults_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// serverVariable has what a process needs that is a NATS server, as JSON.
const serverVariable = "ROLLCALL_FAULTS_SERVER"

// natsServer is a NATS server with JetStream that syncs every write.
type natsServer struct {
	Port      int
	Directory string
}

const ready = "ready" // to take connections

// serve is the server's process, until its standard input ends, or by a signal.
func serve(text string) int {
	var s natsServer
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return complain(err)
	}
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: s.Port, JetStream: true, StoreDir: s.Directory, SyncAlways: true, NoLog: true,
	})
	if err != nil {
		return complain(err)
	}
	srv.Start()
	defer srv.WaitForShutdown()
	defer srv.Shutdown()
	if !srv.ReadyForConnections(patience) {
		return complain(errors.New("the server does not start"))
	}
	fmt.Println(ready)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// start returns when the server takes connections.
func (s natsServer) start(t *testing.T) *process {
	t.Helper()
	p := start(t, serverVariable, s)
	p.await(ready)
	return p
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
