package providertest

import (
	"fmt"
	"testing"
)

// Promises are the names of all promises.
func Promises() []string {
	var names []string
	for _, p := range promises {
		names = append(names, p.name)
	}
	return names
}

// Try checks one promise as Run does, but returns the failures instead of
// failing the test, and whether the check was skipped.
func Try(t testing.TB, promise string, k Kit) (failures []string, skipped bool) {
	r := &recorder{}
	for _, p := range promises {
		if p.name == promise {
			p.check(k.trial(t, r, p))
			return r.failures, r.skipped
		}
	}
	t.Fatalf("there is no promise %q", promise)
	return nil, false
}

type recorder struct {
	failures []string
	skipped  bool
}

func (r *recorder) Helper()     {}
func (r *recorder) Skip(...any) { r.skipped = true }
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
