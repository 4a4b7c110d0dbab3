package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"image"
	"image/color"
	"image/png"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the pictures of the README")

const (
	pictures       = "../docs"
	pictureWidth   = 1200
	picturesAtMost = 300_000 // bytes, of both
)

// The pictures of the README: the page of an event, in both schemes.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	p, s := newStage(t).open(t)
	s.good("Pea soup with mint", "Tomato soup", "Lentil dal", "Potato gratin")
	s.refused("Tomato soup")
	s.good("Rye bread")
	size := 0
	for _, scheme := range []string{"light", "dark"} {
		p.emulate(scheme, pictureWidth)
		p.open(eventPage("recipe.submitted"))
		picture := p.picture()
		size += len(picture)
		if *update {
			write(t, filepath.Join(pictures, "events-"+scheme+".png"), picture)
		}
	}
	if size == 0 || size > picturesAtMost {
		t.Errorf("the pictures have %d bytes, want %d at most", size, picturesAtMost)
	}
}

// picture is the page down to the first two of its last dispatches, as PNG.
func (p *tab) picture() []byte {
	p.t.Helper()
	var height float64
	p.eval(`Math.ceil(document.querySelector(".timeline:nth-child(2)").getBoundingClientRect().bottom) + 8`, &height)
	var taken []byte
	p.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		taken, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).
			WithClip(&page.Viewport{Width: pictureWidth, Height: height, Scale: 1}).Do(ctx)
		return err
	}))
	return smaller(p.t, taken)
}

// smaller is the same picture in no more than 256 colours, which takes half of
// the bytes.
func smaller(t *testing.T, taken []byte) []byte {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(taken))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.Color]int{}
	for x, y := range points(picture) {
		count[picture.At(x, y)]++
	}
	palette := paletteOf(count)
	index := map[color.Color]uint8{}
	for c := range count {
		index[c] = uint8(palette.Index(c))
	}
	few := image.NewPaletted(picture.Bounds(), palette)
	for x, y := range points(picture) {
		few.SetColorIndex(x, y, index[picture.At(x, y)])
	}
	var b bytes.Buffer
	if err := png.Encode(&b, few); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// paletteOf has the commonest colours, without those that are near to a
// commoner one: as near as it takes for the others to find room.
func paletteOf(count map[color.Color]int) color.Palette {
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return cmp.Compare(count[b], count[a]) })
	for near := 0; ; near++ {
		var palette color.Palette
		for _, c := range colours {
			if len(palette) == 0 || distance(c, palette.Convert(c)) > near {
				palette = append(palette, c)
			}
		}
		if len(palette) <= 256 {
			return palette
		}
	}
}

// distance is the greatest difference of a red, green or blue.
func distance(a, b color.Color) int {
	r, g, bl, _ := a.RGBA()
	r2, g2, bl2, _ := b.RGBA()
	apart := func(x, y uint32) int { return int(max(x, y)-min(x, y)) >> 8 }
	return max(apart(r, r2), apart(g, g2), apart(bl, bl2))
}

func points(picture image.Image) iter.Seq2[int, int] {
	return func(yield func(x, y int) bool) {
		size := picture.Bounds()
		for i := range size.Dx() * size.Dy() {
			if !yield(size.Min.X+i%size.Dx(), size.Min.Y+i/size.Dx()) {
				return
			}
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
