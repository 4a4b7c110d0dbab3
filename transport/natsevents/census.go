package natsevents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// census is what an embedded store holds when it is closed. The server opens a store with
// missing files without an error, so that the next opening compares. There is none after
// a crash.
type census struct {
	Last    map[string]uint64 // the number of each stream's last message
	Waiting map[string]uint64 // how many messages wait for each durable consumer of the event stream
}

func (c census) equals(d census) bool {
	return maps.Equal(c.Last, d.Last) && maps.Equal(c.Waiting, d.Waiting)
}

// census returns the path of the census.
func (s *store) census() string { return filepath.Join(s.directory, s.stream+".census") }

// count counts what the store holds. A stream or consumer that is missing counts as empty.
func (t *Transport) count(ctx context.Context, js jetstream.JetStream) (census, error) {
	c := census{map[string]uint64{}, map[string]uint64{}}
	for _, name := range []string{t.eventStream(), t.deadStream()} {
		stream, err := js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue
		}
		if err != nil {
			return c, err
		}
		c.Last[name] = stream.CachedInfo().State.LastSeq
		if name != t.eventStream() {
			continue
		}
		consumers := stream.ListConsumers(ctx)
		for info := range consumers.Info() {
			if info.Config.Durable != "" {
				c.Waiting[info.Name] = info.NumPending + uint64(info.NumAckPending)
			}
		}
		if err := consumers.Err(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// writeCensus writes what the store holds, for the next opening. The connection of the
// transport is closed, but the server may still be busy with its last acknowledgements.
// Without two equal counts, there is no census, because a wrong one would report a loss
// that did not happen.
func (t *Transport) writeCensus() {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	conn, err := t.store.connect()
	if err != nil {
		return
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return
	}
	before, err := t.count(ctx, js)
	for range censusTries {
		if err != nil || !pause(ctx, betweenCounts) {
			return
		}
		var now census
		if now, err = t.count(ctx, js); err == nil && now.equals(before) {
			content, _ := json.Marshal(now)
			_ = writeSynced(t.store.census(), content) // without a census, the next opening compares nothing
			return
		}
		before = now
	}
}

const (
	censusTries   = 10
	betweenCounts = 5 * time.Millisecond
)

// less returns what there is less of in now than in c, or nil.
func (s *store) less(c, now census) *StoreError {
	streams := filepath.Join(s.directory, "jetstream", "$G", "streams")
	for name, last := range c.Last {
		if now.Last[name] < last {
			return &StoreError{File: filepath.Join(streams, name, "msgs"), Problem: fmt.Sprintf("the last event has the number %d, not %d as when the store was closed", now.Last[name], last)}
		}
	}
	for name, waiting := range c.Waiting {
		if now.Waiting[name] < waiting {
			return &StoreError{File: filepath.Join(streams, s.stream, "obs", name), Problem: fmt.Sprintf("%d events wait for this consumer, not %d as when the store was closed", now.Waiting[name], waiting)}
		}
	}
	return nil
}

// checkStore compares the store with its census, and removes that.
func (t *Transport) checkStore(ctx context.Context) error {
	content, err := os.ReadFile(t.store.census())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var before census
	damaged := &StoreError{File: t.store.census(), Problem: "it can't be read"}
	if json.Unmarshal(content, &before) == nil {
		now, err := t.count(ctx, t.js)
		if err != nil {
			return annotated(err, "counting the stored events")
		}
		damaged = t.store.less(before, now)
	}
	if err := t.settings.accepted(damaged); err != nil {
		return err
	}
	return os.Remove(t.store.census())
}
