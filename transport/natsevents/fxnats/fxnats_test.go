package fxnats_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/natsevents/fxnats"
)

func TestMain(m *testing.M) {
	state, err := os.MkdirTemp("", "fxnats")
	if err == nil {
		err = os.Setenv("STATE_DIRECTORY", state) // for the example
	}
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { _ = os.RemoveAll(state); os.Exit(code) }))
}

type placed struct{ ID string }

// shop is an application with an asynchronous listener that sends what it gets.
func shop(received chan<- string, module fx.Option, options ...fx.Option) *fx.App {
	return fx.New(fx.NopLogger, module,
		fxevents.Event[*placed]("order.placed"),
		fxevents.AsListener(func() mailer { return mailer{received} }, `async:"mail"`),
		fx.Options(options...),
	)
}

type mailer struct{ received chan<- string }

func (m mailer) Handle(p *placed) { m.received <- p.ID }

// elsewhere has the test run in a directory of its own.
func elsewhere(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("STATE_DIRECTORY", "")
}

// What one process has published, another one receives from the same directory.
func TestDefaultTransport(t *testing.T) {
	elsewhere(t)
	received := make(chan string, 1)
	var emitter *rollcall.Emitter[*placed]
	web := shop(received, fxnats.Module(), fx.Populate(&emitter))
	if err := web.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := emitter.Emit(t.Context(), &placed{"7"}); err != nil {
		t.Fatal(err)
	}
	if err := web.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	worker := shop(received, fxnats.Module(), fxevents.Receive("mail"))
	if err := worker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-received; got != "7" {
		t.Errorf("received %q", got)
	}
	if err := worker.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fxnats.Directory()); err != nil {
		t.Error(err)
	}
}

func TestNothingIsOpened(t *testing.T) {
	given := fx.Provide(func() transport.Transport { return &transport.Local{} })
	for _, c := range []struct {
		name  string
		app   func() *fx.App
		fails bool
	}{
		{"no listener is asynchronous", func() *fx.App { return fx.New(fx.NopLogger, fxnats.Module(), fxevents.Event[*placed]("order.placed")) }, false},
		{"there is a transport", func() *fx.App { return shop(nil, fxnats.Module(), given) }, false},
		{"the assembly fails", func() *fx.App { return shop(nil, fxnats.Module(), fxevents.Receive("post")) }, true},
		{"an option fails", func() *fx.App { return shop(nil, fxnats.Module(fxevents.OrderFile(fstest.MapFS{}, "missing.yaml"))) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			elsewhere(t)
			app := c.app()
			if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); (err != nil) != c.fails {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(fxnats.Directory()); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a directory: %v", err)
			}
		})
	}
}

func TestDirectoryInUse(t *testing.T) {
	elsewhere(t)
	first, err := natsevents.Embedded(fxnats.Directory())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	var used *natsevents.DirectoryError
	if err := shop(nil, fxnats.Module()).Err(); !errors.As(err, &used) || used.Directory != fxnats.Directory() {
		t.Errorf("got %v", err)
	}
}

func TestDirectory(t *testing.T) {
	one, other := t.TempDir(), t.TempDir()
	for state, want := range map[string]string{
		"":  "rollcall-events",
		one: filepath.Join(one, "rollcall-events"),
		one + string(filepath.ListSeparator) + other: filepath.Join(one, "rollcall-events"),
	} {
		t.Setenv("STATE_DIRECTORY", state)
		if got := fxnats.Directory(); got != want {
			t.Errorf("STATE_DIRECTORY=%q: got %s, want %s", state, got, want)
		}
	}
}
