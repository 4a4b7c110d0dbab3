package e2e_test

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

const (
	required = "ROLLCALL_REQUIRE_BROWSER" // 1 where a test without a browser is to fail
	patience = 20 * time.Second           // for what takes a moment
)

// browser is that of all tests.
func browser(t *testing.T) context.Context {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	t.Helper()
	path := executable(t)
	return sharedBrowser.get(t, func() (context.Context, error) { return startBrowser(path) })
}

// executable is the browser of this machine. Where there is none the test is
// skipped, or fails if a browser is required.
func executable(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no browser: chromium, chromium-browser and google-chrome are not in PATH; apt-get install chromium"
	if cmp.Or(os.Getenv(required), "0") != "0" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}
