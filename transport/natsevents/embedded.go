package natsevents

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
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
// use. If a part of the store can't be read, or holds less than when it was closed, the
// error is a *StoreError: see [AcceptLoss]. After a crash, there is nothing to compare
// with. Embedded does not read all events, so it does not find single changed bytes. The
// warnings and errors of the server go to the [Logger]. If several processes
// share events, use [Connect].
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
	log := &serverLog{logger: s.log()}
	srv.SetLoggerV2(log, false, false, false)
	srv.Start()
	shutdown := func() { srv.Shutdown(); srv.WaitForShutdown() }
	kept := &store{directory: directory, stream: eventStream(s.prefix), stop: sync.OnceFunc(func() { shutdown(); _ = lock.Unlock() })}
	kept.connect = func() (*nats.Conn, error) {
		o, err := s.clientOptions(nats.InProcessServer(srv), nats.ErrorHandler(quiet))
		if err != nil {
			return nil, err
		}
		return o.Connect()
	}
	if !srv.ReadyForConnections(startTimeout) {
		kept.stop()
		return nil, errors.New("the embedded server did not start")
	}
	damaged := kept.damage(log.start())
	if err := s.accepted(damaged); err != nil {
		kept.stop()
		return nil, err
	}
	if damaged != nil && damaged.isState() {
		shutdown()
		if err := os.Truncate(damaged.File, 0); err != nil {
			return nil, fmt.Errorf("the embedded server: %w", err)
		}
		return start(directory, s, lock)
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
	log.onFailure(t.confirmations.fail)
	return t, nil
}

// quiet keeps the client from writing to the program's standard error.
func quiet(*nats.Conn, *nats.Subscription, error) {}
