package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall/examples/orders/internal/store"
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
	p.Env = append(os.Environ(), "ORDERS_COMMAND=1", "ORDERS_BROKER=", "ORDERS_DB=")
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
func (p *process) order(customer, item string) (status int, id string, err error) {
	p.t.Helper()
	body, _ := json.Marshal(map[string]string{"customer": customer, "item": item, "id": "../../mine"})
	reply, err := http.Post(p.url+"/orders", "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer reply.Body.Close()
	var e struct{ ID string }
	_ = json.NewDecoder(reply.Body).Decode(&e) // of an error it is text
	return reply.StatusCode, e.ID, nil
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

// books is the database of a test.
type books struct {
	t   *testing.T
	url string
	*store.Store
}

// openBooks makes a database, which is deleted at the end, or skips if the server is missing.
func openBooks(t *testing.T, kind string) books {
	t.Helper()
	u := filepath.Join(t.TempDir(), "orders.db")
	if server, ok := databases[kind]; ok {
		u = server.create(t)
	}
	lc := fxtest.NewLifecycle(t)
	s, err := store.Open(lc, store.URL(u))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lc.RequireStart().RequireStop)
	return books{t, u, s}
}

func (b books) number(query string) (n int) {
	b.t.Helper()
	if err := b.DB.QueryRowContext(b.t.Context(), query).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// balance waits until each order has its mail and is counted. Then it checks that there is
// exactly one mail for each, and that the stock fits.
func (b books) balance() {
	b.t.Helper()
	orders := b.number("SELECT count(*) FROM orders")
	until(b.t, "the mails and the counts of all orders", func() bool {
		return b.number("SELECT count(DISTINCT order_id) FROM mails") >= orders && b.number("SELECT sum(orders) FROM stats") >= orders
	})
	mails := b.number("SELECT count(*) FROM mails")
	counted := b.number("SELECT sum(orders) FROM stats")
	sold := b.number("SELECT sum(1000000 - pieces) FROM stock")
	strangers := b.number("SELECT count(*) FROM mails WHERE order_id NOT IN (SELECT id FROM orders)")
	if mails != orders || counted != orders || sold != orders || strangers != 0 {
		b.t.Errorf("%d orders have %d mails, %d of no order; %d are counted, %d pieces are sold", orders, mails, strangers, counted, sold)
	}
}

// has fails if an order that was accepted is missing.
func (b books) has(id string) {
	b.t.Helper()
	if b.number("SELECT count(*) FROM orders WHERE id = '"+id+"'") != 1 {
		b.t.Errorf("the order %s is lost", id)
	}
}

func TestOneProcess(t *testing.T) {
	b := openBooks(t, "SQLite")
	args := []string{"web", "-http", "127.0.0.1:0", "-events", filepath.Join(t.TempDir(), "events"), "-db", b.url, "-ackwait", "1s"}
	web := start(t, args...)
	for _, wrong := range [][2]string{{"", "tea"}, {"ann@example.org", ""}, {"ann@example.org", "coal"}} {
		if status, _, err := web.order(wrong[0], wrong[1]); status != http.StatusUnprocessableEntity {
			t.Errorf("an order of %s by %q got %d, %v", wrong[1], wrong[0], status, err)
		}
	}
	var ids []string
	for n := range 5 {
		status, id, err := web.order(fmt.Sprintf("ann%d@example.org", n), "tea")
		if status != http.StatusAccepted {
			t.Fatalf("got %d, %v", status, err)
		}
		ids = append(ids, id)
	}
	web.kill()
	web = start(t, args...)
	for _, id := range ids {
		b.has(id)
	}
	b.balance()
	var text string
	if err := b.DB.QueryRow("SELECT text FROM mails WHERE order_id = ?", ids[0]).Scan(&text); err != nil || text != "To: ann0@example.org\n\nThank you for ordering tea.\n" {
		t.Errorf("got the mail %q, %v", text, err)
	}
	page, err := http.Get(web.url + "/debug/events/")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if body, _ := io.ReadAll(page.Body); page.StatusCode != http.StatusOK || !strings.Contains(string(body), "order.placed") {
		t.Errorf("the pages about events answer %d", page.StatusCode)
	}
	web.stop()
}

// Two webs and two workers run side by side, and each of them is killed again and again.
func TestEveryProcessIsKilled(t *testing.T) {
	for name, pair := range map[string][2]string{
		"PostgreSQL, NATS": {"PostgreSQL", "nats"},
		"MariaDB, NATS":    {"MariaDB", "nats"},
		"SQLite, RabbitMQ": {"SQLite", "rabbitmq"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, at := openBooks(t, pair[0]), brokers[pair[1]]
			common := []string{"-db", b.url, "-broker", at.url, "-ackwait", "1s", "-prefix", at.prefix(t)}
			web, worker := append([]string{"web", "-http", "127.0.0.1:0"}, common...), append([]string{"worker"}, common...)
			processes := []*process{start(t, web...), start(t, web...), start(t, worker...), start(t, append(worker, "mail")...)}
			var accepted []string
			for round := range kills() {
				victim := round % len(processes)
				for n := range 10 {
					if n == 5 {
						processes[victim].kill()
					}
					p := processes[n%2] // a web
					if status, id, err := p.order(fmt.Sprint("customer ", n%3), store.Goods[n%3]); err == nil && status == http.StatusAccepted {
						accepted = append(accepted, id)
					} else if p != processes[victim] {
						t.Errorf("an order got %d, %v", status, err)
					}
				}
				processes[victim] = start(t, processes[victim].Args[1:]...)
			}
			for _, id := range accepted {
				b.has(id)
			}
			b.balance()
			t.Logf("%d kills, %d orders accepted, %d committed", kills(), len(accepted), b.number("SELECT count(*) FROM orders"))
			for _, p := range processes {
				p.stop()
				if strings.Contains(p.text(), "guest:guest") {
					t.Errorf("%s logs:\n%s", strings.Join(p.Args, " "), p.text())
				}
			}
		})
	}
}

// kills is how many processes are killed.
func kills() int {
	if os.Getenv("ROLLCALL_LEDGER") == "1" {
		return 60
	}
	return 4
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
		if _, err := parse(tt.args, nothing, io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v", tt.args, err)
		}
	}
	secret := func(variable string) string {
		return map[string]string{"ORDERS_DB": "postgres://ann:s3cret@127.0.0.1:1/test", "ORDERS_BROKER": "nats://ann:s3cret@127.0.0.1:1"}[variable]
	}
	for _, tt := range []struct{ broker, db, want string }{
		{"kafka://127.0.0.1", filepath.Join(t.TempDir(), "orders.db"), "there is no broker for kafka"},
		{"nats://127.0.0.1:1", "oracle://ann:s3cret@127.0.0.1", "there is no database for oracle"},
		{"nats://127.0.0.1:1", "postgres://ann:s3cret@127.0.0.1:x/test", "invalid port"},
		{"nats://127.0.0.1:1", "mysql://ann:s3cret@%zz/test", "the URL of the database is wrong"},
		{"", "", "127.0.0.1:1"},
	} {
		c, err := parse([]string{"worker", "-broker", tt.broker, "-db", tt.db}, secret, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s, %s: got %v", tt.broker, tt.db, err)
		}
	}
}

func nothing(string) string { return "" }

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
		if _, err := parse(args, func(string) string { return "nats://127.0.0.1" }, io.Discard); err != nil {
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
