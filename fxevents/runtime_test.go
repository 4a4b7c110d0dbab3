package fxevents_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/transport"
)

// mutableApp is an application with Runtime.
type mutableApp struct {
	t        testing.TB
	mutable  *provider.Mutable
	emitter  *rollcall.Emitter[*created]
	report   *inspect.Report
	assembly *fxevents.Assembly
}

func runtimeApp(t testing.TB, module []fxevents.Option, options ...fx.Option) *mutableApp {
	t.Helper()
	r := &mutableApp{t: t}
	module = append(module, fxevents.Runtime(), unlogged)
	options = append(options, fxevents.Module(module...), events, fx.Populate(&r.mutable, &r.emitter, &r.report, &r.assembly))
	if err := quietly(options...).Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// met emits a *created, and tells whom it met.
func (r *mutableApp) met() string {
	r.t.Helper()
	e := &created{}
	if err := r.emitter.Emit(context.Background(), e); err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(e.log, ", ")
}

// reported tells the listeners of recipe.created in the report of the moment.
func (r *mutableApp) reported() []string {
	var lines []string
	for _, l := range r.report.Live().Providers[0].Events[0].Listeners {
		lines = append(lines, l.ID+": "+l.Reason)
	}
	return lines
}

func (r *mutableApp) add(l rollcall.Listener) (remove func()) {
	r.t.Helper()
	return coretest.Must[func()](r.t)(r.mutable.Add(l))
}

func plugin(id string, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*created](id, func(c *created) { c.note(id) }, tag...)
}

func TestPluginsAreSortedWithTheContainersListeners(t *testing.T) {
	r := runtimeApp(t, nil,
		fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated, `id:"static" priority:"-10"`),
		fxevents.AsListener(newNotifier, `after:"?plugin.X"`),
	)
	check(t, "at the start", r.met(), "notifier, indexer")
	r.add(plugin("plugin.Y", `priority:"5"`))
	check(t, "priority 5 is before -10", r.met(), "plugin.Y, notifier, indexer")
	remove := r.add(plugin("plugin.X", `after:"static" event:"recipe.created"`))
	check(t, "hints of both sides", r.met(), "plugin.Y, indexer, plugin.X, notifier")
	want := []string{"plugin.Y: priority 5", "static: priority -10", "plugin.X: right after static", "fxevents_test.notifier: right after plugin.X"}
	if diff := cmp.Diff(want, r.reported()); diff != "" {
		t.Error(diff)
	}
	check(t, "the provider of the moment", orders(r.assembly, ""), "recipe.created: plugin.Y static plugin.X fxevents_test.notifier\nrecipe.deleted:")
	remove()
	check(t, "removed", r.met(), "plugin.Y, notifier, indexer")
	if !r.mutable.Remove(event.NameKey("recipe.created"), "static") {
		t.Error("the container's listener is not there")
	}
	check(t, "the container's own removed", r.met(), "plugin.Y, notifier")
}

// The file decides for what comes later, too: its sequence, what it switches off, and its
// optional entries.
func TestOrderFileDecidesForPlugins(t *testing.T) {
	r := runtimeApp(t, []fxevents.Option{fxevents.Sequence("*", "?@late", "fxevents_test.notifier"), yaml(`
sequence: { recipe.created: [ fxevents_test.mailer, "?plugin.X" ] }
off: { recipe.created: [ "?plugin.Debug" ] }
services:
  plugin.Y: { tags: [ { name: event_listener, event: recipe.created, priority: first, labels: [late], optional: true } ] }
`)}, fxevents.AsListener(newNotifier), fxevents.AsListener(newMailer, `method:"OnCreated" priority:"last"`))
	r.add(plugin("plugin.X", `priority:"first"`))
	r.add(plugin("plugin.Y", `priority:"last"`))
	r.add(plugin("plugin.Debug"))
	check(t, "called", r.met(), "plugin.Y, notifier, mailer, plugin.X")

	p := r.report.Live().Providers[0]
	if diff := cmp.Diff([]inspect.Off{{Event: "recipe.created", Listener: "plugin.Debug", By: "services.yaml:3", Source: "fxevents/runtime_test.go"}}, p.Off,
		cmp.Transformer("", func(o inspect.Off) inspect.Off { o.Source, _, _ = strings.Cut(o.Source, ":"); return o })); diff != "" {
		t.Error(diff)
	}
	y := p.Events[0].Listeners[0]
	check(t, "overridden", y.Overridden.String()+" by "+y.Placement.String(), "last by first, labels late")
	if !strings.HasPrefix(y.Source, "fxevents/runtime_test.go:") {
		t.Errorf("its source is %s", y.Source)
	}
	_, err := r.mutable.Add(plugin("plugin.Z", `labels:"late" after:"fxevents_test.notifier"`))
	if cycle := (*ordering.CycleError)(nil); !errors.As(err, &cycle) {
		t.Errorf("against the sequence: %v", err)
	}
}

