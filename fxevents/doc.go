// Package fxevents provides ordered event listeners for Uber Fx applications. (It is
// unrelated to go.uber.org/fx/fxevent, the events of Fx's own log.)
//
// A module declares its events and contributes listeners. A listener may have a tag, whose
// keys package tags describes. The keys priority, before and after ask for a place in the
// order:
//
//	var Module = fx.Module("recipes",
//		fxevents.Event[*Created]("recipe.created"),
//		fx.Provide(NewStore, NewIndexer),
//		fxevents.Listen((*Indexer).OnCreated, `priority:"first"`),
//		fxevents.AsListener(NewNotifier, `event:"recipe.created" after:"recipes.Indexer"`),
//	)
//
// The application assembles them. An optional order file overrides what the tags ask for:
//
//	fx.New(
//		fxevents.Module(fxevents.OrderFile(os.DirFS("."), "services.yaml")),
//		recipes.Module,
//		audit.Module,
//	)
//
// A component emits events without knowing their listeners:
//
//	func NewService(created *rollcall.Emitter[*Created]) *Service
//
// # What the container has
//
//   - *rollcall.Emitter[E] for each declared event type E;
//   - rollcall.Dispatcher, for any event. To buffer or trace events, decorate it with
//     fx.Decorate at the root, not in a module: the emitters then use the decorated
//     dispatcher;
//   - rollcall.Provider, the listeners in their order;
//   - *inspect.Report, the order of each event with its reasons. It is empty until the
//     listeners are assembled;
//   - with [Runtime], *provider.Mutable, which adds and removes listeners while the
//     application runs;
//   - []T for each list that [Ordered] declares;
//   - *[Assembly], which returns each provider as a *provider.Sorted;
//   - for each [NamedProvider], a rollcall.Dispatcher and a rollcall.Provider under its
//     name.
//
// None of these depends on a listener, so a listener may inject the emitter of its own
// event. An fx.Invoke inside [Module] assembles the listeners: it collects and sorts them.
// It runs before the invokes of the root and of the modules listed after Module, so put
// Module first.
//
// Do not emit in a constructor. Before the listeners are assembled, each dispatch returns a
// [*NotAssembledError], and there is a warning. Listeners, and everything they inject, are always built before the
// assembly. Another component is built when the first invoke needs it. That may be later: emitting in its
// constructor then works until a listener injects the component. The container does not
// show whether a dispatch comes from a constructor, so nothing reports this case. A hook of
// fx.Lifecycle and an fx.Invoke after Module may emit.
//
// # Lists
//
// The same order is there for values of one type, such as middlewares, migrations or start
// hooks. A module declares the list with [Ordered], and modules contribute to it with
// [Contribute] and [ContributeValue]:
//
//	fxevents.Ordered[Middleware]("http.middleware"),
//	fxevents.Contribute[Middleware](NewAuth, `after:"log.Logging"`),
//
// A component injects the list as a slice:
//
//	func NewServer(chain []Middleware) *http.Server
//
// # Asynchronous listeners
//
// A dispatch does not call an asynchronous listener. Its tag has a receiver key:
//
//	fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`)
//
// The dispatch runs the other listeners in order. If they succeed, it publishes the event
// once, through the transport.Transport that the application provides with [Transport]. The
// dispatch returns when the broker has confirmed that it has stored the event. With an
// outbox, it returns when the database has stored it.
//
// Without a broker, use Module of github.com/rollcall-go/rollcall/transport/natsevents/fxnats
// instead of this package's Module: an embedded JetStream server stores the events in a
// directory.
//
// If the transport connects in the background, as a transport.Connector does, the start of
// the application waits for the broker, and fails if it can't be reached before Fx's start
// timeout. With [StartWithoutBroker], the application starts anyway.
//
// A process consumes events only if it calls [Receive]. It may be the process that
// dispatches, or a worker with the same modules:
//
//	fxevents.Receive()       // all keys
//	fxevents.Receive("mail") // one key, as in a worker
//
// A process that leaves keys to another one says so with [ReceivedElsewhere]. An event whose
// listeners are all in another program is declared with [Published].
//
// Each key receives every event at least once. With [Inbox], it handles the event once in
// effect. The listeners of one key run in order. Keys are independent of each other. A hint
// must therefore not put a listener after one of another key, or a synchronous listener
// after an asynchronous one.
//
// The event must be declared with a name, and its type must not be an interface. It is
// encoded as JSON, with its exported fields only, unless [Codec] sets another encoding. An
// event that can't be decoded becomes a dead letter of the transport.
//
// A dispatch does not return the errors of asynchronous listeners. They are logged, to
// slog.Default() unless [Logger] sets another logger. If the transport implements
// transport.DeadLetters, it can list, discard and replay dead letters.
//
// # Declared order
//
// Listeners that nothing else puts in order run in declared order. That is the order of the
// options, with a parent module's before its child modules'. A rollcall.Listener that is
// added to the group [DefaultGroup] without this package, such as by fx.Supply, has no
// declared place. Such listeners come after the others, sorted by ID.
//
// # Errors
//
// fx.New assembles the listeners. The application's Err method returns all problems of its
// listeners and order files together, as an [*AssemblyError]: use errors.As. What is
// probably a mistake, but may be intended, is a warning: fx.New logs it, and the report
// lists it. [Strict] makes warnings errors.
package fxevents
