// Package listenerid checks whether a text can be the ID of a listener.
package listenerid

import (
	"errors"
	"strconv"
	"strings"
)

// Problem returns the reason why a list of targets can't contain an ID, or "" if it can.
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

// Check returns an error for an ID that has a Problem, or a backquote, which a tag of the
// container can't hold.
func Check(id string) error {
	if Problem(id) == "" && !strings.Contains(id, "`") {
		return nil
	}
	return errors.New("an ID must not hold a comma or a backquote, begin with \"?\" or have spaces around it: " + strconv.Quote(id))
}
