// Package golden compares the output of this library's tests with files. The flag -update
// rewrites the files, and so does the environment variable ROLLCALL_UPDATE=1.
package golden

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Check fails the test if got is not the content of the file. With -update, it writes
// got to the file first.
func Check(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update || os.Getenv("ROLLCALL_UPDATE") == "1" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		line, wanted, found := firstDifference(string(want), string(got))
		t.Errorf("%s (-update rewrites it), line %d:\nwant %q\ngot  %q", path, line, wanted, found)
	}
}

// firstDifference returns the number of the first line that differs between two different
// texts, and that line of each text.
func firstDifference(want, got string) (number int, wanted, found string) {
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	i := 0
	for w[i] == g[i] { // the last line of the shorter text differs, since it lacks a line break
		i++
	}
	return i + 1, w[i], g[i]
}
