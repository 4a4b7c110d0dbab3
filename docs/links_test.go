package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// Every link leads to a file of the project, and to a heading of it if the link says so.
// Links to other sites are not followed.
func TestLinksLead(t *testing.T) {
	links := 0
	for _, d := range documents(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(withoutCode(d.prose()), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			file, heading, _ := strings.Cut(m[1], "#")
			target := d.path
			if file != "" {
				target = filepath.Join(filepath.Dir(d.path), file)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: %v", d.path, err)
				continue
			}
			if heading != "" && !headings(read(t, target))[heading] {
				t.Errorf("%s: %s has no heading #%s", d.path, target, heading)
			}
		}
	}
	if links < 20 {
		t.Errorf("%d links were found, want more", links)
	}
}

// withoutCode removes code in lines, in which a type argument and a call look like a link.
func withoutCode(text string) string {
	return regexp.MustCompile("``[^\n]+?``|`[^`\n]+`").ReplaceAllString(text, "")
}

// headings returns the anchors that GitHub makes of a document's headings.
func headings(d document) map[string]bool {
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(d.prose(), -1) {
		found[anchor(m[1])] = true
	}
	return found
}

func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
