package inspect_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/inspect"
)

// box is what an element of a picture covers.
type box struct {
	what                     string
	left, top, right, bottom float64
}

func (b box) overlaps(c box) bool {
	return b.left < c.right && c.left < b.right && b.top < c.bottom && c.top < b.bottom
}

// No label of a picture overlaps another one, a hint's line or the border of a
// box, and everything is inside the picture.
func TestSVGLabelsDoNotOverlap(t *testing.T) {
	for name, content := range map[string]string{"services": services, "hostile": hostile, "three": many(3), "eighty": many(80), "grouped": grouped, "labelled": labelled(80),
		"wide": strings.ReplaceAll(services, "recipes", "調理法のレシピ"), "long": strings.ReplaceAll(hostile, "back", strings.Repeat("long", 125))} {
		t.Run(name, func(t *testing.T) {
			var svg bytes.Buffer
			if err := report(t, content).Write(&svg, inspect.SVG); err != nil {
				t.Fatal(err)
			}
			picture, labels, lines := measure(t, svg.Bytes())
			for i, a := range labels {
				if a.left < 0 || a.top < 0 || a.right > picture.right || a.bottom > picture.bottom {
					t.Errorf("%q leaves the picture", a.what)
				}
				for _, b := range append(labels[i+1:], lines...) {
					if a.overlaps(b) {
						t.Errorf("%q overlaps %q: %v, %v", a.what, b.what, a, b)
					}
				}
			}
			if len(labels) == 0 {
				t.Error("the picture is empty")
			}
		})
	}
}

// The picture of one event takes its style from its page.
func TestSVGOfAnEvent(t *testing.T) {
	svg := []byte(report(t, hostile).Providers[0].Events[0].SVG())
	checkWellFormed(t, inspect.SVG, svg)
	if bytes.Contains(svg, []byte("style")) {
		t.Errorf("it has a style: %s", svg)
	}
	_, labels, _ := measure(t, svg)
	var texts []string
	for _, l := range labels {
		texts = append(texts, l.what)
	}
	want := []string{"a & b", `1. <script>alert("x")</script>`, `right before back\slash`, `2. back\slash`, "priority 0 (default)"}
	if diff := cmp.Diff(want, texts[:min(len(want), len(texts))]); diff != "" || len(texts) != 14 {
		t.Errorf("%d labels: %s", len(texts), diff)
	}
}

// many is an order file with n listeners and many hints.
func many(n int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range n {
		hints := ""
		if i%3 == 1 {
			hints = fmt.Sprintf(", after: listener%d", i/2)
		}
		if i%7 == 2 {
			hints = fmt.Sprintf(", priority: %d, before: listener%d", i%5, i-1)
		}
		fmt.Fprintf(&b, "  listener%d: { tags: [ { name: event_listener, event: E%s } ] }\n", i, hints)
	}
	return b.String()
}

// labelled is an order file with n listeners, labels of all kinds that hints and a
// sequence name, and some listeners that are off.
func labelled(n int) string {
	var b strings.Builder
	b.WriteString("sequence: { E: [ \"@group0\", \"@group1\", \"@group2\", \"@group3\" ] }\noff: { E: [ listener7, \"@spare\" ] }\nservices:\n")
	for i := range n {
		labels := fmt.Sprintf("group%d", i*4/n) // runs of neighbours
		hints := ""
		if i%10 == 3 {
			labels += ", rare" // scattered
		}
		if i%20 == 11 {
			labels += ", spare"
		}
		if i >= n/4 && i < n/4+3 {
			labels += ", inner" // in a run
		}
		if i == n-1 {
			hints = ", after: \"@rare\", before: \"?@absent\""
		}
		if i%8 == 0 && i < n/4 {
			hints = ", before: [ \"@rare\", \"@inner\" ]"
		}
		fmt.Fprintf(&b, "  listener%d: { tags: [ { name: event_listener, event: E, labels: [ %s ]%s } ] }\n", i, labels, hints)
	}
	return b.String()
}

// A label costs a line for each member and an arc for each listener that names it.
func TestSVGOfALabelHasFewLines(t *testing.T) {
	var file strings.Builder
	file.WriteString("services:\n")
	for i := range 40 {
		fmt.Fprintf(&file, "  early%d: { tags: [ { name: event_listener, event: E, labels: early } ] }\n", i)
		fmt.Fprintf(&file, "  late%d: { tags: [ { name: event_listener, event: E, after: \"@early\" } ] }\n", i)
	}
	r := report(t, file.String())
	for format, arrow := range map[inspect.Format]string{inspect.SVG: `class="a"`, inspect.Mermaid: " -.-> ", inspect.DOT: "style=dashed"} {
		var got strings.Builder
		if err := r.Write(&got, format); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(got.String(), arrow); n != 40 {
			t.Errorf("%s: %d arrows", format, n)
		}
	}
}

// measure returns the boxes of the labels and of the lines beside them. A character of
// 13 px is at most 0.602 times as wide, which is the widest of the fonts that the
// picture names.
func measure(t *testing.T, svg []byte) (picture box, labels, lines []box) {
	t.Helper()
	var doc struct {
		Width  float64 `xml:"width,attr"`
		Height float64 `xml:"height,attr"`
		Texts  []struct {
			X, Y float64
			XA   float64 `xml:"x,attr"`
			YA   float64 `xml:"y,attr"`
			Text string  `xml:",chardata"`
		} `xml:"text"`
		Paths []struct {
			Class string `xml:"class,attr"`
			D     string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(svg, &doc); err != nil {
		t.Fatal(err)
	}
	for _, x := range doc.Texts {
		labels = append(labels, box{x.Text, x.XA, x.YA - 10, x.XA + 13*0.602*float64(width(x.Text)), x.YA + 3})
	}
	for _, p := range doc.Paths {
		if p.Class == "a" || p.Class == "l" {
			lines = append(lines, lineOf(t, p.D))
		}
	}
	return box{right: doc.Width, bottom: doc.Height}, labels, lines
}

// lineOf returns the box of the upright part of a path such as M56 64H46V142H54.
func lineOf(t *testing.T, d string) box {
	t.Helper()
	numbers := strings.FieldsFunc(d, func(r rune) bool { return r < '0' || r > '9' })
	var n []float64
	for _, text := range numbers {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		n = append(n, v)
	}
	return box{d, n[2], min(n[1], n[3]), n[0], max(n[1], n[3])}
}

// width counts the wide letters of the tests twice.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x3040 && r < 0xa000 {
			n++
		}
	}
	return n
}
