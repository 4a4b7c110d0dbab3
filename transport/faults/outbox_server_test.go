package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// databaseServer is a database server of a test's own.
type databaseServer struct {
	t         *testing.T
	kind      sqlevents.Dialect
	port      int
	directory string
	process   *process
}

// newDatabaseServer makes the server's files. It skips if its programs are missing.
func newDatabaseServer(t *testing.T, kind sqlevents.Dialect) *databaseServer {
	t.Helper()
	directory, err := os.MkdirTemp("", "faults") // not t.TempDir: another user must reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	s := &databaseServer{t: t, kind: kind, port: freePort(t), directory: directory}
	s.give(directory)
	data := filepath.Join(directory, "data")
	if kind == sqlevents.PostgreSQL {
		s.run(s.as(s.program("initdb"), "-A", "trust", "-U", "postgres", "-D", data))
	} else {
		s.run([]string{s.program("mariadb-install-db"), "--no-defaults", "--user=" + s.owner(), "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db"})
	}
	return s
}

// program finds one of the server's. PostgreSQL's are not in the path.
func (s *databaseServer) program(name string) string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if path, err := exec.LookPath(name); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		testserver.Missing(s.t, "no "+name+": install the database server, so that the test can start one of its own")
	}
	return slices.Max(found)
}

// owner is the user that the server runs as. PostgreSQL does not run as root.
func (s *databaseServer) owner() string {
	if os.Geteuid() != 0 {
		u, err := user.Current()
		if err != nil {
			s.t.Fatal(err)
		}
		return u.Username
	}
	if s.kind == sqlevents.PostgreSQL {
		return "postgres"
	}
	return "mysql"
}

// give makes the owner own a directory.
func (s *databaseServer) give(directory string) {
	s.t.Helper()
	u, err := user.Lookup(s.owner())
	if err != nil {
		testserver.Missing(s.t, fmt.Sprintf("no user %s to run %v: %v", s.owner(), s.kind, err))
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(directory, uid, gid); err != nil {
		s.t.Fatal(err)
	}
}

// as is a command that the owner runs.
func (s *databaseServer) as(command ...string) []string {
	if os.Geteuid() != 0 {
		return command
	}
	return append([]string{"runuser", "-u", s.owner(), "--"}, command...)
}

func (s *databaseServer) run(command []string) {
	s.t.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Dir = s.directory
	if out, err := c.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %v: %s", command, err, out)
	}
}

// start returns when the server answers.
func (s *databaseServer) start() {
	s.t.Helper()
	data, port := filepath.Join(s.directory, "data"), strconv.Itoa(s.port)
	command := []string{s.program("mariadbd"), "--no-defaults", "--user=" + s.owner(), "--datadir=" + data, "--bind-address=127.0.0.1", "--port=" + port,
		"--socket=" + filepath.Join(s.directory, "socket"), "--pid-file=" + filepath.Join(s.directory, "pid")}
	if s.kind == sqlevents.PostgreSQL {
		command = s.as(s.program("postgres"), "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+s.directory)
	}
	s.process = leashed{Command: command, Env: os.Environ()}.start(s.t)
	d := database{s.kind, s.url("")}
	db, err := d.open()
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if !eventually(func() bool { err = db.PingContext(s.t.Context()); return err == nil }) {
		s.t.Fatalf("the server does not start: %v: %s", err, &s.process.errors)
	}
}

// stop ends the server at once, as a crash would.
func (s *databaseServer) stop() {
	s.t.Helper()
	if s.kind == sqlevents.PostgreSQL {
		s.run(s.as(s.program("pg_ctl"), "-w", "-m", "immediate", "-D", filepath.Join(s.directory, "data"), "stop"))
	}
	s.process.end() // kills what is left
}

// url is that of a database; "" for the one that is there from the start.
func (s *databaseServer) url(name string) string {
	return serverURL(s.kind, fmt.Sprintf("127.0.0.1:%d", s.port), name)
}

// database makes a database with the tables.
func (s *databaseServer) database() database {
	s.t.Helper()
	admin, err := database{s.kind, s.url("")}.open()
	if err != nil {
		s.t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.ExecContext(s.t.Context(), "CREATE DATABASE shop"); err != nil {
		s.t.Fatal(err)
	}
	d := database{s.kind, s.url("shop")}
	d.prepare(s.t)
	return d
}
