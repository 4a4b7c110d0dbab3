package golangci_test

import (
	"strings"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis/analysistest"

	_ "github.com/rollcall-go/rollcall/vet/golangci"
)

// golangci-lint finds the plugin by its name and runs its analyzers.
func TestPlugin(t *testing.T) {
	newPlugin, err := register.GetPlugin("rollcall")
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := newPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	if mode := plugin.GetLoadMode(); mode != register.LoadModeTypesInfo {
		t.Errorf("load mode %q", mode)
	}
	analyzers, err := plugin.BuildAnalyzers()
	if err != nil || len(analyzers) != 1 {
		t.Fatalf("%d analyzers, %v", len(analyzers), err)
	}
	analysistest.Run(t, "..", analyzers[0], "./golangci/testdata/notify", "./golangci/testdata/ordered")
}

func TestSettings(t *testing.T) {
	newPlugin, err := register.GetPlugin("rollcall")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newPlugin(map[string]any{}); err != nil {
		t.Error(err)
	}
	_, err = newPlugin(map[string]any{"strict": true})
	if err == nil || !strings.HasPrefix(err.Error(), "the linter rollcall has no settings: remove them from .golangci.yml: ") {
		t.Errorf("got %v", err)
	}
}
