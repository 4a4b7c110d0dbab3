// Package docs_test checks the project's documents: it runs their commands, compiles
// their programs, compares what they print, and follows their links.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the project, from this one.
const root = ".."

// block is a fenced block of a document.
type block struct {
	language string
	text     string
	before   string // the text between the last block and this one
	intro    string // its last paragraph
	line     int    // of the fence, from 1
}

// saves returns the file that the paragraph before a block asks to save it as.
func (b block) saves() (file string, ok bool) {
	m := regexp.MustCompile("(?s)[Ss]ave (?:this|it) as `([^`]+)`").FindStringSubmatch(b.intro)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// document is a Markdown file with its path from the root.
type document struct {
	path   string
	text   string
	blocks []block
}

func read(t *testing.T, path string) document {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	d := document{path: path, text: string(data)}
	var open *block
	var before, paragraph []string
	ended := false
	for i, line := range strings.Split(d.text, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open == nil:
			open = &block{language: fence, before: strings.Join(before, "\n"), intro: strings.Join(paragraph, "\n"), line: i + 1}
			before, paragraph = nil, nil
		case isFence:
			d.blocks, open = append(d.blocks, *open), nil
		case open != nil:
			open.text += line + "\n"
		case line == "":
			ended = true
		default:
			if ended {
				paragraph, ended = nil, false
			}
			before, paragraph = append(before, line), append(paragraph, line)
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block is not closed", path, open.line)
	}
	return d
}

// prose returns the text without its blocks.
func (d document) prose() string {
	return regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(d.text, "")
}

// of returns the blocks of a language.
func (d document) of(language string) []block {
	var found []block
	for _, b := range d.blocks {
		if b.language == language {
			found = append(found, b)
		}
	}
	return found
}

// documents returns all Markdown files of the project.
func documents(t *testing.T) []document {
	t.Helper()
	var found []document
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(path, ".") && path != "."):
			return fs.SkipDir
		case strings.HasSuffix(path, ".md"):
			found = append(found, read(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"README.md", "docs/guide.md"} {
		if !slices.ContainsFunc(found, func(d document) bool { return d.path == path }) {
			t.Fatalf("%s was not found", path)
		}
	}
	return found
}
