// Package listenerid knows which texts can be the ID of a listener.
package listenerid

import (
	"errors"
	"strconv"
	"strings"
)

// Check refuses IDs that no list of targets in a tag could name, or the container
// not.
func Check(id string) error {
	if strings.ContainsAny(id, ",`") || strings.HasPrefix(id, "?") || strings.TrimSpace(id) != id {
		return errors.New("an ID must not hold a comma or a backquote, begin with \"?\" or have spaces around it: " + strconv.Quote(id))
	}
	return nil
}
