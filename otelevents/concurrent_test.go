package otelevents_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/otelevents"
)

// Listeners that run at the same time have spans of their own, and one that
// stops the event while others are under way is not the only one called.
func TestParallel(t *testing.T) {
	const n = 4
	var met sync.WaitGroup
	met.Add(n)
	var l listeners
	for i := range n {
		l = append(l, doing(fmt.Sprint("l", i), func(_ context.Context, p *placed) error {
			met.Done()
			met.Wait() // for all others to be called
			p.StopPropagation()
			return nil
		}))
	}
	o := newTelemetry()
	o.dispatch(t, ctx, &placed{}, append(l, on("never", `priority:"last"`)), rollcall.Parallel(n))
	got := o.tree()
	for i := range n {
		id := fmt.Sprint("l", i)
		got = strings.Replace(got, "stopped_by="+id, "stopped_by=one of them", 1)
	}
	check(t, "spans", "\n"+got, `
dispatch order.placed {dispatch.not_called=1,dispatch.stopped=true,dispatch.stopped_by=one of them,event.name=order.placed}
  call l0 {event.name=order.placed,listener.id=l0,listener.index=0}
  call l1 {event.name=order.placed,listener.id=l1,listener.index=1}
  call l2 {event.name=order.placed,listener.id=l2,listener.index=2}
  call l3 {event.name=order.placed,listener.id=l3,listener.index=3}
`)
}

// One observer serves many dispatches at once, of few and of many names.
func TestConcurrentDispatches(t *testing.T) {
	const workers, each = 8, 300
	o := newTelemetry()
	d := rollcall.NewDispatcher(build(t, listeners{
		on("a"), on("b"), rollcall.NewListener[*event.Generic]("hears", func(*event.Generic) {}),
	}), rollcall.Parallel(2), rollcall.Observe(o.observer))
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range each {
				_ = d.Dispatch(ctx, &placed{})
				_ = d.Dispatch(ctx, &event.Generic{Name: fmt.Sprint("run-", w, ".", i)})
			}
		})
	}
	all.Wait()
	if spans := len(o.spans.Ended()); spans != workers*each*5 {
		t.Errorf("there are %d spans", spans)
	}
	measured := o.measured(t)
	for _, want := range []string{
		"dispatches {event.name=order.placed} 2400 {dispatch}\n",
		"listener.duration {event.name=order.placed,listener.id=a} 2400 s\n",
		"listener.duration {event.name=order.placed,listener.id=b} 2400 s\n",
	} {
		if !strings.Contains(measured, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// What is remembered does not grow with the names of events, nor with
// listeners that come and go.
func TestRemembersNoMoreThanItMust(t *testing.T) {
	o := otelevents.NewObserver(otelevents.WithTracerProvider(sdktrace.NewTracerProvider()))
	observe := func(name string, list *rollcall.Listeners) (events, listeners int) {
		ctx, watching := o.Begin(ctx, rollcall.Dispatched{Event: name, Listeners: list})
		for i := range list.Len() {
			watching.Calling(ctx, i)
			watching.Returned(i, nil)
		}
		watching.End(nil)
		return o.Remembered()
	}
	for i := range 3000 {
		events, listeners := observe("order.placed", listOf(t, on("always"), on(fmt.Sprint("fleeting ", i))))
		if events != 1 || listeners > 256+2 {
			t.Fatalf("after %d lists, %d events and %d listeners are remembered", i, events, listeners)
		}
	}
	list := listOf(t, on("a"), on("b"))
	for i := range 3000 {
		observe(fmt.Sprint("run.", i), list)
	}
	if events, listeners := o.Remembered(); events != 512 || listeners > 256+2*512 {
		t.Errorf("%d events and %d listeners are remembered", events, listeners)
	}
}
