package tags

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/internal/suggest"
)

// Error reports one problem of a tag.
type Error struct {
	Tag     Tag
	Offset  int // in bytes, from 0
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("tag `%s`, column %d: %s", e.Tag, e.Offset+1, e.Message)
}

func unknownKey(key string) string {
	return fmt.Sprintf("unknown key %s, did you mean %s? The keys are %s",
		strconv.Quote(key), suggest.Closest(key, keys[:]), strings.Join(keys[:], ", "))
}

func notAPair(rest string) string {
	return fmt.Sprintf(`%s is no key:"value" pair`, strconv.Quote(rest))
}
