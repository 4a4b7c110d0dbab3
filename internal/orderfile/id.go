package orderfile

import (
	"strconv"
	"strings"
)

// idProblem is why a text can't be the ID of a listener, "" where it can:
// package tags refuses these too, since no list of targets could name them.
func idProblem(id string) string {
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

// targetProblem is idProblem for a target, which is often meant to be several.
func targetProblem(text, id string) string {
	if !strings.Contains(id, ",") && !strings.Contains(id, " ?") {
		return idProblem(id)
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	for i, part := range parts {
		if strings.HasPrefix(part, "?") {
			parts[i] = strconv.Quote(part)
		}
	}
	return "write a list: [" + strings.Join(parts, ", ") + "]"
}
