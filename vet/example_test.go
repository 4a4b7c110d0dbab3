package vet_test

import (
	"fmt"

	"github.com/rollcall-go/rollcall/vet"
)

// The analyzer can be part of a tool of your own, beside other analyzers.
func Example() {
	fmt.Println(vet.Analyzer.Name)
	fmt.Println(vet.Analyzer.URL)
	// Output:
	// rollcall
	// https://pkg.go.dev/github.com/rollcall-go/rollcall/vet
}
