package transport_test

import (
	stdcmp "cmp"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/transport"
)

func TestAttributes(t *testing.T) {
	m := transport.Message{ID: "a b", Event: "order.placed", Key: "mail", ContentType: "text/plain", Headers: map[string]string{"x": "y", "ce-subject": "a b"}}
	want := map[string]string{"ce-specversion": "1.0", "ce-id": "a%20b", "ce-type": "order.placed", "ce-source": "/shop", "ce-rollcallkey": "mail", "x": "y", "ce-subject": "a%20b"}
	if diff := cmp.Diff(want, maps.Collect(m.Attributes("/shop"))); diff != "" {
		t.Error(diff)
	}
	m.Source, want["ce-source"] = "/other", "/other"
	if diff := cmp.Diff(want, maps.Collect(m.Attributes("/shop"))); diff != "" {
		t.Error(diff)
	}
}

func TestFromAttributes(t *testing.T) {
	for _, prefix := range []string{"ce-", "CE-", "cloudEvents_", "cloudEvents:"} {
		headers := map[string]string{prefix + "specversion": "1.0", prefix + "id": "7%3", prefix + "type": "t", prefix + "source": "/x", prefix + "time": "now", "other": "%20"}
		got, err := transport.FromAttributes(maps.All(headers), "text/plain", []byte("b"))
		want := transport.Message{ID: "7%3", Event: "t", ContentType: "text/plain", Source: "/x", Headers: map[string]string{"other": "%20", "ce-time": "now"}, Body: []byte("b")}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", prefix, err, diff)
		}
	}
	for _, tt := range []struct {
		headers map[string]string
		want    string
	}{
		{nil, "it is not a CloudEvent: the attribute specversion is missing"},
		{map[string]string{"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/"}, "it is not a CloudEvent: the attribute type is missing"},
		{map[string]string{"content": "x"}, "it is not a CloudEvent: the attribute specversion is missing"},
		{map[string]string{"ce-specversion": "0.3", "ce-id": "1", "ce-source": "/", "ce-type": "t"}, "it is a CloudEvent of version 0.3, not 1.0"},
	} {
		if _, err := transport.FromAttributes(maps.All(tt.headers), "", nil); err == nil || err.Error() != tt.want {
			t.Errorf("%v: %v, want %s", tt.headers, err, tt.want)
		}
	}
}

// What is no encoded byte is left as it is.
func TestDecoding(t *testing.T) {
	for value, want := range map[string]string{
		"a%20b": "a b", "%C3%a4": "ä", "50% 5 off": "50% 5 off", "a%1 b": "a%1 b", "%0x1": "%0x1", "%+1": "%+1", "100%": "100%", "%2": "%2", "%%41": "%A",
	} {
		for prefix, want := range map[string]string{"ce-": want, "cloudEvents_": value, "cloudEvents:": value} {
			m, _ := transport.FromAttributes(maps.All(map[string]string{prefix + "id": value, prefix + "subject": value}), "", nil)
			if m.ID != want || m.Headers["ce-subject"] != want {
				t.Errorf("%s%q: got the ID %q and %q", prefix, value, m.ID, m.Headers)
			}
		}
	}
}

// Of an attribute that comes by several prefixes, the one of "ce-" counts.
func TestAttributesTwice(t *testing.T) {
	for range 20 { // maps have no order
		m, _ := transport.FromAttributes(maps.All(map[string]string{"cloudEvents:id": "c", "ce-id": "a", "cloudEvents_id": "b", "cloudEvents_subject": "b", "ce-subject": "a"}), "", nil)
		if m.ID != "a" || !maps.Equal(m.Headers, map[string]string{"ce-subject": "a"}) {
			t.Fatalf("got %+v", m)
		}
	}
}

func TestStructuredMode(t *testing.T) {
	m, err := transport.FromAttributes(maps.All(map[string]string{}), "application/cloudevents+json; charset=utf-8", []byte(`{"specversion":"1.0"}`))
	if err == nil || err.Error() != "it is a CloudEvent in structured mode: send it in binary mode" || len(m.Body) == 0 {
		t.Errorf("got %+v, %v", m, err)
	}
}

// Whatever passes Check comes back as it was.
func TestAttributesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		m := transport.Message{
			ID: text.Draw(t, "id"), Event: text.Draw(t, "event"), Key: text.Draw(t, "key"), ContentType: text.Draw(t, "content type"),
			Source:  text.Draw(t, "source"),
			Headers: rapid.MapOfN(rapid.OneOf(text, rapid.StringMatching(`(ce-|x-)[a-z0-9]{1,5}`)), text, 0, 3).Draw(t, "headers"), Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body"),
		}
		if m.Check() != nil {
			m = transport.Message{ID: rapid.StringMatching(`[ -~äöü%]{1,20}`).Draw(t, "id"), Event: rapid.StringMatching(`[a-zäö%"]{1,9}(\.[a-z]{1,9})?`).Draw(t, "event"), Source: "/",
				Headers: rapid.MapOfN(rapid.StringMatching(`(ce-|x-)[a-z0-9]{1,9}`), rapid.StringMatching(`[ -~äöü%]{0,20}`), 0, 3).Draw(t, "extensions")}
		}
		if m.Check() != nil {
			t.Skip("it can't be published")
		}
		got, err := transport.FromAttributes(m.Attributes("/"), m.ContentType, m.Body)
		if err != nil {
			t.Fatal(err)
		}
		if m.ID != got.ID || m.Event != got.Event || m.Key != got.Key || stdcmp.Or(m.Source, "/") != got.Source || !maps.Equal(m.Headers, got.Headers) {
			t.Fatalf("%+v comes back as %+v", m, got)
		}
	})
}
