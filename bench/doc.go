// Package bench compares rollcall with its peers: the same work in one process, so that
// the ratios hold on any machine. Run it with make bench.
package bench
