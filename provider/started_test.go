package provider_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// start returns a Mutable that begins with the listeners of an application.
func start(t testing.TB, from *provider.Sorted) *provider.Mutable {
	t.Helper()
	m := provider.Internal.NewMutable(friend.Key{}, func([]rollcall.Listener) error { return fmt.Errorf("too early") })
	provider.Internal.Start(friend.Key{}, m, from, nil)
	return m
}

func startWith(t testing.TB, application listeners, rules ...ordering.Rules) *provider.Mutable {
	t.Helper()
	return start(t, coretest.Must[*provider.Sorted](t)(provider.Build(application, declared, rules...)))
}

// declared are the events of an application that publishes nowhere.
var declared = []rollcall.Declaration{rollcall.Declare[*created]("c"), rollcall.Declare[*deleted]("d")}

func entries(t testing.TB, texts ...string) []ordering.Entry {
	var list []ordering.Entry
	for _, text := range texts {
		target := coretest.Must[ordering.Target](t)(ordering.ParseTarget(text))
		list = append(list, ordering.Entry{Target: target, Source: "services.yaml:1"})
	}
	return list
}

func TestWhatIsAddedIsSortedWithTheApplication(t *testing.T) {
	m := startWith(t, listeners{on("low", `priority:"-10"`), on("waits", `after:"?plugin"`), on("zero")})
	coretest.Check(t, "at the start", called(t, m), "waits zero low")
	removeMiddle := coretest.Must[func()](t)(m.Add(on("middle", `priority:"5"`)))
	coretest.Check(t, "a priority between", called(t, m), "middle waits zero low")
	remove := coretest.Must[func()](t)(m.Add(on("plugin", `before:"low" event:"c"`)))
	coretest.Check(t, "both sides name each other", called(t, m), "middle zero plugin waits low")
	coretest.Must[func()](t)(m.Prepend(on("start")))
	coretest.Must[func()](t)(m.Append(onChange("end")))
	coretest.Check(t, "with bands", called(t, m), "start middle zero plugin waits low end")
	remove()
	removeMiddle()
	coretest.Check(t, "its hint counts as not written", called(t, m), "start waits zero low end")
	if !m.Remove(event.NameKey("c"), "zero") {
		t.Error("the name of a declared event is not its key")
	}
	coretest.Check(t, "one of the application removed", called(t, m), "start waits low end")
}

// A target must exist when the application starts. Later it may be removed, and others may
// still be added.
func TestTargetOfAnApplicationIsRemoved(t *testing.T) {
	m := startWith(t, listeners{on("a", `after:"b"`), on("b")})
	m.Remove(createdKey, "b")
	coretest.Must[func()](t)(m.Add(on("c", `before:"a"`)))
	coretest.Check(t, "without the target", called(t, m), "c a")
}

func TestRulesHoldForWhatIsAdded(t *testing.T) {
	m := startWith(t, listeners{on("b"), on("a"), on("z", `priority:"first"`)}, ordering.Rules{
		Sequences: []ordering.Sequence{{Events: []string{"c"}, Entries: entries(t, "a", "?@flag", "b")}},
		Off:       []ordering.Off{{Entry: entries(t, "?@experimental")[0]}, {Events: []string{"c"}, Entry: entries(t, "?debug")[0]}},
	})
	coretest.Check(t, "at the start", called(t, m), "z a b")
	coretest.Must[func()](t)(m.Add(on("flag", `labels:"flag" priority:"last"`)))
	coretest.Check(t, "in the sequence", called(t, m), "z a flag b")
	coretest.Must[func()](t)(m.Add(on("debug")))
	coretest.Must[func()](t)(m.Add(on("beta", `labels:"experimental" before:"debug"`)))
	coretest.Check(t, "off", called(t, m), "z a flag b")
	var off []string
	for _, x := range m.Events()[0].Off {
		off = append(off, x.Listener.ID+" "+x.By.ID)
	}
	coretest.Check(t, "listed as off", strings.Join(off, ", "), "debug debug, beta @experimental")
	var all []string
	for _, l := range m.All() {
		all = append(all, l.ID)
	}
	coretest.Check(t, "all", strings.Join(all, " "), "z a flag b debug beta")

	_, err := m.Add(on("against", `labels:"flag" before:"z" after:"b"`))
	if cycle := (*ordering.CycleError)(nil); !errors.As(err, &cycle) {
		t.Errorf("against the sequence: %v", err)
	}
	_, err = m.Append(on("too late", `labels:"flag"`))
	checkError[*ordering.BandError](t, coretest.Here(err), "a sequence (services.yaml:1) has b (HERE) after too late (HERE), but all listeners of its band run on the other side of that: change the sequence")
	if !m.Remove(createdKey, "a") {
		t.Error("a is not there")
	}
	coretest.Must[func()](t)(m.Add(on("c")))
	coretest.Check(t, "without one of the sequence", called(t, m), "z c flag b")
}

