package main

import (
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
)

// databases are those that a ratio is measured on.
var databases = [...]string{"PostgreSQL", "MariaDB", "SQLite"}

// goalsByDatabase are in the order of databases; 0 for no goal.
type goalsByDatabase [len(databases)]float64

// inTransaction is a ratio that is measured on each database, with its goals.
type inTransaction struct {
	what, name, suffix string
	goals              goalsByDatabase
}

var inTransactions = []inTransaction{
	{"statement without an order key", "Publish", "/no-key", goalsByDatabase{1.1, 1.1, 1.1}},
	{"statement with an order key", "Publish", "/key", goalsByDatabase{1.25, 1.6, 0}},
	{"whole transaction without an order key", "Transaction", "/no-key", goalsByDatabase{}},
	{"whole transaction with an order key", "Transaction", "/key", goalsByDatabase{1.05, 1.1, 0}},
	{"ten events in InTx", "TenEvents", "/no-key", goalsByDatabase{0.35, 0.35, 0.35}},
	{"ten events in InTx, with ten order keys", "TenEvents", "/key", goalsByDatabase{0.35, 0.35, 0.35}},
	{"inbox around a handler of one statement", "Inbox", "/inbox", goalsByDatabase{1.3, 1.2, 2}},
	{"the same by hand", "Inbox", "/by-hand", goalsByDatabase{}},
}

// publishCosts are how often Publish may allocate in a transaction, with one to spare.
var publishCosts = []struct {
	key            string
	maxAllocations float64
}{{"no-key", 8}, {"key", 12}}

// outboxProblems prints the ratios of statements that the input has figures for. It returns
// those that miss their goal by more than the tolerance, and allocations.
func outboxProblems(out io.Writer, r *results) (problems []error) {
	for _, x := range inTransactions {
		for i, goal := range x.goals {
			name := x.name + "/" + databases[i] + x.suffix
			if got, ok := r.median(name, "ratio"); ok && goal > 0 {
				problems = append(problems, judge(out, "outbox: "+name, got, goal))
			}
		}
	}
	for _, d := range databases {
		for _, c := range publishCosts {
			if allocs, ok := r.median("PublishCost/"+d+"/"+c.key, "allocs/op"); ok && allocs > c.maxAllocations {
				problems = append(problems, fmt.Errorf("outbox: Publish on %s with %s allocates %v times, more than %v", d, c.key, allocs, c.maxAllocations))
			}
		}
	}
	return problems
}

// drained is another one that is compared with one relay.
type drained struct {
	what, name string
	goal       float64
}

var drains = []drained{
	{"River, 256 workers", "river-256", 2.5},
	{"River, 256 workers, cooldown 1 ms", "river-256-1ms", 1.3},
	{"River, 2,000 workers, cooldown 2 ms", "river-2000-2ms", 1.3},
	{"River, 10,000 workers, cooldown 1 ms", "river-10000-1ms", 1.3},
	{"watermill-sql's forwarder, batches of 100, its default", "watermill-sql-100", 5},
	{"watermill-sql's forwarder, batches of 1,000", "watermill-sql-1000", 5},
}

// outboxReport is OUTBOX.md.
func outboxReport(r *results) string {
	var b strings.Builder
	b.WriteString("# Outbox\n\nMedians. Both sides of a ratio run by turns. The databases and NATS run on the same machine. To repeat the measurements: `make bench-outbox`. In parentheses are the goals.\n\n")
	fmt.Fprintf(&b, "Machine: %s, %d cores, %s. Servers: %s.\n", strings.Join(r.machine, ", "), runtime.NumCPU(), runtime.Version(), strings.Join(databaseVersions(), ", "))
	if r.isBusy() {
		b.WriteString("\nOther work had most of the machine during this run: see the load, which is the mean number of processes that want a core. Both sides of a ratio had to share it. Events a second and milliseconds are of no use.\n")
	}
	inTransactionReport(&b, r)
	drainReport(&b, r)
	latencyReport(&b, r)
	statementsReport(&b, r)
	return b.String()
}

// isBusy reports whether other work ran on the machine before the run.
func (r *results) isBusy() bool {
	for _, line := range r.machine {
		var load float64
		if n, _ := fmt.Sscanf(line, "load before: %f", &load); n == 1 && load > 1.5 {
			return true
		}
	}
	return false
}

const inTransactionNotes = `
A statement is Publish with WithTx, beside ExecContext of a bare INSERT of the same columns into the same table, in the same transactions, with 1 KiB. A whole transaction also inserts an order, and commits. Ten events are the statement of InTx, beside ten bare INSERTs. For SQLite, they are what ten events add to InTx with a database in memory, beside what ten bare INSERTs add to a transaction. The inbox records the ID, beside the same transaction without it. By hand is the least that can record it: one prepared INSERT into a table that has only the IDs.

Publish itself, with a statement that does nothing:

| | time | allocations |
|---|---|---|
`

