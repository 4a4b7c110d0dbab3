package main

import (
	"errors"
	"io"
	"testing"
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
		{[]string{"help"}, io.Discard, 0},
		{[]string{"order", "../../orderfile/testdata/relatives.yaml"}, io.Discard, 0},
		{[]string{"order", "../../orderfile/testdata/relatives.yaml"}, full{}, 1},
		{[]string{"order", "-format", "json", "absent"}, full{}, 1},
		{[]string{"order", "."}, io.Discard, 1},
		{[]string{"check", "../../orderfile/testdata/bad.txt"}, io.Discard, 1},
	} {
		if got := run(tt.args, tt.stdout, io.Discard); got != tt.want {
			t.Errorf("rollcall %v exits with %d, want %d", tt.args, got, tt.want)
		}
	}
}
