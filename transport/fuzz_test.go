package transport_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-go/rollcall/transport"
)

// FuzzFromAttributes: whatever headers a broker hands over, there is no panic, an error
// says why, and a message that is read can be written and read again.
func FuzzFromAttributes(f *testing.F) {
	f.Add("ce-specversion=1.0\nce-id=1\nce-type=order.placed\nce-source=/shop", "application/json", []byte("{}"))
	f.Add("cloudEvents_specversion=1.0\ncloudEvents:id=1\nce-type=a\nce-source=b\nce-subject=c%20d", "", []byte(nil))
	f.Add("ce-specversion=0.3\nce-id=%zz%\nCE-ID=2\nce-rollcallkey=mail\nx=y", "application/cloudevents+json", []byte("x"))
	f.Fuzz(func(t *testing.T, headers, contentType string, body []byte) {
		read := map[string]string{}
		for line := range strings.SplitSeq(headers, "\n") {
			name, value, _ := strings.Cut(line, "=")
			read[name] = value
		}
		m, err := transport.FromAttributes(maps.All(read), contentType, body)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		if m.ID == "" || m.Event == "" || m.Source == "" {
			t.Fatalf("a message without its attributes was accepted: %+v", m)
		}
		if m.Check() != nil {
			return // nobody publishes it again as it is
		}
		again, err := transport.FromAttributes(m.Attributes("/other"), m.ContentType, m.Body)
		if err != nil {
			t.Fatalf("%+v can't be read again: %v", m, err)
		}
		if diff := cmp.Diff(m, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("it changed: %s", diff)
		}
	})
}
