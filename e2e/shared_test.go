package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// What all tests share, made by the first that needs it and ended by TestMain:
// one browser, in which each tab has a profile of its own, and one build of the
// example, of which each test has a process.
var (
	sharedDir     string
	sharedBrowser sharing[context.Context]
	sharedProgram sharing[string]
)

func TestMain(m *testing.M) {
	code, err := runIn(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// runIn runs the tests and ends what they shared.
func runIn(m *testing.M) (code int, err error) {
	if sharedDir, err = os.MkdirTemp("", "e2e"); err != nil {
		return 1, err
	}
	code = m.Run()
	if browser := sharedBrowser.value; browser != nil {
		err = endBrowser(browser)
	}
	return code, errors.Join(err, os.RemoveAll(sharedDir))
}

// sharing is a value that is made once.
type sharing[T any] struct {
	once  sync.Once
	value T
	err   error
}

func (s *sharing[T]) get(t *testing.T, made func() (T, error)) T {
	t.Helper()
	s.once.Do(func() { s.value, s.err = made() })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.value
}

// startBrowser starts a Chromium without a window and with an empty profile.
func startBrowser(path string) (context.Context, error) {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(sharedDir, "profile")),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", // containers have little of it
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...) // endBrowser ends it
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(log.Printf))   // as well
	if err := chromedp.Run(ctx); err != nil {
		return nil, fmt.Errorf("the browser does not start: %w", err)
	}
	return ctx, nil
}

// endBrowser closes the browser and waits for its process.
func endBrowser(browser context.Context) error {
	ctx, cancel := context.WithTimeout(browser, patience)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		return fmt.Errorf("the browser ends with %w", err)
	}
	chromedp.FromContext(browser).Allocator.Wait()
	return nil
}

// buildExample builds the recipes example.
func buildExample() (string, error) {
	program := filepath.Join(sharedDir, "recipes")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./examples/recipes")
	build.Dir, build.Env = "..", append(os.Environ(), "GOFLAGS=") // not those of the tests
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
}
