package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/transport"
)

// walk looks at the dead letters of a server, and disposes of those that are selected.
type walk struct {
	request  request
	out      printer
	progress *progress
	server   *server
	now      time.Time

	work   context.Context // of calls to the server
	cancel context.CancelCauseFunc

	interrupts context.Context // ends at an interrupt
	announced  sync.Once

	mu      sync.Mutex
	pending *transport.DeadLetter // is being disposed of

	begun bool            // whether it has looked at letters
	found map[string]bool // IDs of selected letters
	count summary
}

// newWalk prepares a walk, which the end of ctx interrupts. The caller must call cancel at
// the end.
func newWalk(ctx context.Context, r request, stdout io.Writer, p *progress) *walk {
	w := &walk{request: r, progress: p, interrupts: ctx, now: time.Now(), found: map[string]bool{}}
	w.out = newPrinter(r, stdout, p, w.now)
	w.work, w.cancel = context.WithCancelCause(context.Background())
	return w
}

// errInterrupted ends the walk between two letters.
var errInterrupted = errors.New("interrupted")

// interrupt ends the walk: at once, or as soon as the letter in progress is disposed of. It
// may be called again.
func (w *walk) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.announced.Do(func() { w.progress.say("rollcall-letters: interrupted") })
	if w.pending == nil {
		w.cancel(errInterrupted)
	}
}

func (w *walk) isInterrupted() bool { return w.interrupts.Err() != nil }

// run does what is requested. It returns nil if an interrupt has ended it.
func (w *walk) run() error {
	err := w.visit()
	if cause := context.Cause(w.work); cause != nil && errors.Is(err, context.Canceled) {
		err = cause
	}
	if errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// visit connects to the server and looks at its letters.
func (w *walk) visit() error {
	s, err := open(w.work, w.request, w.cancel, w.warn)
	if err != nil {
		return err
	}
	defer s.close()
	return w.over(s)
}

// over looks at the letters of a server.
func (w *walk) over(s *server) error {
	w.server, w.begun = s, true
	receivers, err := w.receivers()
	if err != nil {
		return err
	}
	if w.request.command == list {
		if err := w.backlogs(receivers); err != nil {
			return err
		}
	}
	for _, of := range receivers {
		if w.isInterrupted() {
			return errInterrupted
		}
		if err := w.letters(of); err != nil {
			return err
		}
	}
	return w.request.selection.missing(w.found)
}

func (w *walk) warn(text string) {
	w.progress.say("rollcall-letters: " + printable.Text(w.request.address.scrubbed(text)))
}

// receivers returns the receivers that are selected.
func (w *walk) receivers() ([]transport.Subscription, error) {
	s := w.request.selection
	if s.isNamed() {
		return []transport.Subscription{{Event: s.event.value, Key: s.key.value}}, nil
	}
	all, err := w.server.Receivers(w.work)
	if err != nil && len(all) == 0 {
		return nil, err
	}
	if err != nil {
		w.warn(err.Error())
	}
	var selected []transport.Subscription
	for _, of := range all {
		if s.event.matches(of.Event) && s.key.matches(of.Key) {
			selected = append(selected, of)
		}
	}
	if len(selected) == 0 && (s.event.set || s.key.set) && !w.server.isOutbox {
		return nil, errNobody(all)
	}
	return selected, nil
}

func errNobody(known []transport.Subscription) error {
	if len(known) == 0 {
		return errors.New("the server knows no receiver at all")
	}
	var names []string
	for _, of := range known {
		names = append(names, word(of.Event)+" by "+word(of.Key))
	}
	return fmt.Errorf("the server knows no such receiver: it knows %s", strings.Join(names, ", "))
}

// backlogs prints what waits for receivers.
func (w *walk) backlogs(receivers []transport.Subscription) error {
	for _, of := range receivers {
		b, err := w.server.Backlog(w.work, of.Event, of.Key)
		switch {
		case isNobody(err):
			err = w.out.receiver(of, nil, w.server.counts)
		case err == nil:
			err = w.out.receiver(of, &b, w.server.counts)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isNobody reports whether an error says that a receiver is gone, or was temporary.
func isNobody(err error) bool {
	var gone *transport.UnroutableError
	var temporary *transport.SubscriptionError
	return errors.As(err, &gone) || errors.As(err, &temporary)
}

// letters looks at the dead letters of a receiver.
func (w *walk) letters(of transport.Subscription) error {
	n, err := w.server.EachDeadLetter(w.work, of.Event, of.Key, w.decide)
	letter := w.settle()
	switch {
	case letter != nil && err == nil:
		return w.disposed(*letter)
	case letter != nil:
		return fmt.Errorf("stopped at %s, which may still be a dead letter: %w", name(*letter), err)
	case err == nil && n == 0 && w.request.selection.isNamed():
		return w.known(of)
	}
	return err
}

// known returns an error if a receiver without dead letters does not exist: its name is
// probably misspelt.
func (w *walk) known(of transport.Subscription) error {
	_, err := w.server.Backlog(w.work, of.Event, of.Key)
	var temporary *transport.SubscriptionError
	if of.Key == "" && errors.As(err, &temporary) {
		return nil
	}
	return err
}

// decide decides about a dead letter. The one before it was disposed of.
func (w *walk) decide(l transport.DeadLetter) transport.Disposal {
	if before := w.settle(); before != nil {
		if err := w.disposed(*before); err != nil {
			w.cancel(err)
			return transport.Keep
		}
	}
	if w.isInterrupted() {
		w.cancel(errInterrupted)
		return transport.Keep
	}
	w.count.Seen++
	w.progress.add(w.count)
	if !w.request.selection.has(l, w.now) {
		return transport.Keep
	}
	w.count.Selected++
	w.found[l.ID] = true
	if w.request.changes() && w.request.yes {
		return w.begin(l)
	}
	if err := w.out.letter(l); err != nil {
		w.cancel(err)
	}
	return transport.Keep
}

// begin returns how to dispose of a letter, unless there was an interrupt meanwhile.
func (w *walk) begin(l transport.DeadLetter) transport.Disposal {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isInterrupted() {
		w.cancel(errInterrupted)
		return transport.Keep
	}
	w.pending = &l
	if w.request.command == replay {
		return transport.Replay
	}
	return transport.Discard
}

// settle returns the letter that was being disposed of, if there is one.
func (w *walk) settle() *transport.DeadLetter {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.pending
	w.pending = nil
	return l
}

// disposed prints that a letter was disposed of.
func (w *walk) disposed(l transport.DeadLetter) error {
	w.count.Done++
	return w.out.letter(l)
}

// summary returns nil if nothing was looked at.
func (w *walk) summary() *summary {
	if !w.begun {
		return nil
	}
	s := w.count
	s.Command, s.DryRun, s.Interrupted = w.request.command, w.request.dryRun(), w.isInterrupted()
	return &s
}
