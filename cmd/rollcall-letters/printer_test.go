package main

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/transport"
)

// Text never controls the terminal, and each letter is one line.
func TestLinesAreLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := transport.DeadLetter{Reason: rapid.String().Draw(t, "reason")}
		l.Event, l.Key, l.ID = rapid.String().Draw(t, "event"), rapid.String().Draw(t, "key"), rapid.String().Draw(t, "id")
		for _, command := range []string{list, replay} {
			var b strings.Builder
			p := newPrinter(request{command: command}, &b, newProgress(&b, command), time.Now())
			if p.letter(l) != nil || p.end(nil) != nil {
				t.Fatal("it can't be printed")
			}
			want := map[string]int{list: 3, replay: 1}[command]
			if text := b.String(); strings.Count(text, "\n") != want || text != printable.Text(text) {
				t.Fatalf("printed %q", text)
			}
		}
	})
}

func TestBodies(t *testing.T) {
	for body, want := range map[string]string{
		"":           "body          none\n",
		"a\n\tb\n":   "body          5 bytes\na\n\tb\n",
		"größer":     "body          8 bytes\ngrößer\n",
		"\xff":       "body          1 bytes, in base64\n/w==\n",
		"a\x1b[2J":   "body          5 bytes, in base64\nYRtbMko=\n",
		"\u202eevil": "body          7 bytes, in base64\n4oCuZXZpbA==\n",
		"\uFFFD":     "body          3 bytes, in base64\n77+9\n",
	} {
		l := transport.DeadLetter{}
		l.Body = []byte(body)
		p := &lines{request: request{command: show, body: true}}
		if got := p.whole(l); !strings.HasSuffix(got, want) {
			t.Errorf("%q is printed as\n%s", body, got)
		}
	}
}

func TestAges(t *testing.T) {
	now := time.Now()
	for d, want := range map[time.Duration]string{-time.Hour: "0s", 59 * time.Second: "59s", time.Minute: "1m", 119 * time.Minute: "1h", 47*time.Hour + 59*time.Minute: "47h", 48 * time.Hour: "2d"} {
		if got := age(now.Add(-d), now); got != want {
			t.Errorf("%v is %s", d, got)
		}
	}
	if got := age(time.Time{}, now); got != "-" {
		t.Errorf("got %s", got)
	}
}

// On a terminal, the progress is erased before anything else is printed.
func TestProgressOnATerminal(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b, replay)
	p.terminal = true
	p.add(summary{Seen: 1, Selected: 1})
	p.last = time.Time{}
	p.add(summary{Seen: 2, Selected: 1})
	if _, err := (beside{&b, p}).Write([]byte("replayed\n")); err != nil {
		t.Fatal(err)
	}
	p.say("done")
	want := "\r\x1b[Kreplay: 1 dead letters seen, 1 selected\r\x1b[Kreplay: 2 dead letters seen, 1 selected\r\x1b[Kreplayed\ndone\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestNoProgressElsewhere(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b, replay)
	p.add(summary{Seen: 1})
	if b.Len() > 0 {
		t.Errorf("got %q", b.String())
	}
}
