package docs_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "rewrite the pictures of documents")

// session does what a document asks its reader to do, in a folder of its own: it saves
// files, changes them, runs commands and compares what they print.
type session struct {
	t       *testing.T
	from    string // the document's folder
	dir     string // the working directory
	env     []string
	address string   // instead of localhost:8080, so that tests do not share a port
	ran     []string // the commands so far
}

// TestSessions follows each document step by step.
func TestSessions(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds several programs")
	}
	for _, d := range documents(t) {
		if strings.HasPrefix(d.path, "bench/") || strings.HasPrefix(d.path, "transport/") {
			continue // reports of measurements, whose commands take minutes
		}
		t.Run(d.path, func(t *testing.T) {
			t.Parallel()
			follow(t, d)
		})
	}
}

func follow(t *testing.T, d document) {
	dir := t.TempDir()
	s := &session{t: t, from: filepath.Join(root, filepath.Dir(d.path)), dir: dir, address: freeAddress(t)}
	s.env = append(os.Environ(), "GOWORK="+workspace(t, dir), "GOFLAGS=-vet=off", "GIT_CONFIG_GLOBAL="+os.DevNull)
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		s.env = append(s.env, "GIT_"+who+"_NAME=reader", "GIT_"+who+"_EMAIL=reader@localhost")
	}
	printed := ""
	for _, b := range d.blocks {
		s.change(b.before)
		file, save := b.saves()
		switch {
		case save:
			s.save(file, b.text)
		case b.language == "sh":
			printed = s.runAll(b)
		case b.language == "yml":
			s.wantRun(b)
		case b.language == "text":
			if diff := cmp.Diff(comparable(b.text), comparable(printed)); diff != "" {
				t.Errorf("%s:%d: the commands before it print something else (-doc +printed):\n%s", d.path, b.line, diff)
			}
		}
	}
}

