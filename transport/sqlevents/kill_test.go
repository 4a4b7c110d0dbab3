package sqlevents_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Processes that publish and relay are killed at random moments. Everything that they have
// committed is published, of each order key first in its order.
func TestKilledProcessLosesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		kills := 3
		if os.Getenv("ROLLCALL_LEDGER") == "1" {
			kills = 30
		}
		var book ledger
		for run := range kills {
			x.child(t, &book, run, 20+rand.IntN(60))
		}
		x.child(t, &book, -1, -1) // relays what is left
		book.check(t)
	})
}

// ledger has what the processes report.
type ledger struct {
	committed []string
	relayed   []string // first confirmations
	doubled   int
}

func (l *ledger) enter(line string) {
	what, id, _ := strings.Cut(line, " ")
	switch {
	case what == "committed":
		l.committed = append(l.committed, id)
	case what == "relayed" && slices.Contains(l.relayed, id):
		l.doubled++
	case what == "relayed":
		l.relayed = append(l.relayed, id)
	}
}

func (l *ledger) check(t *testing.T) {
	t.Helper()
	last := map[string]string{}
	for _, id := range l.relayed { // key/run/number, with leading zeros
		key, _, _ := strings.Cut(id, "/")
		if id < last[key] {
			t.Errorf("%s came after %s", id, last[key])
		}
		last[key] = id
	}
	for _, id := range l.committed {
		if !slices.Contains(l.relayed, id) {
			t.Errorf("%s is lost", id)
		}
	}
	t.Logf("%d committed, %d relayed, %d of them again", len(l.committed), len(l.relayed), l.doubled)
}

// child runs a process and enters what it reports. It kills the process after some reports.
// With -1, the process only relays, and ends by itself.
func (x space) child(t *testing.T, book *ledger, run, reports int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "SQLEVENTS_CHILD="+fmt.Sprint(run), "SQLEVENTS_DRIVER="+x.server.driver, "SQLEVENTS_URL="+x.url, "SQLEVENTS_PREFIX="+x.prefix)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if book.enter(lines.Text()); n == reports {
			_ = cmd.Process.Kill()
		}
	}
	if err := cmd.Wait(); err != nil && run < 0 {
		t.Fatal(err)
	}
}

// TestChild is what the processes run. It does nothing otherwise.
func TestChild(t *testing.T) {
	run, ok := os.LookupEnv("SQLEVENTS_CHILD")
	if !ok {
		return
	}
	db, err := sql.Open(os.Getenv("SQLEVENTS_DRIVER"), os.Getenv("SQLEVENTS_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(4)
	dialect := map[string]sqlevents.Dialect{"sqlite": sqlevents.SQLite, "pgx": sqlevents.PostgreSQL, "mysql": sqlevents.MariaDB}[os.Getenv("SQLEVENTS_DRIVER")]
	o, err := sqlevents.New(db, dialect, reporter{}, sqlevents.Prefix(os.Getenv("SQLEVENTS_PREFIX")), sqlevents.Lease(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for n := 0; run != "-1"; n++ {
		for key := range 3 {
			id := fmt.Sprintf("%d/%03s/%04d", key, run, n)
			if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
				return o.Publish(ctx, keyed(id, "placed", fmt.Sprint(key)))
			}); err != nil {
				t.Fatal(err)
			}
			fmt.Println("committed", id)
		}
	}
	flush(t, o)
}

// reporter is a broker that reports what it confirms.
type reporter struct{ transport.Transport }

func (reporter) Publish(_ context.Context, m transport.Message) error {
	_, err := fmt.Println("relayed", m.ID)
	return err
}