// Only the rules of an event remove a listener of another: the check for cycles must not
// miss it elsewhere.
func TestCycleOfWhatIsOffElsewhere(t *testing.T) {
	m := startWith(t, listeners{on("x"), onChange("a", `before:"?b"`)}, ordering.Rules{
		Off: []ordering.Off{{Events: []string{"c"}, Entry: entries(t, "a")[0]}},
	})
	_, err := m.Add(onChange("b", `before:"a"`))
	if cycle := (*ordering.CycleError)(nil); !errors.As(err, &cycle) {
		t.Errorf("got %v", err)
	}
}

func TestAsynchronousListenersOfAnApplication(t *testing.T) {
	publishing := slices.Clone(declared)
	publishing[0].Publish = func(context.Context, any) error { return nil }
	async := on("mail", `async:"mail" before:"?plugin"`)
	m := start(t, coretest.Must[*provider.Sorted](t)(provider.Build(listeners{async, on("a")}, publishing)))
	coretest.Must[func()](t)(m.Append(on("b")))
	coretest.Check(t, "asynchronous ones last", coretest.IDsFor(t, m, &created{}), "a b mail")
	coretest.Check(t, "called", called(t, m), "a b")

	_, err := m.Add(on("more", `async:"mail"`))
	checkError[*rollcall.EventError](t, coretest.Here(err), "more (HERE) is asynchronous, but is added at run time, and receivers are declared when the application starts: drop the tag's async, or register it with fxevents.Listen")
	_, err = m.Add(on("late", `after:"mail"`))
	checkError[*rollcall.EventError](t, coretest.Here(err), "late (HERE) must run after mail (HERE), which a dispatch does not wait for, because its receiver key is mail: drop the hint, or don't add late")
	_, err = m.Append(on("plugin"))
	checkError[*rollcall.EventError](t, coretest.Here(err), "plugin (HERE) must run after mail (HERE), which a dispatch does not wait for, because its receiver key is mail: drop the hint, or don't add plugin")
	if m.Remove(createdKey, "mail") {
		t.Error("an asynchronous listener was removed")
	}
	coretest.Check(t, "nothing changed", coretest.IDsFor(t, m, &created{}), "a b mail")
}

func TestErrorsOfWhatIsAddedToAnApplication(t *testing.T) {
	m := startWith(t, listeners{on("a")})
	_, err := m.Add(on("a"))
	checkError[*ordering.DuplicateError](t, coretest.Here(err), "a listens to *provider_test.created twice (HERE and HERE): drop one, or give it an ID of its own")
	_, err = m.Add(on("x", `event:"e"`))
	checkError[*rollcall.EventError](t, coretest.Here(err), "x (HERE) listens to e, but no event has that name: declare it, or drop the tag's event to listen to *provider_test.created")
	_, err = m.Add(rollcall.NewListener[created]("x", func(created) {}))
	checkError[*rollcall.EventError](t, coretest.Here(err), "x (HERE) takes provider_test.created, which nobody declares, but the event is *provider_test.created: take that, or declare provider_test.created, too")
}

// Once listeners of the container leave at their only call, as those that are added do.
func TestOnceListenersOfAnApplication(t *testing.T) {
	fixed := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{rollcall.Once(on("once")), on("always")}, declared))
	m := start(t, fixed)
	coretest.Check(t, "the first event", called(t, m), "once always")
	coretest.Check(t, "who is left", coretest.IDsFor(t, m, &created{}), "always")
	coretest.Check(t, "the fixed provider is as it was", coretest.IDsFor(t, fixed, &created{}), "once always")
}

func TestMutableThatIsNotStarted(t *testing.T) {
	m := provider.Internal.NewMutable(friend.Key{}, func(l []rollcall.Listener) error { return fmt.Errorf("too early for %d", len(l)) })
	_, err := m.Add(on("a"))
	coretest.Check(t, "Add", fmt.Sprint(err), "too early for 1")
	_, err = m.Listeners(&created{})
	coretest.Check(t, "Listeners", fmt.Sprint(err), "too early for 0")
	_, err = m.Of(createdKey)
	coretest.Check(t, "Of", fmt.Sprint(err), "too early for 0")
	if m.Remove(createdKey, "a") || len(m.All()) > 0 || len(m.Events()) > 0 {
		t.Error("it has listeners")
	}
}

// Whatever is added and removed, the order, its reasons and what is off are those that
// Build finds for the same listeners, declared in the order of the container and then of
// their addition. What Build refuses, Add refuses.
func TestMutableIsLikeBuild(t *testing.T) {
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		var present listeners
		for i := range rapid.IntRange(0, 4).Draw(t, "container") {
			present = append(present, drawListener(t, fmt.Sprint("l", i)))
		}
		fixed, err := provider.Build(present, declared, rules)
		if err != nil {
			return
		}
		m := provider.Internal.NewMutable(friend.Key{}, nil)
		provider.Internal.Start(friend.Key{}, m, fixed, nil)
		same(t, m, fixed)
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			l := drawListener(t, fmt.Sprint("l", rapid.IntRange(0, 7).Draw(t, "id")))
			key := resolved(l)
			if at := slices.IndexFunc(present, func(x rollcall.Listener) bool { return x.ID == l.ID && resolved(x) == key }); at >= 0 && rapid.Bool().Draw(t, "remove") {
				if !m.Remove(key, l.ID) {
					t.Fatalf("%s on %v is not there", l.ID, key)
				}
				present = slices.Delete(present, at, at+1)
			} else {
				_, want := provider.Build(append(optional(present), l), declared, rules)
				if _, err := m.Add(l); (err == nil) != (want == nil) {
					t.Fatalf("Add(%v): %v\nBuild: %v", l, err, want)
				} else if err == nil {
					present = append(present, l)
				} else {
					refused++
				}
			}
			fixed, err := provider.Build(optional(present), declared, rules)
			if err != nil {
				t.Fatal(err)
			}
			same(t, m, fixed)
		}
	})
	if refused == 0 {
		t.Error("nothing was refused: the test draws no contradictions")
	}
}

