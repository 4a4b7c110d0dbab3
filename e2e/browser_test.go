package e2e_test

import (
	"cmp"
	"context"
	"log"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	required = "ROLLCALL_REQUIRE_BROWSER" // 1 where a test without a browser is to fail
	patience = 20 * time.Second           // for what takes a moment
)

// whole is whether the tests open all pages in all looks, instead of some.
var whole = os.Getenv("ROLLCALL_LEDGER") == "1"

// browser starts a Chromium of its own for the test, without a window and with
// an empty profile, and ends it with the test.
func browser(t *testing.T) context.Context {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(executable(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", // containers have little of it
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, kill := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(log.Printf)) // chromedp.Cancel ends it
	t.Cleanup(func() {
		end, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := chromedp.Cancel(end); err != nil {
			t.Errorf("the browser ends with %v", err)
		}
		kill()
		chromedp.FromContext(ctx).Allocator.Wait()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return ctx
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
