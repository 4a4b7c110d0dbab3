// Package errlist takes joined errors apart.
package errlist

// Leaves are the errors that err joins, however deep, in order; err itself if
// it joins none; nil for nil.
func Leaves(err error) []error {
	if err == nil {
		return nil
	}
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var leaves []error
	for _, e := range several.Unwrap() {
		leaves = append(leaves, Leaves(e)...)
	}
	return leaves
}

// Distinct are the Leaves, of each text the first: a cycle between listeners
// of several events shows in each of these.
func Distinct(err error) []error {
	var distinct []error
	seen := map[string]bool{}
	for _, leaf := range Leaves(err) {
		if text := leaf.Error(); !seen[text] {
			seen[text] = true
			distinct = append(distinct, leaf)
		}
	}
	return distinct
}
