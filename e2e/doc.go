// Package e2e contains only tests. They open the pages of monitor.Handler in Chromium:
// those of the recipes example, and those of a server with hostile names.
//
//	go test ./e2e                             # skips if no browser is installed
//	ROLLCALL_REQUIRE_BROWSER=1 go test ./e2e  # fails instead
//	ROLLCALL_LEDGER=1 go test ./e2e           # all pages in all looks; part of make ledger
//	make pictures                             # rewrites the pictures in docs/
//
// The example is built while the tests run. If only the example has changed, go test
// may print a cached result. Use -count=1 then.
package e2e
