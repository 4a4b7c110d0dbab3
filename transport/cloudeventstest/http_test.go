package cloudeventstest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding"
	sdk "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/rollcall-go/rollcall/transport"
)

// The headers of the binding to HTTP, without any broker: those that a gateway
// would copy.
func TestHTTP(t *testing.T) {
	t.Run("published", func(t *testing.T) {
		for _, m := range published {
			headers := http.Header{}
			for name, value := range m.Attributes(source) {
				headers.Set(name, value)
			}
			if m.ContentType != "" {
				headers.Set("Content-Type", m.ContentType)
			}
			checkRead(t, sdk.NewMessage(headers, io.NopCloser(bytes.NewReader(m.Body))), m)
		}
	})
	t.Run("sent", func(t *testing.T) {
		for sentID, id := range encoded {
			e := sent(t, sentID)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost", nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := sdk.WriteRequest(t.Context(), binding.ToMessage(&e), request); err != nil {
				t.Fatal(err)
			}
			m, err := fromHTTP(request)
			if err != nil {
				t.Fatal(err)
			}
			checkReceived(t, transport.Delivery{Message: m, Attempt: 1}, id, e)
		}
	})
}

func fromHTTP(r *http.Request) (transport.Message, error) {
	headers := map[string]string{}
	for name := range r.Header {
		headers[name] = r.Header.Get(name)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return transport.Message{}, err
	}
	return transport.FromAttributes(maps.All(headers), r.Header.Get("Content-Type"), body)
}
