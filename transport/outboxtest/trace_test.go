package outboxtest

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/otelevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// shop takes orders by HTTP: a span for each request, and an event in its transaction.
type shop struct {
	tracer trace.Tracer
	outbox *sqlevents.Transport
	placed *rollcall.Emitter[*placed]
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, span := s.tracer.Start(r.Context(), "POST "+r.URL.Path, trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	if err := s.outbox.InTx(ctx, nil, func(ctx context.Context, _ *sql.Tx) error {
		return s.placed.Emit(ctx, &placed{Order: r.URL.Path})
	}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// Each request's trace leads through the outbox, its relay and the broker to the listener.
func TestTraceLeadsThroughTheOutbox(t *testing.T) {
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.TraceContext{})
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
	exported := tracetest.NewInMemoryExporter()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exported))
	x, m := inSQLite(t), &mailer{got: make(chan string, 10)}
	s := &shop{tracer: tracers.Tracer("shop")}
	app := fxtest.New(t,
		fxevents.Module(fxevents.Policy(rollcall.Observe(otelevents.NewObserver(otelevents.WithTracerProvider(tracers))))),
		fxevents.Event[*placed]("order.placed"),
		fxevents.Transport(func() (_ *sqlevents.Transport, err error) {
			s.outbox, err = x.overNATS(t.TempDir())
			return s.outbox, err
		}),
		fx.Decorate(otelevents.NewTransport),
		fx.Supply(m),
		fxevents.Listen((*mailer).OnPlaced, `id:"mail" async:"mail"`),
		fxevents.Receive(),
		fx.Populate(&s.placed),
	)
	app.RequireStart()
	for _, order := range []string{"/1", "/2"} {
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, httptest.NewRequest("POST", order, nil)); w.Code != http.StatusOK {
			t.Fatal(w.Body)
		}
	}
	for range 2 {
		select {
		case <-m.got:
		case <-time.After(30 * time.Second):
			t.Fatal("the listener is not called")
		}
	}
	app.RequireStop() // the spans have ended
	traces := map[trace.TraceID]bool{}
	for _, span := range exported.GetSpans() {
		if span.Name != "call mail" {
			continue
		}
		traces[span.SpanContext.TraceID()] = true
		path := strings.Join(ancestors(t, exported.GetSpans(), span), " < ")
		if !strings.HasPrefix(path, "call mail < dispatch order.placed < dispatch order.placed < POST /") {
			t.Errorf("the trace is %s", path)
		}
	}
	if len(traces) != 2 {
		t.Errorf("two requests have %d traces", len(traces))
	}
}

// ancestors returns the names of a span and of those above it, all of one trace.
func ancestors(t *testing.T, all tracetest.SpanStubs, span tracetest.SpanStub) (names []string) {
	t.Helper()
	for {
		names = append(names, span.Name)
		if !span.Parent.IsValid() {
			return names
		}
		i := slices.IndexFunc(all, func(s tracetest.SpanStub) bool { return s.SpanContext.SpanID() == span.Parent.SpanID() })
		if i < 0 || all[i].SpanContext.TraceID() != span.SpanContext.TraceID() {
			t.Fatalf("%q: the span above is missing", names)
		}
		span = all[i]
	}
}
