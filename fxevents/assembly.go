package fxevents

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
)

// Assembly holds the providers that Module has built from an application's listeners.
// Inject it to use a provider as a *provider.Sorted, or to close the transports of an
// application that never starts. If the container reports that Assembly or fxevents.module
// is missing, fxevents.Module is not among the options.
type Assembly struct {
	settings settings
	handles  []handle   // in the order of settings.providers
	emitters *late      // the dispatcher of the emitters
	early    *early     // what they dispatched too early
	runtime  *atRunTime // nil without Runtime

	// Used while the container runs constructors, one after another:
	declared  int
	byDefault map[int]byDefault   // declared place → a listener without an ID of its own
	instances map[instance]string // the places of calls of AsListener
	problems  []error
	lost      bool // a listener is missing because of a problem

	lostTransport bool // there is none because of a problem with Transport

	loaded    []loaded // the order files, see files
	lists     lists
	accepted  map[string]bool                     // events whose ties the order files accept
	replaced  map[subscription]ordering.Placement // by order files
	others    map[forOthers]bool                  // receiver keys of other processes
	warned    []string                            // the texts of warnings
	publisher *asyncPublisher                     // for asynchronous listeners
	inboxes   map[string]inbox                    // by receiver key

	mu        sync.Mutex
	opened    []func() error // functions that close the transports
	closed    bool           // the transports are closed
	providers []built
	report    *inspect.Report // nil if it is not injected
}

// module is the Assembly as a parameter of the constructors that this package provides.
// It is an interface, because the container inspects the fields of a struct again for
// each constructor that takes it.
type module interface{ assembly() *Assembly }

func (a *Assembly) assembly() *Assembly { return a }

// handle has the dispatcher and the provider that the container provides before the real
// ones are built.
type handle struct {
	dispatcher *late
	provider   *lateProvider
}

// built is one provider of an application.
type built struct {
	providerSpec
	*provider.Sorted
}

func newAssembly(s settings) *Assembly {
	e := &early{seen: map[string]bool{}}
	a := &Assembly{settings: s, byDefault: map[int]byDefault{}, instances: map[instance]string{}, others: map[forOthers]bool{}, replaced: map[subscription]ordering.Placement{}, publisher: newAsyncPublisher(s.codec), emitters: &late{early: e}, early: e, runtime: newRuntime(s, e)}
	for range s.providers {
		a.handles = append(a.handles, handle{&late{early: e}, &lateProvider{}})
	}
	return a
}

// Provider returns the [NamedProvider] with this name, or for "" the provider of
// [DefaultGroup]. With [Runtime], the latter has the listeners of the moment, and does not
// change with them. Provider returns nil before the listeners are assembled, and for an
// unknown name. It may be called concurrently.
func (a *Assembly) Provider(name string) *provider.Sorted {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, p := range a.providers {
		if p.name == name {
			return a.now(i)
		}
	}
	return nil
}

// nextDeclared returns the next place in declared order. The container runs the
// constructors in that order.
func (a *Assembly) nextDeclared() int {
	a.declared++
	return a.declared
}

func (a *Assembly) addProblem(err error) { a.problems = append(a.problems, err) }

// parts has the values that assemble takes from the container.
type parts struct {
	fx.In

	Assembly   *Assembly
	Transports []needed            `group:"rollcall.transport"` // before what may emit
	Dispatcher rollcall.Dispatcher // may be decorated
	Events     []declaredEvent     `group:"rollcall.event"`
	Listeners  []rollcall.Listener `group:"event_listener"`
	Further    []collected         `group:"rollcall.provider"`
	Problems   []problem           `group:"rollcall.problem"`
	Uses       []groupUse          `group:"rollcall.use"`
	Receives   []receive           `group:"rollcall.receive"`
	Inboxes    []inbox             `group:"rollcall.inbox"`
	Elsewhere  []elsewhere         `group:"rollcall.elsewhere"`
	Lists      []declaredList      `group:"rollcall.list.declared"`
	Members    []member            `group:"rollcall.contribution"`

	Lifecycle        fx.Lifecycle
	Shutdowner       fx.Shutdowner
	Transport        transport.Transport `optional:"true"`
	DefaultTransport defaultTransport    `optional:"true"`
}

