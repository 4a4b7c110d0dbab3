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
// A service with the tag listener_provider is a provider; its listener_tag
// names the tag that its listeners carry, event_listener where it is left out.
// Any other tag makes a service a listener of one event. The keys synthetic and
// class are read and ignored. A listener's tag, or its service, may say optional:
// true: an application then need not have that listener and event.
//
// [Parse] reads a file and [File.Order] computes the order that it declares by
// itself, where the order of the file breaks ties; in an application that of the
// options does. order.schema.json, beside this package's source, is a JSON Schema for
// editors.
package orderfile
