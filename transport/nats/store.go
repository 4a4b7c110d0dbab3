package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// store is the directory of an embedded server.
//
// Where a write has failed, as on a full disk, the server may number the
// messages of a stream anew, from a number on that its receivers are done with:
// what it confirms then it never delivers. So a store that has failed confirms
// nothing more (see confirmations), and is mended when it is opened again.
type store struct {
	directory string
	stop      func() // ends the server
}

// sound is a file that is there as long as no write has failed. To remove one
// takes no room on a disk that has none.
func (s *store) sound() string { return filepath.Join(s.directory, "rollcall.sound") }

// stash is a file that keeps messages while they are numbered anew.
func (s *store) stash() string { return filepath.Join(s.directory, "rollcall.stash") }

// mark says that a write has failed.
func (s *store) mark() { _ = os.Remove(s.sound()) }

// mend numbers the messages of a store anew where it has failed, or its stream
// is behind what its receivers have.
func (t *Transport) mend(ctx context.Context) error {
	stream, err := t.js.Stream(ctx, t.eventStream())
	if err != nil {
		return err
	}
	delivered, err := farthest(ctx, stream)
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	_, missing := os.Stat(t.store.sound())
	if missing != nil || delivered > state.LastSeq {
		if err := t.renumber(ctx, stream, state, max(delivered, state.LastSeq)+gap); err != nil {
			return err
		}
	}
	if err := t.unstash(ctx); err != nil {
		return err
	}
	return os.WriteFile(t.store.sound(), nil, 0o600)
}

// gap is more than receivers are ahead of what the server has written of them.
// Where a further write fails, the server takes time for the square of it.
const gap = 1 << 12

// farthest is the highest number of a message that a receiver has been given.
func farthest(ctx context.Context, stream jetstream.Stream) (number uint64, err error) {
	consumers := stream.ListConsumers(ctx)
	for c := range consumers.Info() {
		number = max(number, c.Delivered.Stream, c.AckFloor.Stream)
	}
	return number, consumers.Err()
}

// stashed is a message in the stash.
type stashed struct {
	Subject string
	Header  nats.Header
	Data    []byte
}

// renumber has a stream go on with a number, and puts what it keeps by lower ones
// into the stash.
func (t *Transport) renumber(ctx context.Context, stream jetstream.Stream, s jetstream.StreamState, from uint64) error {
	var kept []stashed
	for n := s.FirstSeq; s.Msgs > 0 && n <= s.LastSeq; n++ {
		raw, err := stream.GetMsg(ctx, n)
		switch {
		case err == nil:
			// Its ID is among the duplicates already.
			raw.Header.Set(jetstream.MsgIDHeader, fmt.Sprint("again/", from, "/", raw.Header.Get(jetstream.MsgIDHeader)))
			kept = append(kept, stashed{raw.Subject, raw.Header, raw.Data})
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return err
		}
	}
	if len(kept) > 0 {
		if err := writeSynced(t.store.stash(), kept); err != nil {
			return err
		}
	}
	return stream.Purge(ctx, jetstream.WithPurgeSequence(from))
}

func writeSynced(file string, value any) error {
	f, err := os.Create(file + ".new")
	if err != nil {
		return err
	}
	if err := errors.Join(json.NewEncoder(f).Encode(value), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// unstash publishes what is in the stash, which is there if mending was
// interrupted, too.
func (t *Transport) unstash(ctx context.Context) error {
	content, err := os.ReadFile(t.store.stash())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var kept []stashed
	if err := errors.Join(err, json.Unmarshal(content, &kept)); err != nil {
		return err
	}
	for _, m := range kept {
		if _, err := t.js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}); err != nil {
			return err
		}
	}
	return os.Remove(t.store.stash())
}
