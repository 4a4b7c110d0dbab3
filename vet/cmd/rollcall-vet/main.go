// Command rollcall-vet reports mistakes in the use of rollcall. Run it on packages, or pass
// it to go vet:
//
//	rollcall-vet ./...
//	go vet -vettool=$(which rollcall-vet) ./...
//
// With package patterns, it runs go vet with itself as the tool, so that results are cached.
// A change of a YAML file below the working directory's module or workspace makes the cached
// results stale, because it may be an order file.
// The flags of go vet may stand before the patterns. Package vet describes the reports.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/rollcall-go/rollcall/vet"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-V=full" {
		if err := printVersion(os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "rollcall-vet: %v\n", err)
			os.Exit(2)
		}
		return
	}
	if u := unitOf(os.Args[1:]); u != nil {
		os.Exit(u.check(vet.Analyzer))
	}
	if asTool(os.Args[1:]) {
		unitchecker.Main(vet.Analyzer)
	}
	os.Exit(alone(os.Args[1:]))
}

// asTool reports whether go vet has called the command, or somebody asks for help.
func asTool(args []string) bool {
	if len(args) == 0 || args[0] == "help" || args[0] == "-flags" {
		return true
	}
	return strings.HasSuffix(args[len(args)-1], ".cfg")
}

// alone runs go vet with this command as its tool, and returns the exit code.
func alone(args []string) int {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintf(os.Stderr, "rollcall-vet: finding its own file for go vet: %v\n", err)
		return 2
	}
	vet := exec.Command("go", append([]string{"vet", "-vettool=" + self}, args...)...)
	vet.Stdin, vet.Stdout, vet.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = vet.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "rollcall-vet: running go vet: %v\n", err)
		return 2
	}
	return 0
}
