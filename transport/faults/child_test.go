package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/transport"
)

// childVariable has the task of a child, as JSON.
const childVariable = "ROLLCALL_FAULTS_CHILD"

// task is what a child does until its standard input ends, or it is killed.
type task struct {
	Site   site
	Record string
	Name   string // what its events' IDs begin with

	Publish  int // how many events each of its publishers publishes
	Announce int // after how many confirmations it says that they are under way

	Receive bool
	Hang    int  // which delivery's handler never returns, from 1; 0 for none
	Worked  bool // whether that handler has done its work before it hangs

	Hasty bool // whether messages are acknowledged before they are handled
}

// What a child says.
const (
	underWay = "under way" // it has confirmations, and goes on
	inside   = "inside"    // of the handler that hangs
)

// endless is more events than any test has time for.
const endless = 1_000_000

const publishers = 4 // of a child, or a test, that publishes without end

func child(text string) int {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return complain(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return complain(t.run(ctx))
}

func (t task) run(ctx context.Context) error {
	r, err := openRecord(t.Record)
	if err != nil {
		return err
	}
	x, err := t.Site.open()
	if err != nil {
		return err
	}
	defer x.Close()
	if err := x.Declare(context.WithoutCancel(ctx), order); err != nil { // it may be told to end by now
		return err
	}
	var publishing sync.WaitGroup
	defer publishing.Wait()
	t.publish(ctx, x, r, &publishing)
	if !t.Receive {
		<-ctx.Done()
		return nil
	}
	return t.receive(ctx, x, r)
}

func (t task) publish(ctx context.Context, x transport.Transport, r *record, publishing *sync.WaitGroup) {
	var confirmations atomic.Int64
	announced := sync.OnceFunc(func() { fmt.Println(underWay) })
	for n := range publishers {
		publishing.Go(func() {
			for i := 0; i < t.Publish && ctx.Err() == nil; i++ {
				if !publish(ctx, x, r, fmt.Sprint(t.Name, "-", n, "-", i)) {
					return
				}
				if confirmations.Add(1) == int64(t.Announce) {
					announced()
				}
			}
		})
	}
}

func (t task) receive(ctx context.Context, x transport.Transport, r *record) error {
	if t.Hasty {
		x = hasty{x}
	}
	var deliveries atomic.Int64
	work := noting(r)
	return x.Subscribe(ctx, order, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		if deliveries.Add(1) != int64(t.Hang) {
			return work(ctx, d)
		}
		if t.Worked {
			work(ctx, d)
		}
		fmt.Println(inside)
		select {} // until it is killed
	})
}
