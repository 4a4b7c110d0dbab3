package outboxtest

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/rollcall-go/rollcall/otelevents"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// observe makes metrics of an outbox, and of what waits for the mails about orders.
func observe(outbox *sqlevents.Transport, meters metric.MeterProvider) error {
	receivers := []transport.Subscription{{Event: "order.placed", Key: "mail"}}
	if _, err := otelevents.ObserveBacklog(outbox, receivers, otelevents.WithMeterProvider(meters)); err != nil {
		return err
	}
	_, err := otelevents.ObserveOutbox(outbox, otelevents.WithMeterProvider(meters))
	return err
}

// The metrics of an outbox around a transport in memory, to which nobody listens yet.
func Example_metrics() {
	ctx := context.Background()
	directory, err := os.MkdirTemp("", "shop")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(directory)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(directory, "shop.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := sqlevents.Migrate(ctx, db, sqlevents.SQLite); err != nil {
		log.Fatal(err)
	}
	outbox, err := sqlevents.New(db, sqlevents.SQLite, &transport.Local{})
	if err != nil {
		log.Fatal(err)
	}
	defer outbox.Close()
	if err := outbox.Declare(ctx, transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
		log.Fatal(err)
	}
	reader := sdkmetric.NewManualReader()
	if err := observe(outbox, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))); err != nil {
		log.Fatal(err)
	}
	for _, id := range []string{"1", "2"} {
		if err := outbox.Publish(ctx, transport.Message{ID: id, Event: "order.placed"}); err != nil {
			log.Fatal(err)
		}
	}
	if err := outbox.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &all); err != nil {
		log.Fatal(err)
	}
	for _, line := range lines(all, "rollcall.backlog.waiting", "rollcall.outbox.waiting", "rollcall.outbox.published") {
		fmt.Println(line)
	}
	// Output:
	// rollcall.backlog.waiting 2
	// rollcall.outbox.published 2
	// rollcall.outbox.waiting 0
}

// lines returns the values of some metrics, sorted by name.
func lines(all metricdata.ResourceMetrics, names ...string) (list []string) {
	for _, m := range all.ScopeMetrics[0].Metrics {
		var points []metricdata.DataPoint[int64]
		switch data := m.Data.(type) {
		case metricdata.Gauge[int64]:
			points = data.DataPoints
		case metricdata.Sum[int64]:
			points = data.DataPoints
		}
		for _, p := range points {
			if slices.Contains(names, m.Name) {
				list = append(list, fmt.Sprint(m.Name, " ", p.Value))
			}
		}
	}
	slices.Sort(list)
	return list
}