func inTransactionReport(b *strings.Builder, r *results) {
	b.WriteString("\n## In the application's transaction\n\n| | PostgreSQL | MariaDB | SQLite |\n|---|---|---|---|\n")
	for _, x := range inTransactions {
		fmt.Fprintf(b, "| %s |", x.what)
		for i, goal := range x.goals {
			fmt.Fprintf(b, " %s%s |", r.figure(x.name+"/"+databases[i]+x.suffix, "ratio", "%.2f"), inParentheses(goal))
		}
		b.WriteString("\n")
	}
	b.WriteString(inTransactionNotes)
	for _, d := range databases {
		for _, c := range publishCosts {
			name := "PublishCost/" + d + "/" + c.key
			fmt.Fprintf(b, "| %s, %s | %s ns | %s |\n", d, c.key, r.figure(name, "ns/op", "%.0f"), r.figure(name, "allocs/op", "%.0f"))
		}
	}
}

const drainNotes = `
10,000 events of 1 KiB in PostgreSQL, until nothing is left. The relay and the forwarder publish to NATS JetStream, which stores messages in files and recognizes duplicates. The workers of River do nothing. Its cooldown is the least time between two fetches, 100 ms by default. Times is how much faster the relay is.

| instances | | reached | goal |
|---|---|---|---|
`

func drainReport(b *strings.Builder, r *results) {
	b.WriteString("\n## Relay\n\n| beside | its events a second | relay, in the same turns | times | goal |\n|---|---|---|---|---|\n")
	for _, x := range drains {
		name := "Drain/rollcall/" + x.name
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.2f |\n", x.what, r.figure(name, "other-events/s", "%.0f"), r.figure(name, "events/s", "%.0f"), r.inverse(name), x.goal)
	}
	b.WriteString(drainNotes)
	for _, x := range []struct {
		what, name, goal string
	}{
		{"| two, to one | drained in the same time |", "Drain/instances-2/instances-1", "1.00"},
		{"| four, to one | drained in the same time |", "Drain/instances-4/instances-1", "1.00"},
		{"| four, to one | orders taken in the same time, by eight writers |", "Taking/4/1", "0.90"},
	} {
		fmt.Fprintf(b, "%s %s | %s |\n", x.what, r.inverse(x.name), x.goal)
	}
}

func latencyReport(b *strings.Builder, r *results) {
	b.WriteString("\n## Latency\n\nFrom the end of the commit to the handler, over NATS, at 500 orders a second in PostgreSQL. Without the outbox, the application publishes after the commit. With WithTx, the relay does not know of the commit: it looks every 100 ms while it finds events.\n\n| | p50 | p99 | p50, ms more | p99, ms more |\n|---|---|---|---|---|\n")
	direct50, _ := r.median("Latency/without", "p50-µs")
	direct99, _ := r.median("Latency/without", "p99-µs")
	for _, x := range []struct{ what, name, goal50, goal99 string }{
		{"without the outbox", "Latency/without", "", ""},
		{"with InTx", "Latency/intx", " (4)", " (15)"},
		{"with WithTx", "Latency/withtx", " (100)", ""},
	} {
		p50, ok := r.median(x.name, "p50-µs")
		p99, _ := r.median(x.name, "p99-µs")
		if ok {
			fmt.Fprintf(b, "| %s | %.1f ms | %.1f ms | %.1f%s | %.1f%s |\n", x.what, p50/1000, p99/1000, (p50-direct50)/1000, x.goal50, (p99-direct99)/1000, x.goal99)
		}
	}
}

func statementsReport(b *strings.Builder, r *results) {
	b.WriteString("\n## Statements\n\nHow many statements of PostgreSQL an event costs. Leases are the statements by which instances share the partitions, and a look at the version of the tables. A transaction is a BEGIN and a COMMIT.\n\n| | INSERT | SELECT | DELETE | leases | transactions |\n|---|---|---|---|---|---|\n")
	for _, x := range []struct{ what, name, unit string }{
		{"Publish", "Statements/publish", "event"},
		{"InTx, one event", "Statements/intx-1", "event"},
		{"InTx, ten events", "Statements/intx-10", "event"},
		{"relay, from a backlog", "Statements/backlog", "event"},
		{"InTx and relay, 500 orders a second", "Statements/500-a-second", "event"},
		{"an idle instance, a second", "Idle", "s"},
	} {
		fmt.Fprintf(b, "| %s |", x.what)
		for _, kind := range []string{"INSERT", "SELECT", "DELETE", "lease", "BEGIN"} {
			fmt.Fprintf(b, " %s |", r.figure(x.name, kind+"/"+x.unit, "%.3f"))
		}
		b.WriteString("\n")
	}
}

// figure returns a median as text, or "" if there is none.
func (r *results) figure(name, unit, format string) string {
	if value, ok := r.median(name, unit); ok {
		return fmt.Sprintf(format, value)
	}
	return ""
}

// inverse returns the inverse of a ratio of times as text, or "" if there is none.
func (r *results) inverse(name string) string {
	if ratio, ok := r.median(name, "ratio"); ok {
		return fmt.Sprintf("%.2f", 1/ratio)
	}
	return ""
}

// inParentheses is empty if there is no goal.
func inParentheses(goal float64) string {
	if goal == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.2f)", goal)
}

// databaseVersions lists the versions of the installed programs.
func databaseVersions() []string {
	var list []string
	for _, program := range []string{"psql", "mariadb", "nats-server"} {
		if out, err := exec.Command(program, "--version").Output(); err == nil {
			list = append(list, strings.TrimSpace(string(out)))
		}
	}
	return list
}
