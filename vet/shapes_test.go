package vet_test

import (
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall/vet/testdata/shapes/aliases"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/conditional"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/decorated"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/generics"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/loops"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/methods"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/platform"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/plugins"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/providers"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/results"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/runtimes"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/subscribers"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/values"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/worker"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/wrappers"
)

// The applications of unusual shapes start, so TestFineApplications is right to want no
// report in them. They are built in ways that real applications have: by conditions, loops,
// results of constructors, generic functions, wrappers in other packages, and plugins.
func TestShapesStart(t *testing.T) {
	for name, option := range map[string]fx.Option{
		"aliases":             aliases.Application(),
		"conditional offline": conditional.Application(conditional.Config{}),
		"conditional online":  conditional.Application(conditional.Config{Online: true, Journal: "disk"}),
		"decorated":           decorated.Application(),
		"generics":            generics.Application(),
		"loops":               loops.Application(),
		"methods":             methods.Application(),
		"platform":            platform.Application(),
		"plugins":             plugins.Application(),
		"providers":           providers.Application(),
		"results":             results.Application(),
		"runtimes":            runtimes.Application(),
		"subscribers":         subscribers.Application(),
		"values":              values.Application(),
		"worker":              worker.Application(),
		"worker that serves":  worker.Worker("mail"),
		"wrappers":            wrappers.Application(),
	} {
		t.Run(name, func(t *testing.T) { fxtest.New(t, fx.NopLogger, option).RequireStart().RequireStop() })
	}
}
