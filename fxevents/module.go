package fxevents

import (
	"strconv"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/provider"
)

// DefaultGroup is the value group of listeners whose tag has no key group.
const DefaultGroup = "event_listener"

// The value groups that this package uses internally.
const (
	eventGroup    = "rollcall.event"
	problemGroup  = "rollcall.problem"
	providerGroup = "rollcall.provider"
	useGroup      = "rollcall.use"
	receiveGroup  = "rollcall.receive"

	elsewhereGroup = "rollcall.elsewhere"
	listGroup      = "rollcall.list.declared"
)

// Module assembles the application's listeners: it collects and sorts them, and connects
// them to the emitters and dispatchers. Pass it to fx.New once, before the modules that
// contribute listeners. The application's Err method returns all problems together, as an
// [*AssemblyError]. Nil options are ignored.
func Module(options ...Option) fx.Option {
	s := settings{providers: []providerSpec{{group: DefaultGroup}}, receivers: map[string]receiving{}}
	for _, o := range options {
		if o != nil {
			o.apply(&s)
		}
	}
	parts := []fx.Option{
		fx.Provide(
			locatedAt(callsite.PC(0), passModuleOnce(s)),
			func(a *Assembly) module { return a },
			newReport,
			func(a *Assembly) rollcall.Dispatcher { return a.handles[0].dispatcher },
			func(a *Assembly) rollcall.Provider { return a.handles[0].provider },
		),
	}
	if s.runtime {
		parts = append(parts, fx.Provide(func(a *Assembly) *provider.Mutable { return a.runtime.mutable }))
	}
	for i, p := range s.providers[1:] {
		parts = append(parts, collect(i+1, p.group), provideNamed(i+1, p.name))
	}
	return fx.Module("rollcall", append(parts, fx.Invoke(assemble), fx.ErrorHook(emitterHint{s.logger}))...)
}

// passModuleOnce returns the constructor of the assembly. The container shows the name of
// this function if Module is passed twice, so it must not be inlined.
//
//go:noinline
func passModuleOnce(s settings) any {
	return func(lc fx.Lifecycle) *Assembly {
		a := newAssembly(s)
		lc.Append(fx.StopHook(a.closeOnce)) // registered before the hooks of listeners, so it runs after them
		return a
	}
}

// collect passes the listeners in the group of a further provider to the assembly.
func collect(index int, group string) fx.Option {
	return fx.Provide(fx.Annotate(
		func(listeners []rollcall.Listener) collected { return collected{index, listeners} },
		fx.ParamTags("group:"+strconv.Quote(group)),
		fx.ResultTags("group:"+strconv.Quote(providerGroup)),
	))
}

func provideNamed(index int, name string) fx.Option {
	return fx.Provide(
		fx.Annotated{Name: name, Target: func(a *Assembly) rollcall.Dispatcher { return a.handles[index].dispatcher }},
		fx.Annotated{Name: name, Target: func(a *Assembly) rollcall.Provider { return a.handles[index].provider }},
	)
}

// collected holds the listeners in the group of the provider at index.
type collected struct {
	index     int
	listeners []rollcall.Listener
}
