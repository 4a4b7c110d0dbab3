// Package loops registers listeners and contributions in loops. // want package:"uses rollcall"
package loops

import (
	"context"
	"strconv"
	"strings"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

type Counted struct{ N int }

type Step struct{ Name string }

var shards = []string{"north", "south"}

// Application names listeners that a loop registers.
func Application() fx.Option {
	options := []fx.Option{
		fxevents.Module(fxevents.Sequence("counted", "shard.north", "shard.south", "total"), fxevents.Off("steps", "step.2")),
		fxevents.Event[*Counted]("counted"),
		fxevents.Ordered[Step]("steps"),
		fxevents.AsListener(newTotal, `id:"total" after:"shard.south"`),
	}
	for _, name := range shards {
		options = append(options, fxevents.AsListener(newShard(name), tags.Place(tags.ID("shard."+name), tags.Labels(labels(name)...))))
	}
	for i := range 3 {
		id := "step." + strconv.Itoa(i)
		tag := tags.Tag(`id:"` + id + `"`)
		if i > 0 {
			tag += tags.Tag(` after:"step.` + strconv.Itoa(i-1) + `"`)
		}
		options = append(options, fxevents.ContributeValue(Step{id}, tag))
	}
	return fx.Options(append(options, fxevents.ContributeValue(Step{"last"}, `id:"last" after:"step.1"`))...)
}

func labels(name string) []string { return []string{"shard", strings.ToUpper(name)} }

func newShard(name string) func() func(context.Context, *Counted) error {
	return func() func(context.Context, *Counted) error {
		return func(context.Context, *Counted) error { return nil }
	}
}

func newTotal() func(*Counted) { return func(*Counted) {} }
