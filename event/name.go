package event

import (
	"fmt"
	"slices"
	"strings"
)

// CheckName checks a name against the usual conventions: lower-case letters, digits, "."
// and "_", with a namespace before a ".", as in "recipe.created". The error is nil or a
// *NameError. For a valid name, advice is "" if the last word looks like a verb that says
// what happened, such as "created". Package rollcall accepts any name.
func CheckName(name string) (advice string, err error) {
	if i := strings.IndexFunc(name, notInName); i >= 0 {
		return "", &NameError{Name: name, Problem: fmt.Sprintf(
			"has %q: use lower-case letters, digits, \".\" and \"_\" only", []rune(name[i:])[0])}
	}
	segments := strings.Split(name, ".")
	if len(segments) < 2 {
		return "", &NameError{Name: name, Problem: `has no namespace: write it before a ".", as in "recipe.created"`}
	}
	if slices.Contains(segments, "") {
		return "", &NameError{Name: name, Problem: `has an empty part: write something on both sides of each "."`}
	}
	last := segments[len(segments)-1]
	word := last[strings.LastIndexByte(last, '_')+1:]
	if !looksLikeVerb(word) {
		advice = fmt.Sprintf("event name %q: its last word, %q, should be a verb that says what happened, as in %q",
			name, word, "recipe.created")
	}
	return advice, nil
}

// NameError reports an event name that breaks the conventions.
type NameError struct{ Name, Problem string }

func (e *NameError) Error() string { return fmt.Sprintf("event name %q %s", e.Name, e.Problem) }

func notInName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_')
}

// looksLikeVerb recognizes regular past forms, gerunds and the most common irregular past
// forms.
func looksLikeVerb(word string) bool {
	return strings.HasSuffix(word, "ed") || strings.HasSuffix(word, "ing") || slices.Contains(irregular, word)
}

var irregular = []string{
	"begun", "bought", "bound", "broken", "brought", "built", "caught", "chosen", "done", "drawn",
	"fallen", "found", "given", "gone", "got", "held", "kept", "left", "lost", "made", "met", "paid",
	"put", "read", "run", "said", "seen", "sent", "set", "shown", "shut", "sold", "spent", "split",
	"taken", "told", "won", "written",
}
