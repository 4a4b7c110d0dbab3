package transport_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
)

// What some broker would change or drop is refused.
func TestHeadersThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		want        string // "" where it is accepted
	}{
		{"X-Request_ID.1", "a b", ""},
		{"!#$%&'*+-.^_`|~", "", ""},
		{"ce-subject", " a ", ""}, // it is encoded
		{"", "a", `the header's name "" must consist of letters, digits and !#$%&'*+-.^_` + "`|~"},
		{"user/id", "a", `the header's name "user/id" must consist of letters, digits and`},
		{"user id", "a", `the header's name "user id" must consist of`},
		{"größe", "a", `the header's name "größe" must consist of`},
		{"x", "a\tb", "the value of header x must be printable"},
		{"x", " a", "the value of header x must not begin or end with a space"},
		{"x", "a ", "the value of header x must not begin or end with a space"},
	} {
		err := transport.Message{ID: "1", Event: "a", Headers: map[string]string{tt.name: tt.value}}.Check()
		if tt.want == "" && err != nil {
			t.Errorf("%q: %v", tt.name, err)
		}
		var problem *transport.MessageError
		if tt.want != "" && (!errors.As(err, &problem) || !strings.Contains(problem.Problem, tt.want)) {
			t.Errorf("%q %q: got %v, want %s", tt.name, tt.value, err, tt.want)
		}
	}
	var problem *transport.MessageError
	if err := (transport.Message{ID: "1", Event: "a", ContentType: "text/plain "}).Check(); !errors.As(err, &problem) || problem.Problem != "its content type must not begin or end with a space" {
		t.Errorf("got %v", err)
	}
}
