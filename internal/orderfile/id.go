package orderfile

import (
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/internal/listenerid"
)

// targetProblem returns the reason why a text can't be a target, or "" if it can. Often,
// such a text is meant to be several targets.
func targetProblem(text, id string) string {
	if !strings.Contains(id, ",") && !strings.Contains(id, " ?") {
		return listenerid.TargetProblem(strings.TrimLeft(id, "?")) // with two, it may be absent, and always is
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	for i, part := range parts {
		if strings.HasPrefix(part, "?") {
			parts[i] = strconv.Quote(part)
		}
	}
	return "write a list: [" + strings.Join(parts, ", ") + "]"
}
