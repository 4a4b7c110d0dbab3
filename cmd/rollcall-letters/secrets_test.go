package main

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// mark is a password that no output may contain, as it is or percent-encoded.
const mark = "Marked@pass/word"

var marked = url.QueryEscape(mark)

// secretly runs the command and checks that no output has the marked password.
func secretly(t *testing.T, env map[string]string, args ...string) (output string, code int) {
	t.Helper()
	stdout, stderr, code := runWith(t, env, args...)
	for _, part := range []string{mark, marked, "Marked", "pass/word", "pass%2Fword"} {
		if strings.Contains(stdout+stderr, part) {
			t.Errorf("%q of %q prints the password:\n%s%s", args, env["ROLLCALL_URL"], stdout, stderr)
		}
	}
	return stdout + stderr, code
}

// No error of a server prints the password, wherever it comes from.
func TestPasswordsAreNotPrinted(t *testing.T) {
	t.Parallel()
	need(t, "amqp")
	need(t, "mariadb")
	refusing := postgresRefusing(t, nil)
	nats := strings.TrimPrefix(natsURL(t, "ann", password), "nats://ann:"+password+"@")
	for _, tt := range []struct{ server, says string }{
		{"nats://ann:%s@" + nats, "connecting to NATS at " + nats + ": nats: Authorization Violation"},
		{"nats://%s@" + nats, "Authorization Violation"},
		{"nats://ann:%s@127.0.0.1:1", "connecting to NATS at 127.0.0.1:1: nats: no servers available"},
		{"nats://ann:%s@nowhere.invalid:4222", "connecting to NATS at nowhere.invalid:4222: "},
		{"amqp://ann:%s@127.0.0.1:5672/", "connecting to RabbitMQ at 127.0.0.1:5672: Exception (403) Reason: \"username or password not allowed\""},
		{"amqp://ann:%s@127.0.0.1:1/", "connecting to RabbitMQ at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
		{"amqp://ann:%s@nowhere.invalid/", "connecting to RabbitMQ at nowhere.invalid:5672: "},
		{"postgres://ann:%s@" + refusing + "/shop?sslmode=disable", "connecting to PostgreSQL: looking for the tables of the outbox: "},
		{"postgres://ann:%s@127.0.0.1:1/shop", "connection refused"},
		{"postgres://ann:%s@nowhere.invalid/shop", "nowhere.invalid"},
		{"postgres://ann@127.0.0.1:1/shop?password=%s", "connection refused"},
		{"postgres://ann:%s@127.0.0.1/shop?sslmode=often", "the URL of PostgreSQL: "},
		{"mariadb://ann:%s@127.0.0.1/shop", "Access denied for user 'ann'@"},
		{"mariadb://ann:%s@127.0.0.1:1/shop", "connection refused"},
		{"mariadb://ann:%s@nowhere.invalid/shop", "nowhere.invalid"},
		{"mariadb://ann:%s@127.0.0.1/shop?timeout=often", "the URL of MariaDB: "},
	} {
		t.Run(tt.server, func(t *testing.T) {
			t.Parallel()
			names := []string{list, "-event", event, "-key", "mail"}
			whole := fmt.Sprintf(tt.server, marked)
			output, code := secretly(t, map[string]string{"ROLLCALL_URL": whole}, append(names, "-json")...) // printed twice
			if code != exitFailed || strings.Count(output, `"type":"error"`) != 1 || strings.Count(strings.ReplaceAll(output, `\"`, `"`), tt.says) < 2 {
				t.Errorf("exit code %d, want %q in\n%s", code, tt.says, output)
			}
		})
	}
}

// A URL that can't be read is not quoted.
func TestBrokenURLsAreNotPrinted(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"nats", "amqp", "postgres", "mariadb", "sqlite", "redis", ""} {
		for _, rest := range []string{
			"://ann:" + mark + "@127.0.0.1:1/x", "://ann:" + marked + "@127.0.0.1:x/x", "://ann:%zz" + marked + "@127.0.0.1:1/x",
			"://ann:" + mark, ":" + mark, "://ann:" + marked + "@127.0.0.1:1/x?%zz", "://ann:x," + marked + "@127.0.0.1:1",
			"://ann:" + marked + "@[::1/x", "://127.0.0.1:1:" + mark,
		} {
			for _, env := range []map[string]string{{"ROLLCALL_URL": scheme + rest}, {"ROLLCALL_URL": scheme + rest, "ROLLCALL_PASSWORD": mark}} {
				if output, code := secretly(t, env, list, "-event", event, "-key", "mail"); code == exitOK {
					t.Errorf("%s%s works:\n%s", scheme, rest, output)
				}
			}
			secretly(t, nil, list, "-url"+scheme+rest)
			secretly(t, nil, list, "-url="+scheme+rest)
			secretly(t, nil, list+scheme+rest)
			secretly(t, nil, scheme+rest)
			if strings.Contains(scheme+rest, "://") {
				secretly(t, map[string]string{"ROLLCALL_URL": "sqlite:///nowhere/x.db"}, list, scheme+rest)
			}
			secretly(t, nil, list, "-older", scheme+rest)
		}
	}
}

