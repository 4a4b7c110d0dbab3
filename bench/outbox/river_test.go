package outbox_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// event is a job.
type event struct {
	Body string `json:"body"`
}

func (event) Kind() string { return "order_placed" }

// idler does nothing for a job.
type idler struct {
	river.WorkerDefaults[event]
	worked atomic.Int64
	all    chan struct{} // closed when the backlog is worked
}

func (w *idler) Work(context.Context, *river.Job[event]) error {
	if w.worked.Add(1) == backlog {
		close(w.all)
	}
	return nil
}

// drainRiver is a client of River with so many workers. The cooldown is the least time
// between two fetches.
func drainRiver(b *testing.B, workers int, cooldown time.Duration) drainer {
	ctx := b.Context()
	x := postgres.open(b, 2) // skips if there is no server
	pool := openPool(b)
	schema := "b" + strings.ToLower(rand.Text()[:12])
	x.exec(b, "CREATE SCHEMA "+schema)
	b.Cleanup(func() { _, _ = pool.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE") })
	driver, quiet := riverpgxv5.New(pool), slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: schema, Logger: quiet})
	check(b, err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	check(b, err)
	inserter, err := river.NewClient(driver, &river.Config{Schema: schema, Logger: quiet})
	check(b, err)
	return drainer{
		fill: func() {
			x.exec(b, "TRUNCATE "+schema+".river_job")
			var list []river.InsertManyParams
			for range 1000 {
				list = append(list, river.InsertManyParams{Args: event{string(body)}})
			}
			for n := 0; n < backlog; n += len(list) {
				_, err := inserter.InsertManyFast(ctx, list)
				check(b, err)
			}
			x.exec(b, "VACUUM ANALYZE "+schema+".river_job")
		},
		drain: func() func() {
			w := &idler{all: make(chan struct{})}
			all := river.NewWorkers()
			river.AddWorker(all, w)
			client, err := river.NewClient(driver, &river.Config{
				Schema: schema, Logger: quiet, Workers: all, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
				FetchCooldown: cooldown, FetchPollInterval: max(20*time.Millisecond, cooldown), CompletedJobRetentionPeriod: time.Hour,
			})
			check(b, err)
			check(b, client.Start(ctx))
			<-w.all
			x.awaitNone(b, "SELECT 1 FROM "+schema+".river_job WHERE state = 'running' LIMIT 1")
			return func() { check(b, client.Stop(ctx)) }
		},
	}
}

// openPool opens a pool of as many connections as the outbox has.
func openPool(b *testing.B) *pgxpool.Pool {
	b.Helper()
	pool, err := pgxpool.New(b.Context(), postgresURL+"?pool_max_conns=8")
	check(b, err)
	b.Cleanup(pool.Close)
	return pool
}
