// Package suggest finds the name that a misspelt name was probably meant to be.
package suggest

import "strings"

// Name returns the candidate with the fewest edits from name, or the first of several.
// The candidate must be near: it begins with name, or the edits are at most a third of
// the longer name. If none is near, Name returns the only candidate that has the same
// last part after a dot or a slash, such as "main.Indexer" for "Indexer". If there is
// none, Name tries that again and ignores case. Otherwise it returns false. It costs
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

// sharing returns the only candidate that has the same last part as name.
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

// lastPart returns what follows the last dot or slash of a name. It looks at the end of the
// name only: a part that is longer than MaxLength is not compared.
func lastPart(name string) string {
	name = name[max(0, len(name)-MaxLength-1):]
	return name[strings.LastIndexAny(name, "./")+1:]
}

// Closest returns the candidate with the fewest edits from name, even if it is not near.
// Use it for a short, fixed list, such as the keys of a format. It returns "" for an
// empty list.
func Closest(name string, candidates []string) string {
	best, _ := closest(name, candidates)
	return best
}

// MaxLength is the length in bytes of the longest names that are compared letter by
// letter. Longer names are not typing errors.
const MaxLength = 200

// closest returns the candidate with the fewest edits and their number. If there are no
// candidates, the number is -1.
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

// Correction is [DidYouMean], or a request to correct the name if no candidate is near.
func Correction(name string, candidates []string) string {
	if hint := DidYouMean(name, candidates); hint != "" {
		return hint
	}
	return ": correct it"
}

// distance returns the number of edits between two texts: the Levenshtein distance over
// bytes, but a swap of adjacent bytes is one edit (optimal string alignment).
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

// OneEdit reports whether one edit turns a into b: a byte that is added, left out, replaced
// or swapped with its neighbour. It costs O(len(a)).
func OneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	swapped := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	return swapped || a[i+1:] == b[i+1:]
}

func cost(differ bool) int {
	if differ {
		return 1
	}
	return 0
}