// assemble builds all providers. If that fails, it builds none and closes the transports.
func assemble(in parts) error {
	err := in.Assembly.assemble(in)
	if err == nil {
		return nil
	}
	if notClosed := in.Assembly.Close(); notClosed != nil {
		return errors.Join(err, notClosed)
	}
	return err
}

func (a *Assembly) assemble(in parts) error {
	catalog := rollcall.Internal.Catalog(friend.Key{}, a.eventsOf(in.Events))
	groups, resolveErr := a.groupsOf(in, catalog)
	registered := errors.Join(a.registrationProblems(in)...)
	lists, listsErr := a.listsOf(in, catalog)
	withLists := append(slices.Clip(groups), lists.group())
	overridden := a.override(withLists, catalog)
	rules, rulesErr := a.decide(withLists, catalog)
	unpublished := errors.Join(a.publish(in.Events, groups, isOff(rules[0], catalog))...)
	all, orderErr := a.build(groups, catalog, rules)
	orderErr = a.sortLists(lists, rules[len(groups)], withLists, orderErr)
	if a.lost {
		orderErr = withoutTargets(orderErr)
	}
	asyncErr := a.prepareAsync(in, catalog, groups, all)
	warnings := a.warnings(in, catalog, withLists, all)
	var strictErr error
	if a.settings.strict {
		strictErr = errors.Join(warnings...)
	}
	if err := errors.Join(registered, resolveErr, listsErr, overridden, unpublished, rulesErr, orderErr, asyncErr, strictErr); err != nil {
		return &AssemblyError{Problems: exported(errlist.Distinct(err))}
	}
	if err := a.connect(in, all[0]); err != nil {
		return err
	}
	a.warned = texts(warnings)
	a.runtime.start(all[0].Sorted, a.contents(), catalog)
	if err := a.bind(all, in.Dispatcher); err != nil {
		return err
	}
	a.logWarnings()
	return nil
}

// registrationProblems returns the problems with options, registrations and groups. The
// problems with registrations and groups are in declared order.
func (a *Assembly) registrationProblems(in parts) []error {
	problems := slices.Concat(a.settings.problems, a.problems)
	for _, p := range sortedBy(in.Problems, func(p problem) int { return p.declared }) {
		problems = append(problems, p.err)
	}
	for _, u := range sortedBy(in.Uses, func(u groupUse) int { return u.declared }) {
		if len(a.settings.of(u.group)) == 0 {
			problems = append(problems, u.by.error(fmt.Errorf("no provider collects the group %s%s",
				u.group, a.settings.groupHint(u.group))))
		}
	}
	return problems
}

// catalog finds the declared event that a text refers to.
type catalog interface {
	Events() []rollcall.Declaration
	Declared(event.Key) (rollcall.Declaration, bool)
	Means(text string, k event.Key) bool
	Resolve([]rollcall.Listener) (lost map[string]bool, err error)
}

// group is the listeners of one provider.
type group struct {
	listeners []rollcall.Listener
	lost      map[string]bool // IDs of listeners whose event is not known
	lists     []string        // the names of lists, if the listeners are members of these
}

// groupsOf returns each provider's listeners in declared order, with their events and
// IDs resolved.
func (a *Assembly) groupsOf(in parts, c catalog) ([]group, error) {
	groups := make([]group, len(a.settings.providers))
	groups[0].listeners = in.Listeners
	for _, c := range in.Further {
		groups[c.index].listeners = c.listeners
	}
	var problems []error
	for i := range groups {
		g := &groups[i]
		g.listeners = inDeclaredOrder(g.listeners)
		var err error
		g.lost, err = c.Resolve(g.listeners)
		problems = append(problems, err)
		a.nameMethods(g.listeners)
	}
	return groups, errors.Join(problems...)
}

func (a *Assembly) build(groups []group, c catalog, rules []ordering.Rules) ([]built, error) {
	all := make([]built, len(groups))
	var problems []error
	for i, spec := range a.settings.providers {
		sorted, err := provider.Internal.Build(friend.Key{}, groups[i].listeners, c.Events(), groups[i].lost, rules[i])
		problems = append(problems, a.namesakes(err, groups[i].listeners))
		all[i] = built{spec, sorted}
	}
	return all, errors.Join(problems...)
}

