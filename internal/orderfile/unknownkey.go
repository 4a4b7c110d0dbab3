package orderfile

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/rollcall-go/rollcall/internal/suggest"
)

// The keys of a service, the keys of a listener's tag, and the keys that only tags in Go
// code have.
var (
	serviceKeys = []string{"tags", "optional", "synthetic", "class"}
	tagKeys     = []string{"name", "event", "list", "priority", "labels", "before", "after", "optional"}
	topKeys     = []string{"services", "sequence", "off", "ties"}
	codeKeys    = []string{"async", "id", "method", "group"}
)

// unknownKey reports an unknown key. It suggests a similar known key, or lists the known
// keys if none is similar.
func (p *parser) unknownKey(f field, what string, known ...string) {
	hint := suggest.DidYouMean(f.name, known)
	if hint == "" {
		hint = ": write " + strings.Join(known, ", ")
		if last := len(known) - 1; last > 0 {
			hint = fmt.Sprintf(": write %s or %s", strings.Join(known[:last], ", "), known[last])
		}
	}
	p.failKey(f, what, hint)
}

func (p *parser) failKey(f field, what, hint string) {
	p.fail(KindUnknownKey, position(f.key), "unknown key %q in %s%s", f.name, what, hint)
}

// unknownTopKey reports an unknown key at the top level. Most often, it is a service that
// is not indented.
func (p *parser) unknownTopKey(f field) {
	_, misspelt := suggest.Name(f.name, topKeys)
	switch {
	case f.name == "providers" && p.resolve(f.value).Kind == yaml.SequenceNode:
		p.fail(KindUnknownKey, position(f.key), "this is a report, not an order file, which has services:, sequence: or off:")
	case misspelt:
		p.unknownKey(f, "the file", topKeys...)
	default:
		p.failKey(f, "the file", ": if it is a service, indent it below services:")
	}
}

func (p *parser) unknownServiceKey(f field, what string) {
	if slices.Contains(tagKeys, f.name) || f.name == "listener_tag" {
		p.failKey(f, what, ": it is a key of a tag, indent it below tags:")
		return
	}
	p.unknownKey(f, what, serviceKeys...)
}

func (p *parser) unknownTagKey(f field, what string) {
	if slices.Contains(codeKeys, f.name) {
		p.failKey(f, what, ": set it in the code instead")
		return
	}
	p.unknownKey(f, what, tagKeys...)
}
