package transport_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/transport"
)

func TestAttributes(t *testing.T) {
	m := transport.Message{ID: "a b", Event: "order.placed", Key: "mail", ContentType: "text/plain", Headers: map[string]string{"x": "y"}}
	want := map[string]string{"ce-specversion": "1.0", "ce-id": "a%20b", "ce-type": "order.placed", "ce-source": "/shop", "ce-rollcallkey": "mail", "x": "y"}
	if diff := cmp.Diff(want, transport.Attributes(m, "/shop")); diff != "" {
		t.Error(diff)
	}
}

func TestFromAttributes(t *testing.T) {
	for _, prefix := range []string{"ce-", "CE-", "cloudEvents_", "cloudEvents:"} {
		headers := map[string]string{prefix + "specversion": "1.0", prefix + "id": "7%3", prefix + "type": "t", prefix + "source": "/x", prefix + "time": "now", "other": "%20"}
		got, err := transport.FromAttributes(headers, "text/plain", []byte("b"))
		want := transport.Message{ID: "7%3", Event: "t", ContentType: "text/plain", Headers: map[string]string{"other": "%20"}, Body: []byte("b")}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", prefix, err, diff)
		}
	}
	for _, tt := range []struct {
		headers map[string]string
		want    string
	}{
		{nil, "it is no CloudEvent: the attribute specversion is missing"},
		{map[string]string{"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/"}, "it is no CloudEvent: the attribute type is missing"},
		{map[string]string{"ce-specversion": "0.3", "ce-id": "1", "ce-source": "/", "ce-type": "t"}, "it is a CloudEvent of version 0.3, not 1.0"},
	} {
		if _, err := transport.FromAttributes(tt.headers, "", nil); err == nil || err.Error() != tt.want {
			t.Errorf("%v: %v, want %s", tt.headers, err, tt.want)
		}
	}
}

// Whatever passes Check comes back as it was.
func TestAttributesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		m := transport.Message{
			ID: text.Draw(t, "id"), Event: text.Draw(t, "event"), Key: text.Draw(t, "key"), ContentType: text.Draw(t, "content type"),
			Headers: rapid.MapOfN(text, text, 0, 3).Draw(t, "headers"), Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body"),
		}
		if m.Check() != nil {
			m = transport.Message{ID: rapid.StringMatching(`[ -~äöü%]{1,20}`).Draw(t, "id"), Event: rapid.StringMatching(`[a-zäö%"]{1,9}(\.[a-z]{1,9})?`).Draw(t, "event"), Headers: map[string]string{}}
		}
		if m.Check() != nil {
			t.Skip("it can't be published")
		}
		got, err := transport.FromAttributes(transport.Attributes(m, "/"), m.ContentType, m.Body)
		if err != nil {
			t.Fatal(err)
		}
		if m.ID != got.ID || m.Event != got.Event || m.Key != got.Key || !maps.Equal(m.Headers, got.Headers) {
			t.Fatalf("%+v comes back as %+v", m, got)
		}
	})
}
