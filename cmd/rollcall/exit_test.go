package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/inspect"
)

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		stdout io.Writer
		want   int
	}{
		{nil, io.Discard, 2},
		{[]string{"sort"}, io.Discard, 2},
		{[]string{"order"}, io.Discard, 2},
		{[]string{"order", "-x"}, io.Discard, 2},
		{[]string{"check"}, io.Discard, 2},
		{[]string{"check", "-x"}, io.Discard, 2},
		{[]string{"explain", "-x", "E", "a"}, io.Discard, 2},
		{[]string{"help"}, io.Discard, 0},
		{[]string{"explain", "-h"}, io.Discard, 0},
		{[]string{"order", "-h"}, io.Discard, 0},
		{[]string{"check", "-h"}, io.Discard, 0},
		{[]string{"check", "--help"}, io.Discard, 0},
		{[]string{"order", "../../internal/orderfile/testdata/relatives.yaml"}, io.Discard, 0},
		{[]string{"order", "../../internal/orderfile/testdata/relatives.yaml"}, full{}, 1},
		{[]string{"order", "-format", "json", "absent"}, full{}, 1},
		{[]string{"order", "."}, io.Discard, 1},
		{[]string{"check", "../../internal/orderfile/testdata/bad.txt"}, io.Discard, 1},
	} {
		if got := run(tt.args, tt.stdout, io.Discard); got != tt.want {
			t.Errorf("rollcall %v exits with %d, want %d", tt.args, got, tt.want)
		}
	}
}

// Text has colours on a terminal only, and not where somebody forbids them. The
// null device is no terminal, but a character device like one.
func TestColours(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, tt := range []struct {
		out           io.Writer
		format        inspect.Format
		noColor, term string
		want          inspect.Format
	}{
		{device, inspect.Text, "", "xterm", inspect.ANSI},
		{device, inspect.Text, "1", "xterm", inspect.Text},
		{device, inspect.Text, "", "dumb", inspect.Text},
		{device, inspect.JSON, "", "xterm", inspect.JSON},
		{file, inspect.Text, "", "xterm", inspect.Text},
		{io.Discard, inspect.Text, "", "xterm", inspect.Text},
	} {
		t.Setenv("NO_COLOR", tt.noColor)
		t.Setenv("TERM", tt.term)
		if got := onTerminal(tt.format, tt.out); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}

func TestProblemsDoNotControlTheTerminal(t *testing.T) {
	var b strings.Builder
	if quoted(kindBuild, "a\x1b[2J\nb\u009bc").print(&b); b.String() != "a�[2J\nb�c\n" {
		t.Errorf("got %q", b.String())
	}
}
