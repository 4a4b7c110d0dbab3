// Package listenerid knows which texts can be the ID of a listener.
package listenerid

import (
	"errors"
	"strconv"
	"strings"
)

// Problem returns why no list of targets could name an ID, and "" if one can.
func Problem(id string) string {
	switch {
	case strings.Contains(id, ","):
		return "an ID must not hold a comma"
	case strings.TrimSpace(id) != id:
		return "an ID must not have spaces around it"
	case strings.HasPrefix(id, "?"):
		return "an ID must not begin with a question mark"
	}
	return ""
}

// Check refuses IDs that have a Problem, and those that no tag of the container can hold.
func Check(id string) error {
	if Problem(id) == "" && !strings.Contains(id, "`") {
		return nil
	}
	return errors.New("an ID must not hold a comma or a backquote, begin with \"?\" or have spaces around it: " + strconv.Quote(id))
}
