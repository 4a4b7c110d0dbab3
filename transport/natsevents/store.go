package natsevents

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// store is the directory of an embedded server.
//
// After a failed write, for example on a full disk, the server may restart the numbering
// of a stream at a number that its receivers are already done with. It confirms the
// messages after that but never delivers them. It may also remember the IDs of messages
// that it does not have, and treat these messages as duplicates when they are published
// again. A store that has failed therefore confirms nothing more (see confirmations). It
// is repaired when it is opened again: its messages are renumbered, and their IDs belong
// to another epoch.
type store struct {
	directory string
	stream    string // the event stream of the transport
	connect   func() (*nats.Conn, error)
	stop      func()    // ends the server
	counted   sync.Once // see writeCensus
	epoch     string    // the first part of IDs
}

// sound returns the path of a file that exists as long as no write has failed, and that
// contains the epoch. mark removes the file, because that needs no room on a full disk.
func (s *store) sound() string { return filepath.Join(s.directory, s.stream+".sound") }

// stash returns the path of a file that keeps messages while they are renumbered.
func (s *store) stash() string { return filepath.Join(s.directory, s.stream+".stash") }

// mark records that a write has failed.
func (s *store) mark() { _ = os.Remove(s.sound()) }

// duplicateID returns the ID by which the server recognizes duplicates. With an embedded
// server, the ID is the epoch and the key. Otherwise, it is the key alone.
func (s *store) duplicateID(key string) string {
	if s == nil {
		return key
	}
	return s.epoch + ":" + key
}

// duplicateKey returns the key in an ID of duplicateID, whatever its epoch.
func duplicateKey(id string) string {
	_, key, _ := strings.Cut(id, ":")
	return key
}

// repair renumbers the messages of a store if the store has failed, or if its stream is
// behind its receivers. With many messages, that takes a while.
func (t *Transport) repair(ctx context.Context) error {
	stream, err := t.js.Stream(ctx, t.eventStream())
	if err != nil {
		return err
	}
	delivered, err := farthest(ctx, stream)
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	epoch, missing := os.ReadFile(t.store.sound())
	t.store.epoch = string(epoch)
	if missing == nil && delivered <= state.LastSeq {
		return nil
	}
	t.store.mark() // until the repair is done
	from := max(delivered, state.LastSeq) + gap
	if err := t.renumber(ctx, stream, state, from); err != nil {
		return err
	}
	t.store.epoch = strconv.FormatUint(from, 10)
	if err := t.unstash(ctx); err != nil {
		return err
	}
	return writeSynced(t.store.sound(), []byte(t.store.epoch))
}

// gap is more than receivers are ahead of what the server has written about them. If
// another write fails, the server needs time proportional to the square of the gap.
const gap = 1 << 12

// farthest returns the highest number of a message that any receiver got.
func farthest(ctx context.Context, stream jetstream.Stream) (number uint64, err error) {
	consumers := stream.ListConsumers(ctx)
	for c := range consumers.Info() {
		number = max(number, c.Delivered.Stream, c.AckFloor.Stream)
	}
	return number, consumers.Err()
}

// stashed is a message in the stash.
type stashed struct {
	Key     string // identifies duplicates
	Subject string
	Header  nats.Header
	Data    []byte
}

// renumber makes a stream continue at a number, and moves the messages with lower numbers
// to the stash.
func (t *Transport) renumber(ctx context.Context, stream jetstream.Stream, s jetstream.StreamState, from uint64) error {
	kept, err := t.store.stashed() // if an earlier run was interrupted
	if err != nil {
		return err
	}
	before := map[string]bool{}
	for _, m := range kept {
		before[m.Key] = true
	}
	if err := each(ctx, stream, s, func(raw *jetstream.RawStreamMsg) {
		if key := duplicateKey(raw.Header.Get(jetstream.MsgIDHeader)); key == "" || !before[key] {
			kept = append(kept, stashed{key, raw.Subject, raw.Header, raw.Data})
		}
	}); err != nil {
		return err
	}
	if len(kept) > 0 {
		content, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		if err := writeSynced(t.store.stash(), content); err != nil {
			return err
		}
	}
	return stream.Purge(ctx, jetstream.WithPurgeSequence(from))
}

// each calls show for each message of a stream. If a message can't be read, the server
// does not find the next one. each then tries one number after another.
func each(ctx context.Context, stream jetstream.Stream, s jetstream.StreamState, show func(*jetstream.RawStreamMsg)) error {
	found := uint64(0)
	for n := s.FirstSeq; s.Msgs > 0 && n <= s.LastSeq; n++ {
		raw, err := stream.GetMsg(ctx, n, jetstream.WithGetMsgSubject(">")) // or the next one
		switch {
		case err == nil:
			show(raw)
			found++
			n = raw.Sequence
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return err
		case found >= s.Msgs:
			return nil
		}
	}
	return nil
}

// writeSynced replaces a file and syncs it to the disk. Other users can't read the file,
// because it may contain events.
func writeSynced(file string, content []byte) error {
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(file))
}

// syncDirectory writes the names of a directory's files to the disk, if the system
// supports that.
func syncDirectory(directory string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(directory)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// stashed returns the messages in the stash, if there is one.
func (s *store) stashed() (kept []stashed, err error) {
	content, err := os.ReadFile(s.stash())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &kept)
	}
	return kept, err
}

// unstash publishes the messages in the stash and deletes it. The server drops a message
// that is published twice as a duplicate.
func (t *Transport) unstash(ctx context.Context) error {
	kept, err := t.store.stashed()
	if err != nil {
		return err
	}
	for _, m := range kept {
		if m.Key != "" {
			m.Header.Set(jetstream.MsgIDHeader, t.store.duplicateID(m.Key))
		}
		if _, err := t.js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}); err != nil {
			return err
		}
	}
	err = os.Remove(t.store.stash())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
