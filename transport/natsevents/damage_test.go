package natsevents_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// Each file of a store that was closed in good order is damaged in some ways. The store
// is refused, or nothing is lost.
func TestDamagedStore(t *testing.T) {
	t.Parallel()
	origin := t.TempDir()
	x, s := stored(t, origin)
	const published, handled = 20, 5
	for i := range published {
		if err := x.Publish(t.Context(), transport.Message{ID: fmt.Sprint(i), Event: s.Event, Body: make([]byte, 200)}); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, x, s, handled, transport.Ack())
	x.Close()
	for name, damage := range map[string]func([]byte) []byte{
		"half":  func(b []byte) []byte { return b[:len(b)/2] },
		"empty": func([]byte) []byte { return nil },
		"gone":  nil,
	} {
		for _, file := range files(t, origin) {
			t.Run(name+"/"+file, func(t *testing.T) {
				t.Parallel()
				directory := damaged(t, origin, file, damage)
				x, err := natsevents.Embedded(directory, (&records{}).option())
				var refused *natsevents.StoreError
				switch {
				case errors.As(err, &refused):
					checkRefused(t, directory, refused)
				case err != nil:
					t.Error(err)
				default:
					defer x.Close()
					receive(t, x, s, published-handled, transport.Ack())
				}
			})
		}
	}
}

// files returns the files in a directory, with their paths.
func files(t *testing.T, directory string) (files []string) {
	t.Helper()
	if err := fs.WalkDir(os.DirFS(directory), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// damaged copies a directory, with one file changed, or without it if change is nil.
func damaged(t *testing.T, origin, file string, change func([]byte) []byte) (directory string) {
	t.Helper()
	directory = filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(directory, os.DirFS(origin)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(directory, file)
	content, err := os.ReadFile(path)
	if err == nil && change != nil {
		err = os.WriteFile(path, change(content), 0o600)
	} else if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return directory
}

// checkRefused checks what a refused store says, that it stays refused, and that it can be
// opened nevertheless, and closed and opened again.
func checkRefused(t *testing.T, directory string, refused *natsevents.StoreError) {
	t.Helper()
	if !strings.HasPrefix(refused.File, directory) || !strings.Contains(refused.Error(), refused.File) || !strings.Contains(refused.Error(), "natsevents.AcceptLoss") {
		t.Errorf("got %v", refused)
	}
	var log records
	for _, id := range []string{"first", "second"} {
		x, err := natsevents.Embedded(directory, natsevents.AcceptLoss(), log.option())
		if err != nil {
			t.Fatal(err)
		}
		s := transport.Subscription{Event: "order.placed", Key: "mail"}
		keep(t, x, s, id)
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			if d.ID == id {
				stop()
			}
			return transport.Ack()
		}); err != nil {
			t.Error(err)
		}
		stop()
		x.Close()
	}
	if text := log.String(); strings.Count(text, `msg="the stored events are damaged: continuing with what can be read"`) == 0 {
		t.Errorf("logged is\n%s", text)
	}
}

// The warnings of the embedded server are logged.
func TestServerWarningsAreLogged(t *testing.T) {
	t.Parallel()
	origin := t.TempDir()
	x, _ := stored(t, origin)
	x.Close()
	directory := damaged(t, origin, "jetstream/$G/streams/ROLLCALL/msgs/index.db", func([]byte) []byte { return nil })
	var log records
	x, err := natsevents.Embedded(directory, log.option())
	if err != nil {
		t.Fatal(err)
	}
	x.Close()
	if text := log.String(); !strings.Contains(text, "level=WARN msg=\"the embedded NATS server has a warning\"") || !strings.Contains(text, "Stream state too short") {
		t.Errorf("logged is\n%s", text)
	}
}