// Pages show changes at once. The report itself stays as it was, so nobody needs a lock
// to read it.
func TestPagesShowPluginsAtOnce(t *testing.T) {
	r := runtimeApp(t, nil, fxevents.AsListener(newNotifier))
	pages := monitor.Handler(r.report, nil)
	page := func(path string) string {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Body.String()
	}
	const path = "/event?provider=default&name=recipe.created"
	for _, present := range []bool{false, true, false} {
		remove := func() {}
		if present {
			remove = r.add(plugin("plugin.X"))
		}
		for _, path := range []string{path, "/report.json"} {
			if got := strings.Contains(page(path), "plugin.X"); got != present {
				t.Errorf("%s has the plugin: %t, want %t", path, got, present)
			}
		}
		remove()
	}
	if n := len(r.report.Providers[0].Events[0].Listeners); n != 1 {
		t.Errorf("the report has %d listeners", n)
	}
	before, again := r.report.Live(), r.report.Live()
	if &before.Providers[0] != &again.Providers[0] {
		t.Error("without a change, the report is made again")
	}
}

func TestWithoutRuntimeNothingChanges(t *testing.T) {
	logged := newMessages()
	var report *inspect.Report
	if err := quietly(fxevents.Module(), fx.Populate(&report)).Err(); err != nil || report.Live != nil {
		t.Errorf("%v, live: %t", err, report.Live != nil)
	}
	err := quietly(fxevents.Module(fxevents.Logger(slog.New(logged))), fx.Invoke(func(*provider.Mutable) {})).Err()
	if err == nil {
		t.Error("a *provider.Mutable was injected")
	}
	check(t, "the next step", strings.Join(*logged.all, "\n"), "ERROR rollcall: *provider.Mutable is injected, but nothing provides it: pass fxevents.Runtime() to fxevents.Module")
	own := fx.Provide(func() *provider.Mutable { return &provider.Mutable{} })
	if err := quietly(fxevents.Module(), own, fx.Invoke(func(*provider.Mutable) {})).Err(); err != nil {
		t.Errorf("an application's own: %v", err)
	}
}

func TestAddingTooEarly(t *testing.T) {
	const want = "the event listeners are not assembled yet: add and remove listeners in a hook of fx.Lifecycle, " +
		"or in an fx.Invoke that stands after fxevents.Module, not in a constructor"
	var problem error
	early := fxevents.AsListener(func(m *provider.Mutable) *notifier {
		var remove func()
		remove, problem = m.Add(plugin("plugin.X"))
		if _, err := m.Listeners(&created{}); remove != nil || err == nil || m.Remove(event.NameKey("recipe.created"), "plugin.X") {
			t.Error("it was added")
		}
		return newNotifier()
	})
	r := runtimeApp(t, nil, early)
	if notAssembled := (*fxevents.NotAssembledError)(nil); !errors.As(problem, &notAssembled) || problem.Error() != want {
		t.Errorf("got %v", problem)
	}
	check(t, "called", r.met(), "notifier")
	warning := "plugin.X (HERE) was added before the listeners were assembled, so it hears nothing: " +
		"add and remove listeners in a hook of fx.Lifecycle, or in an fx.Invoke that stands after fxevents.Module, not in a constructor"
	check(t, "warned", lineOfThisPackage.ReplaceAllString(strings.Join(r.report.Warnings, "\n"), "HERE"), warning)
	problems := problemsOf(t, fxevents.Module(fxevents.Runtime(), fxevents.Strict()), events, early)
	check(t, "with Strict", strings.Join(problems, "\n"), warning)
	r.add(plugin("plugin.X"))
	check(t, "added later", r.met(), "notifier, plugin.X")
}

// sent is an event that can be published.
type sent struct {
	ID  string
	log []string
}

