package fxeventstest

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
)

var update = flag.Bool("update", false, "rewrite golden files")

// updates reports whether to rewrite golden files.
func updates() bool { return *update || os.Getenv("ROLLCALL_UPDATE") == "1" }

// Order builds an application from the options, which must include fxevents.Module. It
// compares the order of all events with a golden file. The comparison ignores the positions
// of source code, so the test fails only if the order or its reasons change, or if the
// application can't be built. With go test -update, Order writes the file instead.
//
// Packages that do not import this one don't know the flag. For several packages, set an
// environment variable instead: ROLLCALL_UPDATE=1 go test ./...
//
// Order runs the application's constructors and invokes, but does not start it. It closes a
// transport that fxevents.Transport has opened. If there is no broker, add an option that
// replaces the application's transport:
//
//	fx.Replace(fx.Annotate(&transport.Local{}, fx.As(new(transport.Transport))))
func Order(t testing.TB, golden string, options ...fx.Option) {
	t.Helper()
	var report *inspect.Report
	with(t, append(slices.Clone(options), fx.Invoke(func(x withReport) { report = x.Report })), func(*fxevents.Assembly) {
		t.Helper()
		compare(t, golden, orderOf(t, report))
	})
}

// compare compares an order with a golden file, or writes it.
func compare(t testing.TB, golden, got string) {
	t.Helper()
	if updates() {
		write(t, golden, got)
		return
	}
	want, err := os.ReadFile(golden)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.Fatalf("there is no %s yet: run go test with -update, and read what it writes", golden)
	case err != nil:
		t.Fatal(err)
	}
	if difference := diff(withoutCR(string(want)), got); difference != "" {
		t.Errorf("the order differs from %s (- wanted, + got):\n%s\nIf the change is intended, run go test with -update.", golden, difference)
	}
}

// with builds an application without Fx's log, calls use, and closes the application's
// transport.
func with(t testing.TB, options []fx.Option, use func(*fxevents.Assembly)) {
	t.Helper()
	var assembly *fxevents.Assembly
	early := fx.Module("fxeventstest", fx.Invoke(func(x withAssembly) { assembly = x.Assembly })) // even if a later invoke fails
	app := fx.New(slices.Concat([]fx.Option{early}, options, []fx.Option{fx.NopLogger})...)
	if assembly != nil {
		defer func() {
			if err := assembly.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	switch err := app.Err(); {
	case err != nil:
		t.Fatalf("the application can't be built: %v", err)
	case assembly == nil:
		t.Fatal("the application has no fxevents.Module: add fxevents.Module() to the options")
	}
	use(assembly)
}

// withAssembly has the assembly, or nil without fxevents.Module. If it were not optional, the
// container would report a missing type, and not the option that needs the module.
type withAssembly struct {
	fx.In

	Assembly *fxevents.Assembly `optional:"true"`
}

// withReport has the report, or nil without fxevents.Module.
type withReport struct {
	fx.In

	Report *inspect.Report `optional:"true"`
}

func orderOf(t testing.TB, r *inspect.Report) string {
	t.Helper()
	var text strings.Builder
	if err := withoutSources(*r).Write(&text, inspect.Text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// withoutSources returns a copy of the report without the positions of source code, so
// that the copy does not change when code moves.
func withoutSources(r inspect.Report) inspect.Report {
	var copied inspect.Report
	for _, p := range r.Providers {
		var events []inspect.Event
		for _, e := range p.Events {
			var listeners []inspect.Listener
			for _, l := range e.Listeners {
				l.Source, l.Placement.Source = "", ""
				l.Reason, l.NoEffect = withoutLines(l.Reason), slices.Clone(l.NoEffect)
				for i := range l.NoEffect {
					l.NoEffect[i].Why = withoutLines(l.NoEffect[i].Why)
				}
				listeners = append(listeners, l)
			}
			e.Source, e.Listeners = "", listeners
			events = append(events, e)
		}
		p.Events, p.Off = events, slices.Clone(p.Off)
		for i := range p.Off {
			p.Off[i].Source, p.Off[i].By = "", withoutLines(p.Off[i].By)
		}
		copied.Providers = append(copied.Providers, p)
	}
	return copied
}

var line = regexp.MustCompile(`(\.\w+):\d+`)

// withoutLines removes the lines from places such as "services.yaml:3".
func withoutLines(text string) string { return line.ReplaceAllString(text, "$1") }

func write(t testing.TB, golden, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(golden), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// withoutCR converts CRLF line endings, which a checkout may have added.
func withoutCR(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
