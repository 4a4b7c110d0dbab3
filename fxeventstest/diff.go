package fxeventstest

import "strings"

// diff compares two texts line by line. Lines of both begin with two spaces, lines of old
// only with "- ", and lines of new only with "+ ". It returns "" if the texts are equal.
// It finds a longest common subsequence with a table, which is fast enough for short
// texts.
func diff(old, new string) string {
	if old == new {
		return ""
	}
	a, b := strings.Split(old, "\n"), strings.Split(new, "\n")
	common := make([][]int, len(a)+1) // common[i][j]: the number of common lines of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var text strings.Builder
	line := func(sign, content string) { text.WriteString(strings.TrimRight(sign+content, " ") + "\n") }
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			line("  ", a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			line("- ", a[i])
			i++
		default:
			line("+ ", b[j])
			j++
		}
	}
	return strings.TrimRight(text.String(), "\n")
}
