// Command write writes the application of package bigshop to a directory.
//
//	go run ./internal/bigshop/write DIRECTORY
package main

import (
	"fmt"
	"os"

	"github.com/rollcall-go/rollcall/vet/internal/bigshop"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write DIRECTORY")
		os.Exit(2)
	}
	if err := bigshop.Write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