// workspace returns a go.work file by which a module in dir/shop uses this project as it
// is here, with the dependencies of its own workspace: nothing else is downloaded.
func workspace(t *testing.T, dir string) string {
	t.Helper()
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	version := strings.TrimPrefix(runtime.Version(), "go") // that go mod init writes
	text := "go " + version + "\n\nuse ./shop\n"
	for _, module := range modules(t, here) {
		text += "use " + strconv.Quote(filepath.Join(here, module)) + "\n"
	}
	file := filepath.Join(dir, "go.work")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// modules returns the folders of the modules that are tested together: the root alone
// where there is no workspace.
func modules(t *testing.T, here string) []string {
	t.Helper()
	c := exec.Command("go", "env", "GOWORK")
	c.Dir = here
	file, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if file := strings.TrimSpace(string(file)); file == "" || file == "off" {
		return []string{"."}
	}
	data, err := os.ReadFile(filepath.Join(here, "go.work"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(regexp.MustCompile(`(?s)use \((.*?)\)`).FindStringSubmatch(string(data))[1])
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var change = regexp.MustCompile("Change `([^`]+)` to `([^`]+)` in `([^`]+)`")

func (s *session) change(text string) {
	for _, m := range change.FindAllStringSubmatch(text, -1) {
		path := filepath.Join(s.dir, m[3])
		data, err := os.ReadFile(path)
		if err != nil {
			s.t.Fatal(err)
		}
		if !strings.Contains(string(data), m[1]) {
			s.t.Fatalf("%s has no %s to change", m[3], m[1])
		}
		s.save(m[3], strings.ReplaceAll(string(data), m[1], m[2]))
	}
}

func (s *session) save(file, text string) {
	path := filepath.Join(s.dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) runAll(b block) string {
	var printed strings.Builder
	for line := range strings.Lines(b.text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " # ")
		line, file, toFile := strings.Cut(strings.ReplaceAll(line, "localhost:8080", s.address), " > ")
		out := s.run(line)
		if toFile {
			s.compare(file, out)
			continue
		}
		printed.WriteString(out)
	}
	return printed.String()
}

// wantRun checks that a workflow of GitHub Actions runs the command rollcall as the session
// has run it: there, the revision to compare with is HEAD.
func (s *session) wantRun(workflow block) {
	var content struct {
		Jobs map[string]struct {
			Steps []struct{ Run string }
		}
	}
	s.check(yaml.Unmarshal([]byte(workflow.text), &content))
	for _, job := range content.Jobs {
		for _, step := range job.Steps {
			line, _, _ := strings.Cut(step.Run, " > ")
			args, ok := strings.CutPrefix(line, "go tool rollcall ")
			if ok && slices.Contains(s.ran, "rollcall "+strings.Replace(args, "HEAD^1", "HEAD", 1)) {
				return
			}
		}
	}
	s.t.Errorf("line %d: the workflow runs no command of the session", workflow.line)
}

// compare compares what a command writes to a file with the file beside the document.
func (s *session) compare(file, out string) {
	path := filepath.Join(s.from, file)
	if *update {
		s.check(os.MkdirAll(filepath.Dir(path), 0o777))
		s.check(os.WriteFile(path, []byte(out), 0o666))
		return
	}
	want, err := os.ReadFile(path)
	s.check(err)
	if diff := cmp.Diff(string(want), out); diff != "" {
		s.t.Errorf("%s (-) is not what its command writes (+); run go test with -update:\n%s", path, diff)
	}
}

func (s *session) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// run runs one command and returns what it prints.
func (s *session) run(line string) string {
	words := strings.Fields(line)
	s.ran = append(s.ran, line)
	switch {
	case words[0] == "mkdir":
		s.check(os.Mkdir(filepath.Join(s.dir, words[1]), 0o777))
	case words[0] == "cd":
		s.dir = filepath.Join(s.dir, words[1])
	case words[0] == "cat":
		data, err := os.ReadFile(filepath.Join(s.dir, words[1]))
		s.check(err)
		return string(data)
	case words[0] == "curl":
		s.get(words[len(words)-1])
	case words[0] == "make":
		s.wantTarget(words[1])
	case words[0] == "rollcall":
		return s.output(append([]string{command(s.t)}, words[1:]...))
	case strings.HasPrefix(line, "go run ./cmd/rollcall "):
		return s.output(append([]string{command(s.t)}, words[3:]...))
	case line == "go run ./examples/smallest":
		return (&session{t: s.t, dir: root}).output(words) // with this project's own workspace
	case isElsewhere(line):
	case strings.HasPrefix(line, "go run . ") && words[len(words)-1] == "&":
		s.start(words[3 : len(words)-1])
	case words[0] == "go" || words[0] == "git":
		return s.output(words)
	default:
		s.t.Fatalf("the test does not know the command %q", line)
	}
	return ""
}

// isElsewhere reports whether a command is not run here: it downloads what the workspace
// has, or .ci/run runs it.
func isElsewhere(line string) bool {
	return line == "go mod tidy" || line == "go run ./examples/recipes" || line == "go test work" ||
		strings.HasPrefix(line, "go get ") || strings.HasPrefix(line, "go install ")
}

func (s *session) wantTarget(target string) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	s.check(err)
	if !strings.Contains(string(makefile), "\n"+target+":") {
		s.t.Errorf("the Makefile has no target %s", target)
	}
}

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rollcall")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "rollcall.exe")
	out, err := exec.Command("go", "build", "-o", file, "../cmd/rollcall").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

// command returns the command rollcall, built once for all tests.
func command(t *testing.T) string {
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file)) // a temporary folder
	}
	os.Exit(code)
}

func (s *session) output(words []string) string {
	var out bytes.Buffer
	c := exec.Command(words[0], words[1:]...)
	c.Dir, c.Env, c.Stdout, c.Stderr = s.dir, s.env, &out, &out
	if err := c.Run(); err != nil && c.ProcessState == nil {
		s.t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^go: (downloading|creating) .*\n`).ReplaceAllString(out.String(), "")
}

// start builds the program and runs it until the test ends.
func (s *session) start(arguments []string) {
	binary := filepath.Join(s.t.TempDir(), "program.exe")
	if out := s.output([]string{"go", "build", "-o", binary, "."}); out != "" {
		s.t.Fatal(out)
	}
	c := exec.Command(binary, arguments...)
	c.Dir, c.Stderr = s.dir, os.Stderr
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
	})
}

// get gets a page, once there is an answer.
func (s *session) get(url string) {
	deadline := time.After(time.Minute)
	for {
		response, err := http.Get(url)
		if err == nil {
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), "order.placed") {
				s.t.Fatalf("%s: %s, %v:\n%s", url, response.Status, err, body)
			}
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			s.t.Fatal(err)
		}
	}
}

// comparable leaves out times, and the difference between tabs and spaces, which a
// terminal does not show.
func comparable(text string) string {
	text = regexp.MustCompile(`\d+\.\d+s`).ReplaceAllString(text, "0.01s")
	return strings.ReplaceAll(text, "\t", "    ")
}