// same checks that a Mutable answers as a Sorted does.
func same(t *rapid.T, m *provider.Mutable, fixed *provider.Sorted) {
	for _, ev := range []any{&created{}, &deleted{}, &other{}, &moved{"n"}, &moved{}} {
		got, err := m.Listeners(ev)
		want, wantErr := fixed.Listeners(ev)
		if err != nil || wantErr != nil {
			t.Fatal(err, wantErr)
		}
		if diff := cmp.Diff(described(want), described(got)); diff != "" {
			t.Fatalf("%T: %s", ev, diff)
		}
	}
	if diff := cmp.Diff(eventsOf(fixed.Events()), eventsOf(m.Events())); diff != "" {
		t.Fatal(diff)
	}
	if got, want := len(m.All()), len(fixed.All()); got != want {
		t.Fatalf("all: %d, want %d", got, want)
	}
}

func described(list *rollcall.Listeners) []string {
	var texts []string
	for i, l := range list.All() {
		reason, _ := list.Reason(i)
		texts = append(texts, l.ID+": "+reason.String())
	}
	return texts
}

func eventsOf(orders []provider.EventOrder) []string {
	var texts []string
	for _, o := range orders {
		texts = append(append(texts, o.Title), described(o.Listeners)...)
		for _, off := range o.Off {
			texts = append(texts, off.Listener.ID+" is off: "+off.By.String())
		}
	}
	return texts
}

// other is an event that nobody declares.
type other struct{ deleted }

// optional returns the listeners with targets that may all be absent.
func optional(of listeners) listeners {
	of = slices.Clone(of)
	for i := range of {
		p := &of[i].Placement
		p.Before, p.After = slices.Clone(p.Before), slices.Clone(p.After)
		for _, targets := range [][]ordering.Target{p.Before, p.After} {
			for n := range targets {
				targets[n].Optional = true
			}
		}
	}
	return of
}

// resolved returns the key under which a provider knows the listener.
func resolved(l rollcall.Listener) event.Key {
	if l.Event == event.NameKey("c") {
		return createdKey
	}
	return l.Event
}

func drawListener(t *rapid.T, id string) rollcall.Listener {
	l := rapid.SampledFrom(listeners{
		on(id), on(id, `event:"c"`), onChange(id), rollcall.NewListener[*deleted](id, func(*deleted) {}),
		rollcall.NewListener[*moved](id, func(*moved) {}, `event:"n"`),
	}).Draw(t, "listens")
	l.Source = id + ".go"
	l.Placement.Priority = rapid.SampledFrom([]ordering.Priority{{}, {}, ordering.First(), ordering.Last(), ordering.At(1)}).Draw(t, "priority")
	l.Placement.Labels = rapid.SampledFrom([][]string{nil, nil, {"p"}, {"q"}}).Draw(t, "labels")
	l.Placement.Before, l.Placement.After = drawTargets(t), drawTargets(t)
	return l
}

func drawTargets(t *rapid.T) []ordering.Target {
	var targets []ordering.Target
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(t, "targets") {
		id := rapid.SampledFrom([]string{"l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "@p", "@q"}).Draw(t, "target")
		targets = append(targets, ordering.Target{ID: id, Optional: rapid.IntRange(0, 3).Draw(t, "required") > 0})
	}
	return targets
}

func drawRules(t *rapid.T) ordering.Rules {
	var r ordering.Rules
	events := [][]string{nil, {"c"}, {"d"}, {"provider_test.change"}}
	entry := func() ordering.Entry {
		id := rapid.SampledFrom([]string{"l0", "l2", "l4", "l6", "@p", "@q"}).Draw(t, "entry")
		return ordering.Entry{Target: ordering.Target{ID: id, Optional: true}, Source: "services.yaml:1"}
	}
	for range rapid.IntRange(0, 2).Draw(t, "sequences") {
		q := ordering.Sequence{Events: rapid.SampledFrom(events).Draw(t, "events")}
		for range 3 {
			if e := entry(); !slices.ContainsFunc(q.Entries, func(x ordering.Entry) bool { return x.ID == e.ID }) {
				q.Entries = append(q.Entries, e)
			}
		}
		r.Sequences = append(r.Sequences, q)
	}
	for range rapid.IntRange(0, 2).Draw(t, "off") {
		r.Off = append(r.Off, ordering.Off{Events: rapid.SampledFrom(events).Draw(t, "events"), Entry: entry()})
	}
	return r
}
