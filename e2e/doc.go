// Package e2e has no code but tests: they drive a Chromium against the pages
// that monitor.Handler serves, of the recipes example and of a server with
// hostile names.
//
//	go test ./e2e                             # skips where no browser is installed
//	ROLLCALL_REQUIRE_BROWSER=1 go test ./e2e  # fails there
//	make pictures                             # rewrites the pictures in docs/
//
// The example is built while the tests run. Where nothing but the example has
// changed, go test may hold an old result for a new one: -count=1 helps.
package e2e
