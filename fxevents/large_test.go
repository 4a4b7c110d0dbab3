package fxevents_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/tags"
)

type numbered[T any] struct{ _ T }

// declare makes an event type and a way to listen to it.
func declare[T any](name string) (fx.Option, func(id string, tag tags.Tag) fx.Option) {
	return fxevents.Event[*numbered[T]](name), func(id string, tag tags.Tag) fx.Option {
		return fxevents.AsListener(func() func(context.Context, *numbered[T]) error {
			return func(context.Context, *numbered[T]) error { return nil }
		}, tag+tags.Tag(` id:"`+id+`"`))
	}
}

// many is an app of modules with listeners, hints among them, in one declared
// order. It is the same for the same seed.
func many(modules, listeners int) fx.Option {
	random := rand.New(rand.NewPCG(1, 2))
	var declarations []fx.Option
	var listen []func(string, tags.Tag) fx.Option
	add := func(o fx.Option, l func(string, tags.Tag) fx.Option) {
		declarations, listen = append(declarations, o), append(listen, l)
	}
	addTen(add, "a", declare[[1]int8], declare[[2]int8], declare[[3]int8], declare[[4]int8], declare[[5]int8],
		declare[[6]int8], declare[[7]int8], declare[[8]int8], declare[[9]int8], declare[[10]int8])
	addTen(add, "b", declare[[1]int16], declare[[2]int16], declare[[3]int16], declare[[4]int16], declare[[5]int16],
		declare[[6]int16], declare[[7]int16], declare[[8]int16], declare[[9]int16], declare[[10]int16])
	addTen(add, "c", declare[[1]int32], declare[[2]int32], declare[[3]int32], declare[[4]int32], declare[[5]int32],
		declare[[6]int32], declare[[7]int32], declare[[8]int32], declare[[9]int32], declare[[10]int32])
	addTen(add, "d", declare[[1]int64], declare[[2]int64], declare[[3]int64], declare[[4]int64], declare[[5]int64],
		declare[[6]int64], declare[[7]int64], declare[[8]int64], declare[[9]int64], declare[[10]int64])

	content := make([][]fx.Option, modules)
	fill := func(prefix string, n int, into []func(string, tags.Tag) fx.Option) {
		for i := range n {
			id := fmt.Sprintf("m%d.%s%d", i%modules, prefix, i)
			tag := randomTag(random, prefix, i, len(into), modules) + randomLabels(random, i*labels/n)
			content[i%modules] = append(content[i%modules], into[i%len(into)](id, tag))
		}
	}
	fill("l", listeners, listen)
	declared, contribute := twentyLists()
	fill("c", listeners, contribute)
	declarations = append(declarations, declared)
	options := []fx.Option{fx.Options(declarations...)}
	for i, c := range content {
		options = append(options, fx.Module(fmt.Sprint("m", i), c...))
	}
	return fx.Options(options...)
}

func addTen(add func(fx.Option, func(string, tags.Tag) fx.Option), prefix string, declares ...func(string) (fx.Option, func(string, tags.Tag) fx.Option)) {
	for i, d := range declares {
		add(d(fmt.Sprintf("%s.e%d", prefix, i)))
	}
}

// labels is how many labels an app has.
const labels = 30

// randomLabels gives the label of a level, and may name that of a higher one. There are no
// cycles, because levels grow with the listeners.
func randomLabels(random *rand.Rand, level int) tags.Tag {
	tag := tags.Tag(fmt.Sprintf(` labels:"level%d"`, level))
	if higher := level + 1 + random.IntN(labels); higher < labels {
		tag += tags.Tag(fmt.Sprintf(` before:"@level%d"`, higher))
	}
	return tag
}

// randomTag hints at a listener of the same event that was made before, so
// that there are no cycles.
func randomTag(random *rand.Rand, prefix string, i, events, modules int) tags.Tag {
	switch earlier := i - events*(1+random.IntN(3)); {
	case earlier >= 0 && random.IntN(2) == 0:
		return tags.Place(tags.After(fmt.Sprintf("m%d.%s%d", earlier%modules, prefix, earlier)))
	case random.IntN(3) == 0:
		return tags.Place(tags.First)
	case random.IntN(3) == 0:
		return tags.Place(tags.Last)
	}
	return tags.Place(tags.Priority(random.IntN(5)))
}

