// Command speed measures how long go vet and rollcall-vet take on the application of 60
// modules. Each run begins with a build cache that has the compiler's results and no reports.
// On a busy machine, compare the time of the processors.
//
//	go run ./internal/speed [-rounds 7]
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/vet/internal/bigshop"
)

func main() {
	rounds := flag.Int("rounds", 7, "how often each is measured")
	flag.Parse()
	if err := measure(*rounds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bench is the application with its build cache.
type bench struct {
	dir   string // of all files
	env   []string
	cache string // with the compiler's results
	run   int
}

func measure(rounds int) error {
	dir, err := os.MkdirTemp("", "speed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, cache: filepath.Join(dir, "cache")}
	tool := filepath.Join(dir, "rollcall-vet")
	if err := b.prepare(tool); err != nil {
		return err
	}
	var vet, rollcall []seconds
	for range rounds {
		x, err := b.cold("vet", "./...")
		if err != nil {
			return err
		}
		y, err := b.cold("vet", "-vettool="+tool, "./...")
		if err != nil {
			return err
		}
		vet, rollcall = append(vet, x), append(rollcall, y)
	}
	fmt.Printf("%s, %s/%s, %d processors, medians of %d rounds\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds)
	print("clock", vet, rollcall, func(s seconds) float64 { return s.clock })
	print("processors", vet, rollcall, func(s seconds) float64 { return s.processors })
	return nil
}

// seconds is what one run takes.
type seconds struct{ clock, processors float64 }

func print(what string, vet, rollcall []seconds, of func(seconds) float64) {
	var x, y, ratios []float64
	for i := range vet {
		x, y = append(x, of(vet[i])), append(y, of(rollcall[i]))
		ratios = append(ratios, y[i]/x[i])
	}
	fmt.Printf("%-10s  go vet %.1f s, rollcall-vet %.1f s, ratio %.2f\n", what, median(x), median(y), median(ratios))
}

// prepare writes the application, builds the tool, and fills the cache.
func (b *bench) prepare(tool string) error {
	app := filepath.Join(b.dir, "bigshop")
	if err := bigshop.Write(app); err != nil {
		return err
	}
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	work := filepath.Join(b.dir, "go.work")
	text := "go " + strings.TrimPrefix(runtime.Version(), "go") + "\n\nuse ./bigshop\nuse " + strconv.Quote(root) + "\n"
	if err := os.WriteFile(work, []byte(text), 0o666); err != nil {
		return err
	}
	if out, err := exec.Command("go", "build", "-o", tool, "./cmd/rollcall-vet").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	b.env = append(os.Environ(), "GOWORK="+work, "GOFLAGS=")
	_, err = b.timed(b.cache, "list", "-test", "-export", "-deps", "./...")
	return err
}

// cold runs a command with a copy of the cache.
func (b *bench) cold(arguments ...string) (seconds, error) {
	b.run++
	cache := filepath.Join(b.dir, fmt.Sprint("cache", b.run))
	defer os.RemoveAll(cache)
	if err := link(b.cache, cache); err != nil {
		return seconds{}, err
	}
	return b.timed(cache, arguments...)
}

func (b *bench) timed(cache string, arguments ...string) (seconds, error) {
	c := exec.Command("go", arguments...)
	c.Dir, c.Env = filepath.Join(b.dir, "bigshop"), append(slices.Clone(b.env), "GOCACHE="+cache)
	began := time.Now()
	out, err := c.CombinedOutput()
	if err != nil {
		return seconds{}, fmt.Errorf("go %s: %w\n%s", strings.Join(arguments, " "), err, out)
	}
	return seconds{time.Since(began).Seconds(), (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()}, nil
}

// link makes a copy of a folder by hard links: the go command never changes a file of its
// cache.
func link(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, relative), 0o777)
		}
		return os.Link(path, filepath.Join(to, relative))
	})
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
