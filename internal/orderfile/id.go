package orderfile

import (
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/internal/listenerid"
)

// targetProblem returns why a text can't be a target, which is often meant to be several.
func targetProblem(text, id string) string {
	if !strings.Contains(id, ",") && !strings.Contains(id, " ?") {
		return listenerid.Problem(id)
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	for i, part := range parts {
		if strings.HasPrefix(part, "?") {
			parts[i] = strconv.Quote(part)
		}
	}
	return "write a list: [" + strings.Join(parts, ", ") + "]"
}
