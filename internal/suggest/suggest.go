// Package suggest finds the name that a misspelt one was probably meant to be.
package suggest

import "strings"

// Name returns the candidate that is fewest edits away from name, the earliest of
// several. It returns false if even that one is too far to be what was meant: more than a
// third of the longer name's letters. A name that the candidate begins with is near. If
// none is near, Name returns the one candidate that has the same last part after a dot or
// a slash, if necessary ignoring case: "main.Indexer" for "Indexer". It costs
// O(len(candidates) × len(name) × length of a candidate).
func Name(name string, candidates []string) (string, bool) {
	best, bestDistance := closest(name, candidates)
	if bestDistance >= 0 && 3*bestDistance <= max(len(name), len(best))+1 {
		return best, true
	}
	same := func(a, b string) bool { return a == b }
	if c, ok := sharing(name, candidates, same); ok {
		return c, true
	}
	return sharing(name, candidates, strings.EqualFold)
}

// sharing is the only candidate that has the last part of the name.
func sharing(name string, candidates []string, same func(a, b string) bool) (string, bool) {
	found := ""
	for _, c := range candidates {
		if c == found || lastPart(c) == "" || !same(lastPart(c), lastPart(name)) {
			continue
		}
		if found != "" {
			return "", false
		}
		found = c
	}
	return found, found != ""
}

func lastPart(name string) string { return name[strings.LastIndexAny(name, "./")+1:] }

// Closest is Name for a short closed list, such as the keys of a format: the
// nearest one counts however far it is. It returns "" for an empty list.
func Closest(name string, candidates []string) string {
	best, _ := closest(name, candidates)
	return best
}

// MaxLength is the length in bytes of the longest name that is compared whole;
// longer ones are no typing errors.
const MaxLength = 200

// closest also returns the distance of the candidate, or -1 if there is no candidate.
func closest(name string, candidates []string) (string, int) {
	best, bestDistance := "", -1
	for _, c := range candidates {
		d := len(name) + len(c)
		if d <= 2*MaxLength {
			d = distance(name, c)
		}
		if len(name) > 1 && strings.HasPrefix(c, name) {
			d = min(d, 1)
		}
		if bestDistance < 0 || d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best, bestDistance
}

// DidYouMean returns a suggestion as the end of an error message, or "" if no candidate
// is near.
func DidYouMean(name string, candidates []string) string {
	if near, ok := Name(name, candidates); ok {
		return ", did you mean " + near + "?"
	}
	return ""
}

// distance is the Levenshtein distance with transposed neighbours counted as
// one edit (optimal string alignment), over bytes.
func distance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost(a[i-1] != b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}

func cost(differ bool) int {
	if differ {
		return 1
	}
	return 0
}
