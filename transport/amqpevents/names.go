package amqpevents

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
)

var prefixes = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

// names are those of the exchanges and queues of a prefix. The queue of a
// receiver has a slash in its name, and no other queue.
type names string

func (n names) events() string { return string(n) + ".events" } // where events are published
func (n names) dead() string   { return string(n) + ".dead" }   // where dead letters are
func (n names) wait() string   { return string(n) + ".wait" }   // where retried messages are
func (n names) back() string   { return string(n) + ".back" }   // by which they come back
func (n names) gone() string   { return string(n) + ".gone" }   // whose receiver is no more

func (n names) tier(ttl time.Duration) string     { return n.wait() + "." + ttl.String() }
func (n names) queue(address string) string       { return string(n) + "." + address }
func (n names) deadLetters(address string) string { return n.queue(address) + "/dead" }

// maxAddress leaves room for a prefix and a suffix in the 255 bytes of a name.
const maxAddress = 180

// address is the routing key that leads to one receiver: "event/key". Neither
// has a slash, so no two are the same. One that is too long begins with a slash
// and ends with a hash.
func address(event, key string) string {
	a := event + "/" + key
	if len(a) <= maxAddress {
		return a
	}
	sum := sha256.Sum256([]byte(a))
	hash := hex.EncodeToString(sum[:16])
	return "/" + strings.ToValidUTF8(a[:maxAddress-len(hash)-2], "") + "/" + hash
}
