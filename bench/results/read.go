package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// results are the medians of benchmark runs.
type results struct {
	machine []string                        // the goos, goarch, cpu and load lines
	samples map[string]map[string][]float64 // benchmark → unit → one value a run
	order   []string                        // of the benchmarks
	seen    map[string]bool                 // the benchmarks of this run so far
}

// read reads the output of several runs of go test -bench. If -count repeats a benchmark
// within a run, the fastest repetition counts, because other work on the machine only
// slows it down.
func read(in io.Reader) (*results, error) {
	r := &results{samples: map[string]map[string][]float64{}, seen: map[string]bool{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		switch fields := strings.Fields(line); {
		case strings.HasPrefix(line, "goos:"), strings.HasPrefix(line, "goarch:"), strings.HasPrefix(line, "cpu:"):
			r.seen = map[string]bool{} // each run begins with these
			r.addMachine(line)
		case strings.HasPrefix(line, "load before:"):
			r.addMachine(line)
		case strings.HasPrefix(line, "FAIL"), strings.HasPrefix(line, "--- FAIL"), strings.HasPrefix(line, "panic:"):
			return nil, fmt.Errorf("a benchmark failed: %s", line)
		case strings.HasPrefix(line, "Benchmark") && len(fields) >= 4:
			r.add(fields)
		}
	}
	if len(r.order) == 0 {
		return nil, fmt.Errorf("no benchmarks in the input")
	}
	return r, lines.Err()
}

func (r *results) addMachine(line string) {
	if !slices.Contains(r.machine, line) {
		r.machine = append(r.machine, line)
	}
}

func (r *results) add(fields []string) {
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if r.samples[name] == nil {
		r.samples[name] = map[string][]float64{}
		r.order = append(r.order, name)
	}
	figures := figuresOf(fields)
	last, repeated := r.last(name), r.seen[name]
	r.seen[name] = true
	if repeated && figures["ns/op"] >= last["ns/op"] {
		return
	}
	for unit, value := range figures {
		values := r.samples[name][unit]
		if _, ok := last[unit]; ok && repeated {
			values = values[:len(values)-1]
		}
		r.samples[name][unit] = append(values, value)
	}
}

// figuresOf returns the values of a line by their units.
func figuresOf(fields []string) map[string]float64 {
	figures := map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
			figures[fields[i+1]] = value
		}
	}
	return figures
}

// last returns the newest figures of a benchmark.
func (r *results) last(name string) map[string]float64 {
	figures := map[string]float64{}
	for unit, values := range r.samples[name] {
		figures[unit] = values[len(values)-1]
	}
	return figures
}

// median returns the median of a benchmark's values in a unit, or false if there are
// none. The name may leave out the number of cores.
func (r *results) median(name, unit string) (float64, bool) {
	values := r.values(name, unit)
	if len(values) == 0 {
		return 0, false
	}
	return median(values), true
}

// ratio returns the median of the ratios of two benchmarks within each run, so that a
// machine that gets slower from run to run does not change it. If one benchmark has run
// more often, ratio returns the ratio of the medians.
func (r *results) ratio(name, against, unit string) (float64, bool) {
	values, others := r.values(name, unit), r.values(against, unit)
	if len(values) == 0 || len(others) == 0 {
		return 0, false
	}
	if len(values) != len(others) {
		return median(values) / median(others), true
	}
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / others[i]
	}
	return median(ratios), true
}

// values returns a benchmark's values, one for each run.
func (r *results) values(name, unit string) []float64 {
	for _, full := range r.order {
		if full == name || full == name+"-"+cores(full) {
			return r.samples[full][unit]
		}
	}
	return nil
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// cores returns the number after the last dash, or "" if there is none.
func cores(name string) string {
	at := strings.LastIndexByte(name, '-')
	if at < 0 {
		return ""
	}
	if _, err := strconv.Atoi(name[at+1:]); err != nil {
		return ""
	}
	return name[at+1:]
}
