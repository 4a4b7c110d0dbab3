package natsevents

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// DirectoryError reports that the directory of an embedded server is already in use.
type DirectoryError struct{ Directory string }

func (e *DirectoryError) Error() string {
	return fmt.Sprintf("another process keeps its events in %s: give each process a directory of its own, or run a NATS server and use natsevents.Connect", e.Directory)
}

// startTimeout limits the start of an embedded server, which may have to read many
// messages.
const startTimeout = 30 * time.Second

// Embedded starts a JetStream server inside the process. The server opens no port. It
// keeps its events in a directory, which is created if it does not exist. Only one
// process at a time can use a directory: the error is a *DirectoryError if it is in
// use. If several processes share events, use [Connect].
func Embedded(directory string, options ...Option) (*Transport, error) {
	s := newSettings(options)
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("the directory for events: %w", err)
	}
	lock := flock.New(filepath.Join(directory, "rollcall.lock"))
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("locking the directory for events: %w", err)
	case !locked:
		return nil, &DirectoryError{Directory: directory}
	}
	t, err := start(directory, s, lock)
	if err != nil {
		_ = lock.Unlock()
		return nil, err
	}
	return t, nil
}

// unlimited is more bytes than any disk has, so that the disk is the limit. By default,
// the server limits its store to a part of the space that is free when it starts. Events
// that are already on the disk count towards that limit.
const unlimited = 1 << 60

func start(directory string, s settings, lock *flock.Flock) (*Transport, error) {
	o := &server.Options{
		ServerName: "rollcall", StoreDir: directory, JetStream: true, DontListen: true, NoSigs: true, NoLog: true,
		SyncAlways: s.syncEvery == 0, SyncInterval: s.syncEvery,
		JetStreamMaxStore: unlimited, JetStreamMaxMemory: unlimited,
	}
	srv, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("the embedded server: %w", err)
	}
	srv.Start()
	kept := &store{directory: directory, stream: eventStream(s.prefix), stop: func() {
		srv.Shutdown()
		srv.WaitForShutdown()
		_ = lock.Unlock()
	}}
	if !srv.ReadyForConnections(startTimeout) {
		kept.stop()
		return nil, errors.New("the embedded server did not start")
	}
	t := newTransport(s, kept, "the embedded server")
	clientOptions, err := s.clientOptions(nats.InProcessServer(srv))
	if err == nil {
		err = t.attempt(context.Background(), clientOptions)
	}
	if err != nil {
		kept.stop()
		return nil, fmt.Errorf("the embedded server: %w", err)
	}
	t.link.open()
	return t, nil
}
