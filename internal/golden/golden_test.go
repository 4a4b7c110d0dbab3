package golden

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFirstDifference(t *testing.T) {
	for _, tt := range []struct {
		want, got string
		line      int
	}{
		{"a\nb\n", "a\nc\n", 2}, {"a\n", "a\nb", 2}, {"a\n", "a", 1}, {"a", "a\n", 1}, {"", "a", 1}, {"a\n", "", 1},
	} {
		line, wanted, found := firstDifference(tt.want, tt.got)
		if line != tt.line || wanted == found {
			t.Errorf("%q and %q differ in line %d, %q and %q, want %d", tt.want, tt.got, line, wanted, found, tt.line)
		}
	}
}

// The environment variable rewrites a file, as the flag does.
func TestUpdateByTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "golden.txt")
	t.Setenv("ROLLCALL_UPDATE", "1")
	Check(t, path, []byte("new"))
	if content, err := os.ReadFile(path); err != nil || string(content) != "new" {
		t.Errorf("got %s, %v", content, err)
	}
}
