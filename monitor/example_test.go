package monitor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
)

func ExampleTracer() {
	type Placed struct{ ID string }
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*Placed]("notifier", func(*Placed) error { return fmt.Errorf("no connection") }),
		rollcall.NewListener[*Placed]("indexer", func(*Placed) {}, `before:"notifier"`),
	}, []rollcall.Declaration{rollcall.Declare[*Placed]("order.placed")})
	if err != nil {
		fmt.Println(err)
		return
	}
	tracer := &monitor.Tracer{Render: func(ev any) string { return ev.(*Placed).ID }}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	_ = d.Dispatch(context.Background(), &Placed{ID: "7"}) // the tracer has its error
	for _, e := range tracer.Stats() {
		fmt.Printf("%s: %d dispatched, %d failed\n", e.Event, e.Dispatches, e.Failed)
	}
	for _, line := range tracer.Recent() {
		fmt.Printf("order %s: %s\n", line.Payload, line.Err)
	}
	tracer.Reset()
	fmt.Println(len(tracer.Stats()), "events")
	// Output:
	// order.placed: 1 dispatched, 1 failed
	// order 7: listener notifier of order.placed: no connection
	// 0 events
}

func ExampleBacklog() {
	type Placed struct{ Order, Card string }
	report := &inspect.Report{} // the application's: inject it
	t := &transport.Local{}     // the application's: inject transport.Transport
	mux := http.NewServeMux()
	mux.Handle("/debug/events/", monitor.Handler(report, nil,
		monitor.Backlog(t),
		monitor.Bodies(func(l transport.DeadLetter) string {
			var p Placed
			if err := json.Unmarshal(l.Body, &p); err != nil {
				return err.Error()
			}
			return "order " + p.Order // and not the card
		}),
	))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/debug/events/", nil))
	fmt.Println(w.Code)
	// Output: 200
}
