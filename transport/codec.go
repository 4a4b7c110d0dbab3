package transport

import "encoding/json"

// Codec makes bodies of events and events of bodies.
type Codec interface {
	ContentType() string // of the bodies, such as "application/json"
	Encode(event any) ([]byte, error)
	Decode(body []byte, event any) error // into what event points to
}

// JSON is the codec of encoding/json.
type JSON struct{}

// ContentType is "application/json".
func (JSON) ContentType() string { return "application/json" }

// Encode is json.Marshal.
func (JSON) Encode(event any) ([]byte, error) { return json.Marshal(event) }

// Decode is json.Unmarshal.
func (JSON) Decode(body []byte, event any) error { return json.Unmarshal(body, event) }
