package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Wrong arguments are errors that say what to do, with exit code 2.
func TestWrongArguments(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		says string
	}{
		{"", "a command is missing"},
		{"remove", `unknown command "remove": use list, show, replay, discard`},
		{"list -yes", "flag provided but not defined: -yes"},
		{"replay -body", "flag provided but not defined: -body"},
		{"list -older soon", `invalid value "soon" for flag -older: use a duration such as 90s, 15m or 24h`},
		{"list -older -1h -url sqlite:///x", "-older and -newer must not be negative"},
		{"list -older 2h -newer 1h -url sqlite:///x", "no letter is both older than 2h0m0s and newer than 1h0m0s"},
		{"replay -yes -url sqlite:///x", "replay needs a selection: -event, -key, -reason, -older, -newer or IDs; -older 0s selects all dead letters"},
		{"discard -url sqlite:///x", "discard needs a selection: "},
		{"list", "the server is missing: set -url, -url-file or the variable ROLLCALL_URL"},
		{"list -url-file " + empty, "the server is missing"},
		{"list -url-file " + absent, "-url-file: open " + absent},
		{"list -url nats://a -url-file " + absent, "there are -url and -url-file: use one of them"},
		{"list -url redis://a", "the URL must begin with nats://, amqp://, postgres://, mariadb:// or sqlite:///FILE"},
		{"list -url amqp://a -event e", "RabbitMQ does not list its queues over AMQP: name the receiver, with -event and -key"},
		{"list nats://ann@host", "a URL stands at the place of an ID: write -url, a space and the URL"},
	} {
		stdout, stderr, code := runWith(t, nil, strings.Fields(tt.args)...)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "rollcall-letters: "+tt.says) || !strings.HasSuffix(stderr, usage) {
			t.Errorf("%s: exit code %d, want %q in\n%s", tt.args, code, tt.says, stderr)
		}
	}
	for _, url := range []string{"nats://host", "nats://ann:x@host", "nats://ann@host,host"} {
		if _, stderr, code := runWith(t, map[string]string{"ROLLCALL_URL": url, "ROLLCALL_PASSWORD": "x"}, list); code != exitUsage || !strings.Contains(stderr, errPassword.Error()) {
			t.Errorf("%s: exit code %d\n%s", url, code, stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"list", "-h"}, {"replay", "--help"}} {
		if stdout, stderr, code := runWith(t, nil, args...); code != exitOK || stdout != usage || stderr != "" {
			t.Errorf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
}

// Flags may stand behind IDs, and -- before IDs that look like flags.
func TestIDs(t *testing.T) {
	env := func(string) string { return "sqlite:///x" }
	for args, want := range map[string]string{"replay 1 -yes 2": "1 2", "replay -yes 1": "1", "replay 1 -yes -- -2 -yes": "1 -2 -yes", "replay -yes -- -1": "-1"} {
		r, err := parse(strings.Fields(args), env)
		if got := strings.Join(r.selection.ids, " "); err != nil || got != want || !r.yes {
			t.Errorf("%s: %q, %v", args, got, err)
		}
	}
}

func TestSelection(t *testing.T) {
	now := time.Now()
	letter := func(id, reason string, age time.Duration) transport.DeadLetter {
		l := transport.DeadLetter{Reason: reason, At: now.Add(-age)}
		l.ID = id
		return l
	}
	timeless := transport.DeadLetter{Reason: "gone"}
	old, young := letter("1", "dial: refused", 5*time.Hour), letter("2", "Refused", time.Minute)
	ahead := letter("4", "gone", -time.Minute) // the server's clock is
	for _, tt := range []struct {
		args string
		want string // of old, young, timeless and ahead
	}{
		{"", "yes yes yes yes"},
		{"-reason refused", "yes no no no"},
		{"-older 1h", "yes no no no"},
		{"-older 5h", "yes no no no"},
		{"-older 0s", "yes yes yes yes"},
		{"-newer 1h", "no yes no yes"},
		{"-newer 6h -older 1h", "yes no no no"},
		{"-newer 6h -older 0s", "yes yes no yes"},
		{"1 3", "yes no no no"},
		{"-newer 1h 1", "no no no no"},
	} {
		r, err := parse(append([]string{list}, strings.Fields(tt.args)...), func(string) string { return "sqlite:///x" })
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range []transport.DeadLetter{old, young, timeless, ahead} {
			got = append(got, map[bool]string{true: "yes", false: "no"}[r.selection.has(l, now)])
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%q selects %s, want %s", tt.args, text, tt.want)
		}
	}
}

func TestNamesOfSQLite(t *testing.T) {
	for text, want := range map[string]string{
		"sqlite:///var/shop.db":                        "file:/var/shop.db?_pragma=busy_timeout%2810000%29&mode=rw",
		"sqlite://shop.db":                             "file:shop.db?_pragma=busy_timeout%2810000%29&mode=rw",
		"file:shop.db":                                 "file:shop.db?_pragma=busy_timeout%2810000%29&mode=rw",
		"file:shop.db?mode=ro":                         "file:shop.db?_pragma=busy_timeout%2810000%29&mode=ro",
		"file:///var/a%20b.db?_pragma=busy_timeout(1)": "file:///var/a%20b.db?_pragma=busy_timeout%281%29&mode=rw",
	} {
		if got, err := sqliteName(text); err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := sqliteName("sqlite://"); err == nil {
		t.Error("a file is not needed")
	}
}

// A wrong name of a file creates none.
func TestNoDatabaseIsCreated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.db")
	stdout, stderr, code := runWith(t, nil, list, "-url", "sqlite://"+file)
	if code != exitFailed || stdout != "" || !strings.HasPrefix(stderr, "rollcall-letters: connecting to SQLite: ") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// If the output can't be written, the command fails.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	p := databasePlace(t, "sqlite")
	p.bury(t, three...)
	for _, args := range [][]string{{list}, {list, "-json"}, {show}, {replay, "-older", "0s", "-yes"}} {
		if code := run(t.Context(), append(args, "-url", p.url), noEnv, full{}, io.Discard); code != exitFailed {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
	if n := len(p.left(t, "mail")) + p.count(t, "outbox"); n != 3 {
		t.Errorf("there are %d letters", n)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }
