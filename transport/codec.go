package transport

import "encoding/json"

// Codec encodes events as message bodies and decodes them. It must be safe for concurrent
// use.
type Codec interface {
	ContentType() string // of the bodies, such as "application/json"
	Encode(event any) ([]byte, error)
	// Decode decodes a body into what event points to. For a receiver of a *Placed, event
	// is a **Placed whose *Placed is not nil.
	Decode(body []byte, event any) error
}

// JSON is the codec of encoding/json.
type JSON struct{}

// ContentType is "application/json".
func (JSON) ContentType() string { return "application/json" }

// Encode is json.Marshal.
func (JSON) Encode(event any) ([]byte, error) { return json.Marshal(event) }

// Decode is json.Unmarshal.
func (JSON) Decode(body []byte, event any) error { return json.Unmarshal(body, event) }
