package docs_test

import (
	"strings"
	"testing"
)

// .ci/run runs them.
func TestReadmeHasTwoCommands(t *testing.T) {
	if want := "```sh\ngo run ./examples/recipes\ngo test work\n```"; !strings.Contains(read(t, "README.md").text, want) {
		t.Errorf("there is no block\n%s", want)
	}
}

// The first program can be pasted as it is.
func TestReadmeBeginsWithAProgram(t *testing.T) {
	first := read(t, "README.md").of("go")[0].text
	if !strings.HasPrefix(first, "package main\n\nimport (") || !strings.HasSuffix(first, "\n}\n") {
		t.Errorf("the first snippet is no whole program:\n%s", first)
	}
}

func TestShortDocuments(t *testing.T) {
	for path, most := range map[string]int{"README.md": 200, "CHANGELOG.md": 39} {
		if n := strings.Count(read(t, path).text, "\n"); n > most {
			t.Errorf("%s has %d lines, want at most %d", path, n, most)
		}
	}
}
