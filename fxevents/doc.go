// Package fxevents gives Uber Fx applications ordered event listeners. (It is
// not go.uber.org/fx/fxevent, which is about Fx's own log.)
//
// A module declares its events and contributes listeners, with hints where
// they belong:
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
// A component emits, knowing nobody:
//
//	func NewService(created *rollcall.Emitter[*Created]) *Service
//
// # What the container has
//
//   - *rollcall.Emitter[E] for each declared event type E;
//   - rollcall.Dispatcher, for any event; decorate it with fx.Decorate, at the
//     root and not in a module, to buffer or trace, and the emitters go through
//     the decorated one;
//   - rollcall.Provider, the listeners in their order;
//   - *inspect.Report, the order of each event with its reasons, to be written
//     or shown; it is filled when the listeners are assembled;
//   - *[Assembly], the same as built providers;
//   - for each further [Provider], a rollcall.Dispatcher and a
//     rollcall.Provider under its name.
//
// All of these can be built without any listener, so that a listener may
// inject the emitter of the event that it listens to. The listeners are
// collected and sorted by an fx.Invoke inside [Module]. It runs before the
// invokes of the root and of modules that stand after it, so put Module first;
// whoever dispatches earlier gets a [*NotAssembledError].
//
// # Asynchronous listeners
//
// A listener whose tag has a receiver key does not run in the dispatch:
//
//	fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`)
//
// The dispatch runs the other listeners in order. If they succeed, it publishes
// the event, once, by the transport.Transport that the application provides
// with [Transport], and returns when the broker has confirmed that it keeps it.
// An application without a broker takes Module of
// github.com/rollcall-go/rollcall/transport/natsevents/fxnats in the place of this
// package's: a JetStream server inside of the process carries the events. Where the
// application asks for it, and be it in another process that has the same
// modules, the event is received:
//
//	fxevents.Receive()       // by all keys
//	fxevents.Receive("mail") // by this one, as in a worker
//
// Each key receives every event at least once. The listeners of one key are
// called in their order; keys know nothing of each other, so a hint must not put
// a listener behind one of another key, or a synchronous one behind an
// asynchronous one. The event needs a declared name, under which it travels, and
// one type, which it is decoded to: from JSON, which has its exported fields, or
// by a [Codec]. An event that can't be decoded becomes a dead letter of the
// transport.
//
// A dispatch does not hear of what fails in a receiver, so that is logged, to
// slog.Default() unless [Logger] says otherwise. Dead letters are shown,
// discarded and published again by transport.DeadLetters, which a transport
// implements.
//
// # Declared order
//
// Listeners that nothing else tells apart run in declared order: that of the
// options, a parent's before its child modules'. A plain rollcall.Listener that
// is put into the group by other means of Fx has no place in declared order;
// such ones come after the others, by their IDs.
//
// # What goes wrong
//
// All problems of an application's listeners and order file come out of fx.New
// together, as an [*AssemblyError].
package fxevents