// The ways to give a password all work.
func TestWaysToGiveAPassword(t *testing.T) {
	t.Parallel()
	p := natsPlace(t)
	p.bury(t, aged...)
	address := strings.Split(p.url, "@")[1]
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte(p.url+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		env  map[string]string
		args []string
	}{
		{nil, []string{"-url", p.url}},
		{nil, []string{"-url-file", file}},
		{map[string]string{"ROLLCALL_URL": p.url}, nil},
		{map[string]string{"ROLLCALL_URL": "nats://ann@" + address, "ROLLCALL_PASSWORD": password}, nil},
		{map[string]string{"ROLLCALL_URL": "nats://ann@127.0.0.1:1, nats://ann@" + address, "ROLLCALL_PASSWORD": password}, nil},
	} {
		stdout, stderr, code := runWith(t, tt.env, append([]string{show, "-body", "-prefix", p.prefix}, tt.args...)...)
		if code != exitOK || !strings.Contains(stderr, "3 of 3") || strings.Contains(stdout+stderr, password) {
			t.Errorf("%v, %q: exit code %d\n%s%s", tt.env, tt.args, code, stdout, stderr)
		}
	}
}

// A user of MariaDB with a password, which has special characters.
func TestPasswordOfMariaDB(t *testing.T) {
	t.Parallel()
	p := databasePlace(t, "mariadb")
	p.bury(t, aged...)
	user := "u" + strings.ToLower(rand.Text()[:12])
	for _, text := range []string{"CREATE USER " + user + "@'%' IDENTIFIED BY '" + mark + "'", "GRANT ALL ON test.* TO " + user + "@'%'"} {
		if _, err := p.db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _, _ = p.db.Exec("DROP USER " + user + "@'%'") })
	for _, env := range []map[string]string{
		{"ROLLCALL_URL": "mysql://" + user + ":" + marked + "@127.0.0.1:3306/test"},
		{"ROLLCALL_URL": "mariadb://" + user + "@127.0.0.1/test", "ROLLCALL_PASSWORD": mark},
	} {
		if output, code := secretly(t, env, list, "-prefix", p.prefix); code != exitOK || !strings.Contains(output, "3 of 3") {
			t.Errorf("exit code %d:\n%s", code, output)
		}
	}
}

// PostgreSQL's own variable works, too.
func TestPasswordOfPostgreSQL(t *testing.T) {
	got := make(chan string, 8)
	address := postgresRefusing(t, got)
	t.Setenv("PGPASSWORD", mark)
	env := map[string]string{"ROLLCALL_URL": "postgres://ann@" + address + "/shop?sslmode=disable", "PGPASSWORD": mark}
	if _, code := secretly(t, env, list); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if sent := <-got; sent != mark {
		t.Errorf("the server got %q", sent)
	}
	env["ROLLCALL_PASSWORD"] = "another"
	secretly(t, env, list)
	if sent := <-got; sent != "another" {
		t.Errorf("the server got %q", sent)
	}
}

// postgresRefusing returns the address of a server that refuses any password, because that
// of the machine trusts everybody. It quotes the password, as no server does.
func postgresRefusing(t *testing.T, got chan<- string) string {
	return listen(t, func(_ <-chan struct{}, c net.Conn) {
		b := pgproto3.NewBackend(c, c)
		if _, err := b.ReceiveStartupMessage(); err != nil {
			return
		}
		b.Send(&pgproto3.AuthenticationCleartextPassword{})
		if b.Flush() != nil || b.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
			return
		}
		m, err := b.Receive()
		if p, ok := m.(*pgproto3.PasswordMessage); ok && err == nil {
			if got != nil {
				got <- p.Password
			}
			b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: "the password " + p.Password + " is wrong"})
			_ = b.Flush()
		}
	})
}