func TestPluginsWithAsynchronousListeners(t *testing.T) {
	var published atomic.Int32
	var emitter *rollcall.Emitter[*sent]
	r := runtimeApp(t, nil, fxevents.Event[*sent]("order.shipped"), fx.Populate(&emitter),
		fx.Provide(func() transport.Transport { return counting{&transport.Local{}, &published} }),
		fxevents.AsListener(func() func(*sent) { return func(*sent) {} }, `id:"mail" async:"mail" before:"?plugin.Z"`),
	)
	for id, add := range map[string]func(rollcall.Listener) (func(), error){"plugin.X": r.mutable.Add, "plugin.Y": r.mutable.Append} {
		coretest.Must[func()](t)(add(rollcall.NewListener[*sent](id, func(s *sent) { s.log = append(s.log, id) }, `priority:"last"`)))
	}
	e := &sent{ID: "7"}
	if err := emitter.Emit(context.Background(), e); err != nil || published.Load() != 1 {
		t.Errorf("%v, published %d times", err, published.Load())
	}
	check(t, "called", strings.Join(e.log, ", "), "plugin.X, plugin.Y")
	for _, tag := range []tags.Tag{`async:"mail"`, ``, `after:"mail"`} {
		_, err := r.mutable.Add(rollcall.NewListener[*sent]("plugin.Z", func(*sent) {}, tag))
		if refused := (*rollcall.EventError)(nil); !errors.As(err, &refused) {
			t.Errorf("%s: %v", tag, err)
		}
	}
	if r.mutable.Remove(event.NameKey("order.shipped"), "mail") {
		t.Error("the asynchronous listener was removed")
	}
}

// counting only counts what is published.
type counting struct {
	transport.Transport
	published *atomic.Int32
}

func (c counting) Publish(context.Context, transport.Message) error {
	c.published.Add(1)
	return nil
}

// Thousands of changes while others emit and read the pages: no dispatch misses or meets
// anybody whom it should not.
func TestChangesUnderLoad(t *testing.T) {
	r := runtimeApp(t, nil, fxevents.AsListener(newNotifier), fxevents.AsListener(newAuditor, `priority:"last"`))
	pages := monitor.Handler(r.report, nil)
	done := make(chan struct{})
	var load, changes sync.WaitGroup
	busy := func(f func()) {
		load.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					f()
				}
			}
		})
	}
	for range 2 {
		busy(func() {
			e := &created{}
			if err := r.emitter.Emit(context.Background(), e); err != nil {
				t.Error(err)
			}
			if first, last := e.log[0], e.log[len(e.log)-1]; first != "notifier" || last != "auditor" {
				t.Errorf("met %v", e.log)
			}
		})
	}
	busy(func() { pages.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) })
	for _, id := range []string{"a", "b"} {
		changes.Go(func() {
			for range 500 {
				remove, err := r.mutable.Add(plugin(id, `after:"fxevents_test.notifier"`))
				if err != nil {
					t.Error(err)
					return
				}
				if got := r.met(); !strings.Contains(got, id) {
					t.Errorf("%s was added: %s", id, got)
				}
				remove()
				if got := r.met(); strings.Contains(got, id+",") {
					t.Errorf("%s was removed: %s", id, got)
				}
			}
		})
	}
	changes.Wait()
	close(done)
	load.Wait()
	check(t, "in the end", r.met(), "notifier, auditor")
}

// Emitters that come and go are forgotten, although they registered for changes.
func TestEmittersThatComeAndGo(t *testing.T) {
	var dispatcher rollcall.Dispatcher
	r := runtimeApp(t, nil, fxevents.AsListener(newNotifier), fx.Populate(&dispatcher))
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	emit := func() {
		for range 20_000 {
			if err := rollcall.NewEmitter[*created](dispatcher).Emit(context.Background(), &created{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	emit()
	before := heap()
	for range 4 {
		emit()
	}
	if after := heap(); after > before+2<<20 {
		t.Errorf("80,000 emitters left %d KiB", (after-before)>>10)
	}
	r.add(plugin("plugin.X"))
	check(t, "those that are left", r.met(), "notifier, plugin.X")
}

// Plugins of a named provider are not what Runtime is for.
func TestRuntimeLeavesNamedProvidersAlone(t *testing.T) {
	r := runtimeApp(t, []fxevents.Option{fxevents.NamedProvider("other", "other")}, fxevents.AsListener(newNotifier, `group:"other"`))
	r.add(plugin("plugin.X"))
	check(t, "the default one", orders(r.assembly, ""), "recipe.created: plugin.X\nrecipe.deleted:")
	check(t, "the named one", orders(r.assembly, "other"), "recipe.created: fxevents_test.notifier\nrecipe.deleted:")
}
