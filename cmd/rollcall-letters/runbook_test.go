package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/transport"
)

// runbook returns the section Runbook of docs/production.md.
func runbook(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Runbook\n")
	if !found {
		t.Fatal("docs/production.md has no section Runbook")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// Each session of the runbook prints what it shows. The servers that it names stand for
// those of this test.
func TestRunbook(t *testing.T) {
	t.Parallel()
	places := map[string]func(*testing.T) map[string]string{"nats": ordersAtNATS, "sqlite": ordersInOutbox}
	env := map[string]string{}
	commands := 0
	for _, block := range regexp.MustCompile("(?ms)^```console\n(.*?)^```$").FindAllStringSubmatch(runbook(t), -1) {
		for _, step := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(step+"\n", "\n")
			if url, ok := strings.CutPrefix(command, "export ROLLCALL_URL="); ok {
				scheme, _, _ := strings.Cut(url, ":")
				env = places[scheme](t)
				continue
			}
			commands++
			words := words(command)
			if words[0] != "rollcall-letters" {
				t.Fatalf("the test does not know the command %q", command)
			}
			prints(t, env, words[1:], want)
		}
	}
	if commands < 6 {
		t.Errorf("there are %d commands, want more", commands)
	}
}

// prints checks what a command prints. A server counts an event soon after it has
// confirmed it, so list is tried again.
func prints(t *testing.T, env map[string]string, args []string, want string) {
	t.Helper()
	limit := time.Now().Add(10 * time.Second)
	for {
		stdout, stderr, code := runWith(t, env, args...)
		diff := cmp.Diff(roughly(want), roughly(stdout+stderr))
		if code == exitOK && diff == "" {
			return
		}
		if args[0] != list || time.Now().After(limit) {
			t.Fatalf("%q: exit code %d. The runbook (-) differs from what is printed (+):\n%s", args, code, diff)
		}
	}
}

var (
	ages    = regexp.MustCompile(`\b\d+[smhd]\b`)
	seconds = regexp.MustCompile(`"oldest_seconds":[0-9.e-]+`)
	spaces  = regexp.MustCompile(`  +`)
)

// roughly returns a text without its times, and without the widths that depend on them.
func roughly(text string) string {
	text = undated(strings.TrimRight(text, "\n"))
	text = ages.ReplaceAllString(text, "1h")
	text = seconds.ReplaceAllString(text, `"oldest_seconds":1`)
	return spaces.ReplaceAllString(text, "  ")
}

// words returns the words of a command, as a shell splits it.
func words(command string) (list []string) {
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`).FindAllStringSubmatch(command, -1) {
		list = append(list, m[1]+m[2]+m[3])
	}
	return list
}

// ordersAtNATS makes what the runbook finds at NATS. It returns the environment.
func ordersAtNATS(t *testing.T) map[string]string {
	s, err := startNATS("shop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	p := place{url: s.url("shop", password), prefix: "rollcall"}
	x := p.natsTransport(t)
	mail := transport.Subscription{Event: event, Key: "mail"}
	declareAt(t, x, mail)
	refused := transport.Retry(0, "dial tcp 192.0.2.7:25: connect: connection refused")
	publishAt(t, x, "41", "42")
	handle(t, x, mail, 20, refused)
	publishAt(t, x, "57")
	handle(t, x, mail, 1, transport.Reject("mail: missing '@' or angle-addr"))
	declareAt(t, x, transport.Subscription{Event: event, Key: "invoice"})
	publishAt(t, x, "61", "62", "63", "64")
	handle(t, x, mail, 4, transport.Ack())
	return map[string]string{"ROLLCALL_URL": s.url("shop", ""), "ROLLCALL_PASSWORD": password}
}

// ordersInOutbox makes what the runbook finds in an outbox.
func ordersInOutbox(t *testing.T) map[string]string {
	p := databasePlace(t, "sqlite")
	x := p.outbox(t, &transport.Local{})
	publishAt(t, x, "77")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := x.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"ROLLCALL_URL": p.url}
}

func declareAt(t *testing.T, x transport.Transport, s transport.Subscription) {
	t.Helper()
	if err := x.(transport.Declarer).Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func publishAt(t *testing.T, x transport.Transport, ids ...string) {
	t.Helper()
	for _, id := range ids {
		m := transport.Message{ID: id, Event: event, Source: "/shop", ContentType: "application/json", Body: []byte(`{"to":"nowhere..."}`)}
		if err := x.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

// The runbook has an alert for each gauge of package otelevents.
func TestRunbookHasEachGauge(t *testing.T) {
	text, err := os.ReadFile("../../otelevents/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	section := runbook(t)
	gauges := regexp.MustCompile(`(?m)^//\t(rollcall\.(?:backlog|outbox)\.[a-z_]+) +(?:gauge|counter)`).FindAllStringSubmatch(string(text), -1)
	if len(gauges) < 5 {
		t.Fatalf("%d gauges were found", len(gauges))
	}
	for _, g := range gauges {
		if !regexp.MustCompile("(?m)^\\| [^|]*`" + regexp.QuoteMeta(g[1]) + "`").MatchString(section) {
			t.Errorf("there is no alert for %s", g[1])
		}
	}
}

// What the runbook says of the time of all attempts.
func TestTimeOfAllAttempts(t *testing.T) {
	var longest time.Duration
	for attempt := 1; attempt < 10; attempt++ {
		longest += transport.Backoff(attempt)
	}
	if longest.Round(time.Minute) != 4*time.Minute || (longest/2).Round(time.Minute) != 2*time.Minute {
		t.Errorf("the last attempt is %v to %v after the first", longest/2, longest)
	}
}
