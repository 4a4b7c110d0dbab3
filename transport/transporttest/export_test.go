package transporttest

import "time"

// Promises are the names of all promises.
func Promises() []string {
	var names []string
	for _, p := range promises {
		names = append(names, p.name)
	}
	return names
}

// SetPatience changes how long the kit waits.
func SetPatience(d time.Duration) { patience = d }
