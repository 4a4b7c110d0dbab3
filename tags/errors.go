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

// notAValue returns the message for what follows a key and its colon.
func notAValue(key, rest string) string {
	if strings.HasPrefix(strings.TrimLeft(rest, " \t"), `"`) && !strings.HasPrefix(rest, `"`) {
		return "drop the space before the value of " + key
	}
	return "the value of " + key + ` must be enclosed in double quotes: write key:"value"`
}

// once returns the next step for a key that appears twice.
func once(key string) string {
	if key == keyLabels || key == keyBefore || key == keyAfter {
		return "write its values as one list"
	}
	return "drop one"
}

func notAPair(rest string) string {
	return fmt.Sprintf(`%s is not a key:"value" pair: write one, such as priority:"first"`, strconv.Quote(rest))
}
