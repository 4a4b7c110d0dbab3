package monitor

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// trace observes one dispatch. It is reused for other dispatches.
type trace struct {
	memory *memory
	event  *eventTrace
	layout *layout
	value  any
	shard  int
	timed  bool
	stop   int // the index of the first listener not called because the event is stopped, or -1
	begun  time.Duration
	steps  []step
}

// step is the call of one listener. Its times count from the start of the memory.
type step struct {
	called, returned bool
	begun, end       time.Duration
	err              error
}

func (x *trace) Calling(ctx context.Context, i int) context.Context {
	x.steps[i].called = true
	switch {
	case !x.timed:
	case i == 0: // no listener has run since Begin
		x.steps[i].begun = x.begun
	default:
		x.steps[i].begun = x.memory.now()
	}
	return ctx
}

// Returned counts nothing if another observer panicked before Calling was called.
func (x *trace) Returned(i int, err error) {
	s := &x.steps[i]
	if !s.called {
		return
	}
	s.err, s.returned = err, true
	shard := x.layout.traces[i].shard(x.shard)
	if err != nil {
		shard.failed.Add(1)
	}
	if !x.timed {
		shard.untimed.Add(1)
		return
	}
	s.end = x.memory.now()
	shard.note(s.end - s.begun)
}

func (x *trace) Stopped(before int) { x.stop = before }

func (x *trace) End(err error) {
	shard := &x.event.shards[x.shard]
	shard.dispatches.Add(1)
	switch {
	case err != nil:
		shard.failed.Add(1)
	case x.stop >= 0:
		shard.stopped.Add(1)
	case len(x.steps) == 0:
		shard.unheard.Add(1)
	}
	end := x.ended()
	if x.timed && (err != nil || x.stop >= 0 || x.memory.admits(end)) {
		x.memory.remember(x.line(err, end))
	}
	clear(x.steps)
	x.value, x.layout, x.event = nil, nil, nil
	x.memory.traces.Put(x)
}

// ended counts calls that did not return, and returns when the last call ended. It
// reads the clock only for calls that did not return.
func (x *trace) ended() time.Duration {
	end := x.begun
	for i := range x.steps {
		switch s := &x.steps[i]; {
		case s.returned:
			end = max(end, s.end)
		case s.called:
			x.layout.traces[i].shard(x.shard).untimed.Add(1)
			end = max(end, x.memory.now())
		}
	}
	return end
}

// line returns the dispatch as a Timeline.
func (x *trace) line(err error, end time.Duration) *Timeline {
	line := &Timeline{
		Event: x.event.name, At: x.memory.start.Add(x.begun), Took: end - x.begun, Err: text(err),
		Stopped: x.stop >= 0, StoppedBy: x.stoppedBy(), Payload: rendered(x.memory.render, x.value), Steps: make([]Step, len(x.steps)),
	}
	for i := range x.steps {
		line.Steps[i] = x.step(i, end, err, line.Err)
	}
	return line
}

// step returns what happened to the listener at an index. If the listener's error is also
// the dispatch's error, its text is wholeText.
func (x *trace) step(i int, end time.Duration, whole error, wholeText string) Step {
	s := &x.steps[i]
	l := x.layout.list.At(i)
	step := Step{Listener: l.ID, Called: s.called, Returned: s.returned}
	if x.layout.list.IsAsync(i) {
		step.Async = l.Async
	}
	switch {
	case !s.called:
		return step
	case s.returned:
		end = s.end
	}
	step.Start, step.Took = s.begun-x.begun, end-s.begun
	if s.err != nil && s.err == whole {
		step.Err = wholeText
	} else {
		step.Err = text(s.err)
	}
	return step
}

// stoppedBy returns the ID of the listener that returned last before the event was
// found to be stopped.
func (x *trace) stoppedBy() string {
	last := -1
	for i := range x.steps {
		if x.stop >= 0 && x.steps[i].called && (last < 0 || x.steps[i].end >= x.steps[last].end) {
			last = i
		}
	}
	if last < 0 {
		return ""
	}
	return x.layout.list.At(last).ID
}

// text returns the text of an error, cut to maxText bytes.
func text(err error) string {
	if err == nil {
		return ""
	}
	return rendered(func(any) string { return err.Error() }, nil)
}

// rendered returns the result of render, cut to maxText bytes. If render panics, it
// returns a text that says so.
func rendered(render func(any) string, value any) (text string) {
	if render == nil {
		return ""
	}
	defer func() {
		if problem := recover(); problem != nil {
			text = fmt.Sprintf("(rendering it panicked: %v)", problem)
		}
	}()
	return cut(render(value))
}

func cut(s string) string { return printable.Cut(s, maxText) }
