package natsevents

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// consumerName returns the name for the receiver key of an event: the readable characters
// of both, and a hash that distinguishes names that look the same.
func consumerName(event, key string) string {
	sum := sha256.Sum256([]byte(event + "\x00" + key))
	return readable(event) + "-" + readable(key) + "-" + hex.EncodeToString(sum[:6])
}

func readable(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, s)
	return s[:min(len(s), 64)]
}
