package orderfile_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/ordering"
)

var update = flag.Bool("update", false, "rewrite testdata/bad.txt")

// TestBadFiles reads testdata/bad.txt: a name, a file, its errors, each as
// kind, place and message.
func TestBadFiles(t *testing.T) {
	cases := badFiles(t)
	if len(cases) < 40 {
		t.Fatalf("%d cases, want 40 or more", len(cases))
	}
	var rewritten strings.Builder
	for _, c := range cases {
		got := c.errors(t)
		fmt.Fprintf(&rewritten, "=== %s\n%s--- errors\n%s", c.name, c.content, got)
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, got); diff != "" && !*update {
				t.Error(diff)
			}
		})
	}
	if *update {
		if err := os.WriteFile("testdata/bad.txt", []byte(rewritten.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type badFile struct{ name, content, want string }

func badFiles(t testing.TB) []badFile {
	t.Helper()
	data, err := os.ReadFile("testdata/bad.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []badFile
	for _, text := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(text+"\n", "\n")
		content, want, _ := strings.Cut(rest, "--- errors\n")
		cases = append(cases, badFile{name, content, strings.TrimRight(want, "\n") + "\n"})
	}
	return cases
}

var escape = regexp.MustCompile(`\\[xur]`)

// bytes is the content, in which \x00 stands for that byte, \u0085 for that
// character and \r for a carriage return.
func (c badFile) bytes(t testing.TB) []byte {
	t.Helper()
	if !escape.MatchString(c.content) {
		return []byte(c.content)
	}
	content, err := strconv.Unquote(`"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(c.content) + `"`)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(content)
}

func (c badFile) errors(t *testing.T) string {
	t.Helper()
	orders, err := orderfile.Order("f.yaml", c.bytes(t))
	if orders != nil {
		t.Errorf("%s: an order beside the errors", c.name)
	}
	var text strings.Builder
	for _, e := range orderfile.Errors(err) {
		fmt.Fprintf(&text, "%s %v\n", e.Kind, e)
	}
	return text.String()
}

func TestErrorsAreTyped(t *testing.T) {
	_, err := orderfile.Order("f.yaml", []byte("services: { a: { tags: [ { name: event_listener, event: E, before: a } ] } }"))
	var problem *orderfile.Error
	var cycle *ordering.CycleError
	if !errors.As(err, &problem) || problem.Kind != orderfile.KindCycle || !errors.As(err, &cycle) {
		t.Errorf("got %v", err)
	}
	if got := orderfile.Errors(errors.New("another")); got != nil {
		t.Errorf("Errors of another error: %v", got)
	}
	if got := orderfile.Errors(nil); got != nil {
		t.Errorf("Errors of none: %v", got)
	}
}

func TestLoad(t *testing.T) {
	fsys := fstest.MapFS{
		"good.yaml":  {Data: []byte("services: { a: { tags: [ { name: event_listener, event: E } ] } }")},
		"bad.yaml":   {Data: []byte("services: []")},
		"large.yaml": {Data: bytes.Repeat([]byte("#"), orderfile.MaxSize+1)},
		"dir/x":      {},
	}
	f, err := orderfile.Load(fsys, "good.yaml")
	if err != nil || f.Name != "good.yaml" || len(f.Listeners) != 1 {
		t.Errorf("got %v, %v", f, err)
	}
	for path, want := range map[string]string{
		"bad.yaml":    "bad.yaml:1:11: services must be a mapping, not a list",
		"large.yaml":  "large.yaml:1:1: the file is larger than 10 MiB",
		"absent.yaml": "order file: open absent.yaml: file does not exist",
		"./good.yaml": "order file ./good.yaml: write it relative to the file system, without ./ or a leading /",
		"/good.yaml":  "order file /good.yaml: write it relative to the file system, without ./ or a leading /",
		"dir":         "order file dir: read dir: invalid argument",
	} {
		if _, err := orderfile.Load(fsys, path); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

// Aliases multiply no work, and deep nesting ends in an error.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it is large")
	}
	var bomb strings.Builder
	bomb.WriteString("services:\n  x: { tags: &t [")
	for range 2000 {
		bomb.WriteString("{ name: event_listener, event: E },")
	}
	bomb.WriteString("] }\n")
	for i := range 2000 {
		fmt.Fprintf(&bomb, "  a%d: { tags: *t }\n", i)
	}
	var own strings.Builder // 20,000 providers, each with a tag of its own
	own.WriteString("services:\n")
	for i := range 4_000 {
		fmt.Fprintf(&own, "  p%d: { tags: [ { name: listener_provider, listener_tag: t%d }, { name: t%d, event: E } ] }\n", i, i, i)
	}
	if orders, err := orderfile.Order("f.yaml", []byte(own.String())); err != nil || len(orders) != 4_000 || len(orders[3_999].Events) != 1 {
		t.Errorf("providers of many tags: %d, %v", len(orders), err)
	}
	var stray, shared strings.Builder
	stray.WriteString("services:\n")
	shared.WriteString("services:\n")
	for i := range 3000 {
		fmt.Fprintf(&stray, "  p%d: { tags: [ { name: listener_provider, listener_tag: t%d } ] }\n  l%d: { tags: [ { name: x%d, event: E } ] }\n", i, i, i, i)
		fmt.Fprintf(&shared, "  p%d: { tags: [ listener_provider ] }\n  l%d: { tags: [ { name: event_listener, event: E } ] }\n", i, i)
	}
	if orders, err := orderfile.Order("f.yaml", []byte(shared.String())); err != nil || len(orders) != 3000 {
		t.Errorf("providers of one tag: %d, %v", len(orders), err)
	}
	for name, tt := range map[string]struct{ data, want string }{
		"aliases":          {bomb.String(), "values, with those that aliases repeat: write fewer aliases, or split the file"},
		"deep lists":       {"services: " + strings.Repeat("[", 100_000), "exceeded max depth"},
		"deep maps":        {"services: " + strings.Repeat("{a: ", 100_000), "exceeded max depth"},
		"alias of its own": {"services: &s\n  a: *s\n", ""},
		"stray tags":       {stray.String(), "no provider collects the tag"},
	} {
		_, err := orderfile.Order("f.yaml", []byte(tt.data))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

// A file with many problems, or with long names, does not flood the terminal.
func TestProblemsAreBounded(t *testing.T) {
	var many strings.Builder
	many.WriteString("services:\n")
	for i := range 250 {
		fmt.Fprintf(&many, "  l%d: { tags: [ { name: event_listener, event: E, priority: x } ] }\n", i)
	}
	_, err := orderfile.Order("f.yaml", []byte(many.String()))
	problems := orderfile.Errors(err)
	if len(problems) != 101 {
		t.Fatalf("%d problems, want 100 and a count", len(problems))
	}
	if got, want := problems[100].Error(), "f.yaml: and 150 more, which are not listed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	long := "services:\n  l: { tags: [ { name: event_listener, event: E, " + strings.Repeat("x", 1_000_000) + ": y } ] }\n"
	if _, err := orderfile.Order("f.yaml", []byte(long)); err == nil || len(err.Error()) > 5000 {
		t.Errorf("a message of %d bytes", len(fmt.Sprint(err)))
	}
}

// A file without aliases never reaches the limit of values, however dense it is.
func TestDenseFileIsRead(t *testing.T) {
	dense := "services: { a: { tags: [" + strings.Repeat("{name: e,event: a},", 50_000) + "] } }"
	if _, err := orderfile.Parse("f.yaml", []byte(dense)); err != nil && strings.Contains(err.Error(), "aliases") {
		t.Errorf("%.300v", err)
	}
	scalars := "services: { a: { tags: [" + strings.Repeat("a,", 100_000) + "] } }"
	if _, err := orderfile.Parse("f.yaml", []byte(scalars)); err != nil && strings.Contains(err.Error(), "aliases") {
		t.Errorf("%.300v", err)
	}
}

// FuzzOrder: no panic, no hang, and every error has a kind and a place within
// the file.
func FuzzOrder(f *testing.F) {
	for _, name := range []string{"priorities.yaml", "relatives.yaml", "providers.yaml", "shared.yaml"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, c := range badFiles(f) {
		f.Add(c.bytes(f))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		orders, err := orderfile.Order("f.yaml", data)
		if err == nil {
			if len(orders) == 0 {
				t.Fatal("neither an order nor an error")
			}
			return
		}
		problems := orderfile.Errors(err)
		if len(problems) == 0 {
			t.Fatalf("an error without a problem: %v", err)
		}
		lines := 1 + bytes.Count(data, []byte("\n"))
		for _, p := range problems {
			if p.Kind == "" || p.Message == "" || p.Position.Line < 1 || p.Position.Line > lines || p.Position.Column < 1 {
				t.Fatalf("%+v in a file of %d lines", p, lines)
			}
		}
	})
}
