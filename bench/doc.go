// Package bench holds rollcall against its peers on the same work in one
// process, so that the ratios hold on any machine. Run it with make bench.
package bench
