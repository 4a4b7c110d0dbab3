// Package errlist splits joined errors.
package errlist

// Leaves returns the errors that err joins, at any depth, in order. It returns err itself
// if err joins none, and nil if err is nil.
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

// Distinct returns the Leaves of err, but only the first one with each text. For example,
// a cycle between listeners of several events occurs once for each event.
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
