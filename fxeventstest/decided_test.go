package fxeventstest_test

import (
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/fxeventstest"
	"github.com/rollcall-go/rollcall/tags"
)

func listening(ids ...string) fx.Option {
	var options []fx.Option
	for _, id := range ids {
		options = append(options, fxevents.AsListener(newIndexer, tags.Tag("id:\""+id+"\"")))
	}
	return fx.Options(append(options, fxevents.Event[*placed]("order.placed"), fxevents.Event[*shipped]("order.shipped"))...)
}

func file(content string) fxevents.Option {
	return fxevents.OrderFile(fstest.MapFS{"services.yaml": {Data: []byte(content)}}, "services.yaml")
}

var place = regexp.MustCompile(`\w+/\w+_test\.go:\d+`)

func TestDecided(t *testing.T) {
	const undecided = "order.placed: only declared order decides between\n    audit.Log (HERE)\n    search.Indexer (HERE)\n    search.Second (HERE)\n" +
		"  give one of them a priority, a before or an after, list them in a sequence,\n" +
		"  or accept that in the order file: ties: { order.placed: declared }"
	for _, c := range []struct {
		name, file, want string
	}{
		{"a tie", "services: ~", undecided},
		{"a sequence", "sequence: { order.placed: [ search.Indexer, audit.Log, search.Second ] }", ""},
		{"off", "off: { order.placed: [ audit.Log ] }", ""},
		{"accepted", "ties: { order.placed: declared }", ""},
		{"accepted for all", "ties: { '*': declared }", ""},
		{"accepted for another event", "ties: { order.shipped: declared }", undecided},
		{"accepted for an unknown event", "ties: { order.plced: declared }",
			"the application can't be built: rollcall: a problem with the event listeners and lists:\n" +
				"  - services.yaml:1:9: the application has no event or list order.plced, did you mean order.placed?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := failures(t, func(t testing.TB) {
				fxeventstest.Decided(t, fxevents.Module(file(c.file)), listening("audit.Log", "search.Indexer", "search.Second"))
			})
			if diff := cmp.Diff(c.want, place.ReplaceAllString(got, "HERE")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
