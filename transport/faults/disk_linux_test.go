package faults_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
)

// fullDisks is how often an embedded store has no room left in a run.
var fullDisks = flag.Int("fulldisks", faults(1, 5), "how often the disk of an embedded store runs full")

// While there is no room, Publish says so. Once there is, and the store was
// opened again where it needs that, events are published and handled as before,
// and none that was confirmed is missing.
func TestFullDisk(t *testing.T) {
	slow(t)
	if !inNamespace() {
		t.Parallel()
		inOwnNamespace(t)
		return
	}
	s, at := newScenario(t), site{natsEmbedded, mount(t, "16m"), "faults"}
	var x reopened
	stopPublishing := s.publish(&x, "event")
	wentOn := 0
	for range *fullDisks {
		s.opened(at, &x, func() {
			s.progress()
			makeRoom := s.fill(at.Place)
			s.refused(&x)
			makeRoom()
			count(&wentOn, s.goesOn(attemptTimeout))
		})
	}
	s.opened(at, &x, func() {
		s.progress()
		stopPublishing()
		s.drained()
	})
	t.Logf("without being opened again, %d of %d went on", wentOn, *fullDisks)
	handOver(t, s.finish("full disk", at.Kind, *fullDisks))
}

// opened has f do something while the store is open. Events are handled
// meanwhile.
func (s *scenario) opened(at site, x *reopened, f func()) {
	s.t.Helper()
	store := s.open(at)
	defer store.Close()
	defer s.receive(store, noting(s.record))()
	x.use(store)
	defer x.use(nil)
	f()
}

// reopened publishes to a store that is not always open, so that its publishers
// try again what failed before it was closed. Its events are too large for the
// room that others leave when they are done.
type reopened struct {
	mu    sync.RWMutex
	store opened
}

func (r *reopened) use(store opened) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.store = store
}

func (r *reopened) Publish(ctx context.Context, m transport.Message) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.store == nil {
		return errors.New("the store is not open")
	}
	m.Body = make([]byte, 20_000)
	return r.store.Publish(ctx, m)
}

// fill takes all room, also what the store frees, until makeRoom is called.
func (s *scenario) fill(directory string) (makeRoom func()) {
	s.t.Helper()
	file, err := os.Create(filepath.Join(directory, "filler"))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var filling sync.WaitGroup
	filling.Go(func() {
		for data := make([]byte, 1024); ctx.Err() == nil; {
			_, _ = file.Write(data)
		}
	})
	makeRoom = sync.OnceFunc(func() {
		cancel()
		filling.Wait()
		_ = file.Close()
		_ = os.Remove(file.Name())
	})
	s.t.Cleanup(makeRoom)
	return makeRoom
}

// refused waits until a publisher is told that there is no room.
func (s *scenario) refused(x publisher) {
	s.t.Helper()
	var err error
	if !eventually(func() bool {
		err = s.probe(x, attemptTimeout)
		return err != nil && strings.Contains(err.Error(), "no space left")
	}) {
		s.t.Fatalf("publishers are not told that there is no room: %v", err)
	}
}
