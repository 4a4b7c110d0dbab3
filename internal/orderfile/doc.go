// Package orderfile reads order files: YAML that declares providers and
// listeners with their placements, or overrides those of an application.
//
//	services:
//	  recipes:                      # a provider
//	    synthetic: true
//	    tags: [ { name: listener_provider, listener_tag: event_listener } ]
//
//	  recipes.Indexer:              # a listener
//	    tags:
//	      - { name: event_listener, event: recipe.created, priority: first }
//	      - { name: event_listener, event: recipe.deleted, before: [ audit.Log, "?metrics.Counter" ] }
//
// A service with the tag listener_provider is a provider. Its listener_tag names the tag
// that its listeners carry; the default is event_listener. Any other tag makes a service a
// listener of one event. The keys synthetic and class are read and ignored. If a listener's
// tag or service has optional: true, an application need not have that listener and event.
//
// [Parse] reads a file. [File.Order] computes the order that the file declares by itself,
// and breaks ties by position in the file. An application breaks ties by the order of its
// options. docs/order.schema.json is a JSON Schema for editors, and
// docs/decisions/yaml.md says why the parser is yaml.v3.
package orderfile
