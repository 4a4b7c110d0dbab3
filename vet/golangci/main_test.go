package golangci_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/rollcall-go/rollcall/vet/internal/modules"
)

func TestMain(m *testing.M) {
	if err := modules.Ready(".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