// withoutTargets drops the errors about unknown targets. Such a target may be a listener
// that was lost to another problem, which is reported separately.
func withoutTargets(err error) error {
	var others []error
	for _, e := range errlist.Leaves(err) {
		var unknown *ordering.UnknownTargetError
		if !errors.As(e, &unknown) {
			others = append(others, e)
		}
	}
	return errors.Join(others...)
}

func sortedBy[T any, K cmp.Ordered](list []T, key func(T) K) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return list
}

func placeOf(l *rollcall.Listener) int { return rollcall.Internal.PlaceOf(friend.Key{}, l) }

// placed returns the listener at the next place in declared order.
func (a *Assembly) placed(l rollcall.Listener) rollcall.Listener {
	rollcall.Internal.PlaceListener(friend.Key{}, &l, a.nextDeclared())
	return l
}

func (a *Assembly) eventsOf(declared []declaredEvent) []rollcall.Declaration {
	var events []rollcall.Declaration
	for _, d := range sortedBy(declared, func(d declaredEvent) int { return d.declared }) {
		if d.event.Name != "" && !d.event.Key.IsInterface() {
			d.event.Publish = a.publisher.publishes(d.event.Name)
		}
		events = append(events, d.event)
	}
	return events
}

// inDeclaredOrder returns the listeners in declared order. The container shuffles them.
// The result is a copy, because a decorated group is the application's own slice.
// Listeners whose place is not known come last, sorted by ID.
func inDeclaredOrder(listeners []rollcall.Listener) []rollcall.Listener {
	type place struct{ declared, index int }
	order := make([]place, len(listeners)) // sorted instead of the listeners, which are large
	for i := range listeners {
		order[i] = place{cmp.Or(placeOf(&listeners[i]), math.MaxInt-1), i}
	}
	slices.SortFunc(order, func(x, y place) int {
		if x.declared != y.declared {
			return cmp.Compare(x.declared, y.declared)
		}
		return cmp.Or(compareUndeclared(&listeners[x.index], &listeners[y.index]), cmp.Compare(x.index, y.index))
	})
	sorted := make([]rollcall.Listener, len(listeners))
	for i, p := range order {
		sorted[i] = listeners[p.index]
	}
	return sorted
}

func compareUndeclared(x, y *rollcall.Listener) int {
	if x.ID != y.ID {
		return cmp.Compare(x.ID, y.ID)
	}
	return cmp.Or(cmp.Compare(x.Event.Path(), y.Event.Path()), cmp.Compare(x.Source, y.Source))
}

// nameMethods adds the method's name to an ID if several methods of one type listen to
// one event.
func (a *Assembly) nameMethods(listeners []rollcall.Listener) {
	type place struct {
		id  string
		key event.Key
	}
	if len(a.byDefault) == 0 {
		return
	}
	sharing := make(map[place]int, len(listeners))
	for i := range listeners {
		sharing[place{listeners[i].ID, listeners[i].Event}]++
	}
	renamed := map[int]string{}
	for i := range listeners {
		l := &listeners[i]
		if long := a.byDefault[placeOf(l)].long; long != nil && sharing[place{l.ID, l.Event}] > 1 {
			renamed[i] = long()
		}
	}
	for i, id := range renamed {
		listeners[i].ID = id
	}
}

func (a *Assembly) bind(all []built, decorated rollcall.Dispatcher) error {
	if decorated == nil {
		return errors.New("rollcall: the function given to fx.Decorate returned a nil rollcall.Dispatcher: return the dispatcher that it takes, or a wrapper around it")
	}
	for i, p := range all {
		bound := a.runtime.of(i, p.Sorted)
		a.handles[i].provider.bind(bound)
		a.handles[i].dispatcher.bind(rollcall.NewDispatcher(bound, a.settings.policy...))
	}
	a.mu.Lock()
	a.providers = all
	a.fillReport()
	a.mu.Unlock()
	a.emitters.bind(decorated)
	return nil
}
