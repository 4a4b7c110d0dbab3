// Package fxevents provides ordered event listeners for Uber Fx applications. (It is
// not go.uber.org/fx/fxevent, which is about Fx's own log.)
//
// A module declares its events and contributes listeners, with hints about their order:
//
//	var Module = fx.Module("recipes",
//		fxevents.Event[*Created]("recipe.created"),
//		fx.Provide(NewStore, NewIndexer),
//		fxevents.Listen((*Indexer).OnCreated, `priority:"first"`),
//		fxevents.AsListener(NewNotifier, `event:"recipe.created" after:"recipes.Indexer"`),
//	)
//
// The application assembles them, and an order file has the last word:
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
//   - *inspect.Report, the order of each event with its reasons, to be written or
//     shown. It is filled when the listeners are assembled;
//   - *[Assembly], which returns the same listeners as built providers;
//   - for each further provider ([NamedProvider]), a rollcall.Dispatcher and a
//     rollcall.Provider under its name.
//
// All of these can be built without any listener, so a listener may inject the emitter of
// the event that it listens to. An fx.Invoke inside [Module] collects and sorts the
// listeners. It runs before the invokes of the root and of the modules listed after Module,
// so put Module first. An earlier dispatch returns a [*NotAssembledError].
//
// # Asynchronous listeners
//
// A listener whose tag has a receiver key does not run in the dispatch:
//
//	fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`)
//
// The dispatch runs the other listeners in order. If they succeed, it publishes the event
// once, through the transport.Transport that the application provides with [Transport]. The
// dispatch returns when the broker has confirmed that it has stored the event.
//
// An application without a broker uses Module of
// github.com/rollcall-go/rollcall/transport/natsevents/fxnats instead of this package's
// Module: an embedded JetStream server then carries the events.
//
// A process receives events only if it asks for them. It may be the process that dispatches
// or another one with the same modules:
//
//	fxevents.Receive()       // by all keys
//	fxevents.Receive("mail") // by this one, as in a worker
//
// Each key receives every event at least once. The listeners of one key are called in their
// order. Keys are independent of each other. A hint must therefore not put a listener after
// one of another key, or a synchronous listener after an asynchronous one.
//
// The event needs a declared name, under which it is published, and one type, to which it
// is decoded. The encoding is JSON, which contains the exported fields, unless a [Codec]
// replaces it. An event that can't be decoded becomes a dead letter of the transport.
//
// A dispatch does not return the errors of a receiver. They are logged instead, to
// slog.Default() unless [Logger] sets another logger. A transport may implement
// transport.DeadLetters, which shows, discards and replays dead letters.
//
// # Declared order
//
// Listeners that nothing else puts in order run in declared order. That is the order of the
// options, with those of a parent before those of its child modules. A plain
// rollcall.Listener that is added to the group by other means of Fx has no place in declared
// order. Such listeners come after the others, sorted by ID.
//
// # What goes wrong
//
// fx.New reports all problems of an application's listeners and order file together, as an
// [*AssemblyError].
package fxevents
