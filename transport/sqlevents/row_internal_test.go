package sqlevents

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
)

// What a message may have as headers is stored as JSON.
func TestHeadersAreStoredAsJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("aZ 09\"\\/<>&'{}:,\u007fäß\u2028\U0001F600\n\x00\t\b\xff")
	valid := 0
	for range 20_000 {
		headers := map[string]string{}
		for i := range random.IntN(4) {
			var value []rune
			for range random.IntN(6) {
				value = append(value, letters[random.IntN(len(letters))])
			}
			headers[[]string{"x-a", "ce-partitionkey", "X&'`|~"}[i]] = string(value)
		}
		if (transport.Message{ID: "1", Event: "placed", Headers: headers}).Check() != nil {
			continue
		}
		valid++
		var got map[string]string
		if err := json.Unmarshal([]byte(encodeHeaders(headers, nil)), &got); err != nil || !maps.Equal(got, headers) {
			t.Fatalf("%s becomes %q, error %v; want %q", encodeHeaders(headers, nil), got, err, headers)
		}
	}
	if valid < 1000 {
		t.Errorf("only %d were valid", valid)
	}
	if got := encodeHeaders(map[string]string{"b": `say "yes"`, "a": `\`}, nil); got != `{"a":"\\","b":"say \"yes\""}` {
		t.Errorf("got %s", got)
	}
}
