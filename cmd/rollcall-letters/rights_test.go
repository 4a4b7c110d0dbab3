package main

import (
	"crypto/rand"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	natsd "github.com/nats-io/nats-server/v2/server"
)

// The runbook's rights in a database are enough, also for a letter with an order key.
func TestRightsInDatabases(t *testing.T) {
	t.Parallel()
	for kind, rights := range map[string]map[string]string{
		"postgres": {"outbox": "SELECT, INSERT", "dead": "SELECT, DELETE", "schema": "SELECT"},
		"mariadb":  {"outbox": "SELECT, INSERT", "dead": "SELECT, DELETE", "schema": "SELECT", "slots": "SELECT, UPDATE"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := databasePlace(t, kind)
			p.bury(t, three...)
			p.exec(t, "UPDATE "+p.prefix+"dead SET order_key = 'k', part = 1")
			user := "u" + strings.ToLower(rand.Text()[:12])
			name, create, drop := user, "CREATE ROLE "+user+" LOGIN", "DROP OWNED BY "+user
			if kind == "mariadb" {
				name = user + "@'%'"
				create, drop = "CREATE USER "+name, "REVOKE ALL, GRANT OPTION FROM "+name
			}
			p.exec(t, create)
			t.Cleanup(func() {
				_, _ = p.db.Exec(drop)
				_, _ = p.db.Exec("DROP USER " + name)
			})
			for table, right := range rights {
				p.exec(t, "GRANT "+right+" ON "+p.prefix+table+" TO "+name)
			}
			p.url = regexp.MustCompile(`//\w+@`).ReplaceAllString(p.url, "//"+user+"@")
			worksWithin(t, p)
		})
	}
}

func (p place) exec(t testing.TB, text string) {
	t.Helper()
	if _, err := p.db.Exec(text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// worksWithin runs each command at a place with the dead letters 1, 2 and 3.
func worksWithin(t *testing.T, p place) {
	t.Helper()
	for _, args := range [][]string{{list}, {show, "-body", "1"}, {replay, "-yes", "1"}, {discard, "-yes", "2"}} {
		if stdout, stderr, code := p.run(t, args...); code != exitOK || !strings.Contains(stdout, "1") && args[0] != discard {
			t.Errorf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
}

// The runbook's permissions at NATS are enough, and none is missing in the table.
func TestRightsAtNATS(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n### NATS users\n")
	section, _, _ = strings.Cut(section, "\n#")
	var publish []string
	for _, row := range regexp.MustCompile("(?m)^\\| publish \\| `([^`]+)` \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		needed := []string{"all: ", "publishing", "counting the backlog", "listing the receivers", "reading dead letters", "replaying and discarding"}
		if slices.ContainsFunc(needed, func(purpose string) bool { return strings.HasPrefix(row[2], purpose) }) {
			publish = append(publish, row[1])
		}
	}
	if len(publish) != 8 {
		t.Fatalf("the table has %q", publish)
	}
	n, err := startNATS("shop", &natsd.User{Username: "operator", Password: password, Permissions: &natsd.Permissions{
		Publish: &natsd.SubjectPermission{Allow: publish}, Subscribe: &natsd.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.stop)
	p := place{url: n.url("shop", password), prefix: "rollcall"}
	p.open = p.natsTransport
	p.bury(t, three...)
	p.url = n.url("operator", password)
	worksWithin(t, p)
	p.url = n.url("shop", password)
	if got := p.left(t, "mail"); !slices.Equal(got, []string{"3"}) {
		t.Errorf("%q are left", got)
	}
}
