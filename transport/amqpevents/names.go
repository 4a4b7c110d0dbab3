package amqpevents

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
)

var prefixes = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

// names builds the names of exchanges and queues with a prefix. Only the queues of
// receivers and of their dead letters have a slash in their names.
type names string

func (n names) events() string { return string(n) + ".events" } // where events are published
func (n names) dead() string   { return string(n) + ".dead" }   // where dead letters are published
func (n names) wait() string   { return string(n) + ".wait" }   // where messages to be retried are published
func (n names) back() string   { return string(n) + ".back" }   // which returns messages to their receivers
func (n names) gone() string   { return string(n) + ".gone" }   // for messages whose receiver has no queue any more

func (n names) tier(ttl time.Duration) string     { return n.wait() + "." + ttl.String() }
func (n names) queue(address string) string       { return string(n) + "." + address }
func (n names) deadLetters(address string) string { return n.queue(address) + "/dead" }

// maxAddress leaves room for a prefix and a suffix in the 255 bytes of a name.
const maxAddress = 180

// address returns the routing key of one receiver: "event/key". Events and keys contain
// no slash, so no two addresses are the same. An address that would be too long begins
// with a slash and ends with a hash.
func address(event, key string) string {
	a := event + "/" + key
	if len(a) <= maxAddress {
		return a
	}
	sum := sha256.Sum256([]byte(a))
	hash := hex.EncodeToString(sum[:16])
	return "/" + strings.ToValidUTF8(a[:maxAddress-len(hash)-2], "") + "/" + hash
}
