package provider

import (
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// rules returns the rules with the events as package ordering knows them. An event that is
// neither declared nor listened to keeps its text.
func (m *matcher) rules(rules []ordering.Rules) []ordering.Rules {
	if len(rules) == 0 {
		return nil
	}
	catalog := rollcall.Internal.Catalog(friend.Key{}, m.events)
	keys := m.knownKeys()
	named := func(events []string) []string {
		var texts []string
		for _, text := range events {
			before := len(texts)
			for _, k := range keys {
				if catalog.Means(text, k) {
					texts = append(texts, m.texts[k])
				}
			}
			if len(texts) == before {
				texts = append(texts, text)
			}
		}
		return texts
	}
	translated := make([]ordering.Rules, len(rules))
	for i, r := range rules {
		for _, q := range r.Sequences {
			translated[i].Sequences = append(translated[i].Sequences, ordering.Sequence{Events: named(q.Events), Entries: q.Entries})
		}
		for _, off := range r.Off {
			translated[i].Off = append(translated[i].Off, ordering.Off{Events: named(off.Events), Entry: off.Entry})
		}
	}
	return translated
}

// knownKeys returns the keys of the listeners, then those of events that are only declared.
func (m *matcher) knownKeys() []event.Key {
	keys := slices.Clone(m.keys)
	for _, e := range m.events {
		if !m.hears(e.Key) && !slices.Contains(keys, e.Key) {
			keys = append(keys, e.Key)
		}
	}
	return keys
}
