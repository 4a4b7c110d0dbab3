package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The test binary is also the command that it tests.
func TestMain(m *testing.M) {
	if os.Getenv("ORDERS_COMMAND") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

const patience = 30 * time.Second

// process is the command at work.
type process struct {
	*exec.Cmd
	t   *testing.T
	url string // where it serves; "" of a worker
	mu  sync.Mutex
	log bytes.Buffer
}

// start runs the command until the test ends. It returns when it is running.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), t: t}
	p.Env = append(os.Environ(), "ORDERS_COMMAND=1", "ORDERS_BROKER=")
	out, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	running := make(chan string, 1)
	go p.read(out, running)
	t.Cleanup(func() {
		_ = p.Process.Kill() // if it still runs
		_ = p.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", strings.Join(args, " "), p.text())
		}
	})
	select {
	case p.url = <-running:
	case <-time.After(patience):
		t.Fatalf("%s does not run:\n%s", strings.Join(args, " "), p.text())
	}
	return p
}

var serving = regexp.MustCompile(`msg=serving url=(\S+)`)

func (p *process) read(out io.Reader, running chan<- string) {
	url := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		p.mu.Lock()
		p.log.WriteString(line + "\n")
		p.mu.Unlock()
		if m := serving.FindStringSubmatch(line); m != nil {
			url = m[1]
		}
		if strings.Contains(line, "msg=running") {
			running <- url
		}
	}
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// stop ends the command as systemd does.
func (p *process) stop() {
	p.t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		p.t.Errorf("it ended with %v:\n%s", err, p.text())
	}
}

// kill ends it as a crash does.
func (p *process) kill() {
	p.t.Helper()
	if err := p.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.Wait() // killed
}

// order places an order and gives the status and its ID.
func (p *process) order(customer, item string) (status int, id string) {
	p.t.Helper()
	body, _ := json.Marshal(map[string]string{"customer": customer, "item": item, "id": "../../mine"})
	reply, err := http.Post(p.url+"/orders", "application/json", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer reply.Body.Close()
	var e struct{ ID string }
	_ = json.NewDecoder(reply.Body).Decode(&e) // of an error it is text
	return reply.StatusCode, e.ID
}

// until waits for something to hold.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s", what)
		}
	}
}

func (p *process) awaitLog(text string) {
	p.t.Helper()
	until(p.t, "a log of "+text, func() bool { return strings.Contains(p.text(), text) })
}

// awaitReceipt waits for a receipt and checks what it says.
func awaitReceipt(t *testing.T, directory, id, want string) {
	t.Helper()
	var got []byte
	until(t, "the receipt of "+id, func() (there bool) {
		got, _ = os.ReadFile(filepath.Join(directory, id+".txt"))
		return len(got) > 0
	})
	if string(got) != want {
		t.Errorf("got the receipt %q, want %q", got, want)
	}
}

func TestOneProcess(t *testing.T) {
	directory := t.TempDir()
	receipts, events := filepath.Join(directory, "receipts"), filepath.Join(directory, "events")
	web := start(t, "web", "-http", "127.0.0.1:0", "-events", events, "-receipts", receipts, "-ackwait", "1s")
	if status, _ := web.order("", "tea"); status != http.StatusUnprocessableEntity {
		t.Errorf("an order of nobody got %d", status)
	}
	status, id := web.order("ann@example.org", "tea")
	if status != http.StatusAccepted {
		t.Fatalf("got %d", status)
	}
	web.awaitLog("refused for 1s") // the post office is closed
	web.awaitLog("item=tea orders=1")
	web.kill()

	if err := os.Mkdir(receipts, 0o700); err != nil {
		t.Fatal(err)
	}
	web = start(t, "web", "-http", "127.0.0.1:0", "-events", events, "-receipts", receipts, "-ackwait", "1s")
	awaitReceipt(t, receipts, id, "To: ann@example.org\n\nThank you for ordering tea.\n")
	page, err := http.Get(web.url + "/debug/events/")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if body, _ := io.ReadAll(page.Body); page.StatusCode != http.StatusOK || !strings.Contains(string(body), "order.placed") {
		t.Errorf("the pages about events answer %d", page.StatusCode)
	}
	web.stop()
	if entries, _ := os.ReadDir(receipts); len(entries) != 1 {
		t.Errorf("there are %d receipts", len(entries))
	}
}

// The worker may crash and be away: what the web process has accepted is mailed.
func TestTwoProcesses(t *testing.T) {
	for name, b := range brokers {
		t.Run(name, func(t *testing.T) {
			prefix := b.prefix(t)
			receipts := filepath.Join(t.TempDir(), "receipts")
			common := []string{"-broker", b.url, "-ackwait", "1s", "-prefix", prefix, "-receipts", receipts}
			web := start(t, append([]string{"web", "-http", "127.0.0.1:0"}, common...)...)
			_, first := web.order("ann@example.org", "tea") // no worker has ever run
			worker := start(t, append(append([]string{"worker"}, common...), "mail")...)
			worker.awaitLog("refused for 1s")
			worker.kill()
			_, second := web.order("bob@example.org", "milk")
			if err := os.Mkdir(receipts, 0o700); err != nil {
				t.Fatal(err)
			}
			worker = start(t, append(append([]string{"worker"}, common...), "mail")...)
			awaitReceipt(t, receipts, first, "To: ann@example.org\n\nThank you for ordering tea.\n")
			awaitReceipt(t, receipts, second, "To: bob@example.org\n\nThank you for ordering milk.\n")
			worker.stop()
			web.stop()
			for _, p := range []*process{web, worker} {
				if strings.Contains(p.text(), "counted") || strings.Contains(p.text(), "guest:guest") {
					t.Errorf("%s logs:\n%s", strings.Join(p.Args, " "), p.text())
				}
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "write one of: orders web"},
		{[]string{"wbe"}, "write one of: orders web"},
		{[]string{"worker"}, "a worker needs a -broker"},
		{[]string{"web", "mail"}, `web takes no arguments, but was given ["mail"]`},
		{[]string{"web", "-prot", "1"}, "flag provided but not defined: -prot"},
	} {
		if _, err := parse(tt.args, "", io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v", tt.args, err)
		}
	}
	if _, err := transportOf(config{broker: "kafka://127.0.0.1"}); err == nil || !strings.Contains(err.Error(), "there is no broker for kafka") {
		t.Errorf("got %v", err)
	}
	err := run(t.Context(), config{command: "worker", broker: "nats://ann:s3cret@127.0.0.1:1", prefix: "orders"}, nil)
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

// The units for systemd run the command as it is.
func TestUnits(t *testing.T) {
	units, err := filepath.Glob("systemd/*.service")
	if err != nil || len(units) != 2 {
		t.Fatal(units, err)
	}
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/orders (.*)$`).FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s starts nothing", unit)
		}
		args := strings.Fields(strings.ReplaceAll(string(m[1]), "%i", "mail"))
		if _, err := parse(args, "nats://127.0.0.1", io.Discard); err != nil {
			t.Errorf("%s: %v", unit, err)
		}
	}
	if systemd, err := exec.LookPath("systemd-analyze"); err == nil {
		out, err := exec.Command(systemd, append([]string{"verify"}, units...)...).CombinedOutput()
		var failed *exec.ExitError
		if errors.As(err, &failed) && !bytes.Contains(out, []byte("not executable")) { // orders is not installed
			t.Errorf("systemd-analyze: %s", out)
		}
	}
}
