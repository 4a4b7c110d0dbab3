package provider_test

import (
	"fmt"
	"testing"
)

// BenchmarkMutableAdd adds a listener to those of an application, and removes it again.
func BenchmarkMutableAdd(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var application listeners
			for i := range n {
				application = append(application, on(fmt.Sprint("l", i), fmt.Sprintf(`after:"?l%d"`, i/2)))
			}
			application[0].Placement.After = nil
			m := startWith(b, application)
			for b.Loop() {
				remove, err := m.Add(on("plugin", `after:"l0" before:"l1"`))
				if err != nil {
					b.Fatal(err)
				}
				remove()
			}
		})
	}
}
