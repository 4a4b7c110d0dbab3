// Package rollcall is the map of a library that gives Uber Fx applications
// ordered event listeners. It holds no code; its packages do:
//
//   - [github.com/rollcall-go/rollcall/fxevents] is where an Fx application
//     begins: Module, Event, Listen, AsListener, Receive.
//   - [github.com/rollcall-go/rollcall/dispatcher] calls listeners: the Emitter
//     that components inject, the untyped Dispatcher, the buffered and the
//     traced one; Observe watches dispatches.
//   - [github.com/rollcall-go/rollcall/provider] says which listeners, in which
//     order: built once, changed at run time, chained, filtered, taken from a
//     container.
//   - [github.com/rollcall-go/rollcall/event] is what an event may implement: a
//     name, stopping.
//   - [github.com/rollcall-go/rollcall/tags] is the text on a constructor that
//     makes its result a listener.
//   - [github.com/rollcall-go/rollcall/orderfile] reads the YAML file that has
//     the last word.
//   - [github.com/rollcall-go/rollcall/ordering] is the sort itself, with a
//     reason for each listener's place. It needs only the standard library.
//   - [github.com/rollcall-go/rollcall/inspect] shows the order and its reasons
//     as text, JSON, Markdown, Mermaid, DOT and SVG, what changes between two
//     orders, and, while a program runs, what was dispatched: in the browser
//     and in its log.
//   - [github.com/rollcall-go/rollcall/fxeventstest] is for users' tests: golden
//     orders, recorded events.
//   - [github.com/rollcall-go/rollcall/provider/providertest] checks that a
//     provider of your own keeps its promises.
//   - github.com/rollcall-go/rollcall/otelevents, a module of its own, makes
//     OpenTelemetry spans and metrics of dispatches.
//   - [github.com/rollcall-go/rollcall/transport] carries events to other
//     processes: the interface, one inside of the process for tests, and in
//     transporttest the kit that every transport passes. Modules of their own
//     are github.com/rollcall-go/rollcall/transport/natsevents, over NATS JetStream,
//     embedded or in a cluster, github.com/rollcall-go/rollcall/transport/amqpevents,
//     over RabbitMQ, and github.com/rollcall-go/rollcall/transport/watermillevents, a
//     bridge to Watermill and back.
//   - github.com/rollcall-go/rollcall/cmd/rollcall is the command for order
//     files.
//
// Imports run one way: fxevents on orderfile, dispatcher and provider, dispatcher
// on provider, provider on event and tags, tags and orderfile on ordering. Only
// fxevents and fxeventstest import Fx, only orderfile imports YAML.
package rollcall