// listOf declares a list and returns a way to contribute to it.
func listOf[T any](name string) (fx.Option, func(id string, tag tags.Tag) fx.Option) {
	way := 0
	return fxevents.Ordered[numberedMember[T]](name), func(id string, tag tags.Tag) fx.Option {
		way++
		return contributeAnyWay[T](way, id, tag+tags.Tag(` id:"`+id+`"`))
	}
}

func twentyLists() (declared fx.Option, contribute []func(string, tags.Tag) fx.Option) {
	var all []fx.Option
	add := func(o fx.Option, c func(string, tags.Tag) fx.Option) {
		all, contribute = append(all, o), append(contribute, c)
	}
	addTen(add, "list.a", listOf[[1]int8], listOf[[2]int8], listOf[[3]int8], listOf[[4]int8], listOf[[5]int8],
		listOf[[6]int8], listOf[[7]int8], listOf[[8]int8], listOf[[9]int8], listOf[[10]int8])
	addTen(add, "list.b", listOf[[1]int16], listOf[[2]int16], listOf[[3]int16], listOf[[4]int16], listOf[[5]int16],
		listOf[[6]int16], listOf[[7]int16], listOf[[8]int16], listOf[[9]int16], listOf[[10]int16])
	return fx.Options(all...), contribute
}

// orderWithLists tells the events, then the lists as the report has them. It compares the
// first list with what its consumer gets.
func orderWithLists(t *testing.T, app fx.Option) string {
	t.Helper()
	var report *inspect.Report
	var first []numberedMember[[1]int8]
	text := orderOf(t, fxevents.Module(), app, fx.Populate(&report, &first))
	for _, e := range report.Providers[0].Events {
		if !e.List {
			continue
		}
		text += "\n" + e.Event + ":"
		for i, l := range e.Listeners {
			text += " " + l.ID
			if e.Event == "list.a.e0" && l.ID != first[i].id {
				t.Errorf("%s is number %d in the report, but %s in the list", l.ID, i, first[i].id)
			}
		}
	}
	return text
}

// 60 modules, 500 listeners, 40 events, 20 lists with as many contributions, 30 labels: the
// same order over 50 runs, although the container shuffles the groups each time.
func TestSameOrderOver50Runs(t *testing.T) {
	app := many(60, 500)
	first := orderWithLists(t, app)
	if events, listeners, members := strings.Count(first, "\n")+1, strings.Count(first, ".l"), strings.Count(first, ".c"); events != 60 || listeners != 500 || members != 500 {
		t.Fatalf("%d events and lists, %d listeners, %d members", events, listeners, members)
	}
	runs := 50
	if testing.Short() {
		runs = 5
	}
	for run := range runs {
		if got := orderWithLists(t, app); got != first {
			t.Fatalf("run %d:\n%s\nfirst:\n%s", run, got, first)
		}
	}
}

// dig runs the constructors that feed a group in the order in which they were
// provided, and shuffles what it hands over. Should either ever change, this
// fails, and declared order needs another source.
func TestContainerRunsConstructorsInDeclaredOrder(t *testing.T) {
	shuffled := false
	for range 50 {
		var ran []int
		var options []fx.Option
		for i := range 20 {
			options = append(options, fx.Provide(fx.Annotated{Group: "g", Target: func() int { ran = append(ran, i); return i }}))
		}
		var got []int
		app := quietly(fx.Options(options...), fx.Invoke(fx.Annotate(func(all []int) { got = all }, fx.ParamTags(`group:"g"`))))
		if err := app.Err(); err != nil {
			t.Fatal(err)
		}
		for i := range ran {
			if ran[i] != i {
				t.Fatalf("constructors ran in the order %v", ran)
			}
			shuffled = shuffled || got[i] != i
		}
	}
	if !shuffled {
		t.Error("the container no longer shuffles: the tests of one order prove less than they say")
	}
}
