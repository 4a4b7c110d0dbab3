# Every target says what it does: make help.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -o pipefail -c
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 20s

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## run all tests of all modules; the longest in a short form
	go test work

.PHONY: ledger
ledger: ## run what test shortens as a whole, by ROLLCALL_LEDGER=1; writes transport/faults/RESULTS.md
	ROLLCALL_LEDGER=1 ROLLCALL_REQUIRE_BROKERS=1 go test -count=1 -timeout 30m -skip '^TestDeadRows$$' ./transport/watermillevents ./transport/amqpevents ./transport/sqlevents ./e2e ./cmd/rollcall ./vet/...
	ROLLCALL_LEDGER=1 ROLLCALL_REQUIRE_BROKERS=1 go test -count=1 -timeout 90m ./transport/faults -update

# The race detector is for our own concurrency: not for what has none, as the
# examples of documents in the root, nor for benchmarks and what drives a browser
# or other processes.
RACE = $(shell go list work | grep -vE '/(bench|e2e|examples/hooks|examples/orders|examples/orms|transport/faults|transport/cloudeventstest|transport/outboxtest|ordering|orderfile|tags|event|cmd|vet)(/|$$)')

.PHONY: race
race: ## run ours shuffled, under the race detector; SHORT=-short leaves out what takes long
	go test -race $(SHORT) -shuffle=on $(RACE)

.PHONY: race-build
race-build: ## build what race runs, and run nothing
	go test -race -vet=off -exec true $(RACE)

.PHONY: lint
lint: ## vet, gofmt, staticcheck, go mod tidy
	go vet work
	go run ./vet/cmd/rollcall-vet work
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt would change: $$unformatted"; exit 1; }
	go run $(STATICCHECK) work
	@for mod in $$(git ls-files '*go.mod'); do (cd $$(dirname $$mod) && GOWORK=off go mod tidy -diff) || exit 1; done

.PHONY: build
build: ## build each module by itself, without the workspace
	@for mod in $$(git ls-files '*go.mod'); do echo "build $$(dirname $$mod)"; (cd $$(dirname $$mod) && GOWORK=off go build ./...) || exit 1; done

# The go directive of each go.mod allows it.
OLDEST := go1.25.0

.PHONY: oldest
oldest: ## test the root with the oldest Go that it allows
	GOTOOLCHAIN=$(OLDEST) GOWORK=off go test ./...

# What only compares or proves is for this system.
ELSEWHERE = $(shell go list -f '{{if .GoFiles}}{{.ImportPath}}{{end}}' work | grep -vE '/(bench|e2e|examples/orms|transport/faults|transport/cloudeventstest|transport/outboxtest)(/|$$)')

.PHONY: platforms
platforms: ## build for other systems, and vet for one of these and for 32 bits
	@for os in darwin windows; do echo "build for $$os"; GOOS=$$os go build $(ELSEWHERE) || exit 1; done
	GOOS=darwin go vet $(ELSEWHERE)
	GOARCH=386 go vet $(ELSEWHERE)

# A registry that does not list the versions of a module says nothing of it.
.PHONY: outdated
outdated: ## list direct dependencies that have a newer version; never fails
	@for mod in $$(git ls-files '*go.mod'); do \
		(cd $$(dirname $$mod) && for dep in $$(GOWORK=off go list -m -f '{{if not (or .Main .Indirect .Replace)}}{{.Path}}{{end}}' all); do \
			GOWORK=off go list -m -u -f "{{with .Update}}$$mod: {{\$$.Path}} {{\$$.Version}}, newest {{.Version}}{{end}}" $$dep 2>/dev/null | grep . ; \
		done); \
	done; true

.PHONY: goget
goget: ## whether an application elsewhere can get each module of a release
	.ci/goget

.PHONY: release
release: ## make the commits and the tags of VERSION, such as v0.1.0; push nothing
	.ci/release $(VERSION)

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZTIME, 20s by default
	.ci/fuzz FuzzSort $(FUZZTIME) ./ordering
	.ci/fuzz FuzzRoundTrip $(FUZZTIME) ./tags
	.ci/fuzz FuzzOrder $(FUZZTIME) ./internal/orderfile
	.ci/fuzz FuzzFromAttributes $(FUZZTIME) ./transport
	.ci/fuzz FuzzConnectURL $(FUZZTIME) ./transport/natsevents
	.ci/fuzz FuzzConnectURL $(FUZZTIME) ./transport/amqpevents
	.ci/fuzz FuzzDelivery $(FUZZTIME) ./transport/amqpevents

# What is covered is said by the tests of each of these packages alone.
COVERED := . ordering tags event provider provider/providertest fxevents fxeventstest internal/orderfile inspect monitor transport otelevents

.PHONY: cover
cover: ## fail where a package is covered less than 90 %
	@go test -short -cover -shuffle=on $(COVERED:%=./%) | tee coverage.out
	@$(MAKE) --no-print-directory covered

.PHONY: covered
covered: ## the same, by what a test run with -cover has written to coverage.out
	@for p in $(COVERED); do \
		awk -v p="$$(echo /rollcall/$$p | sed 's,/rollcall/[.]$$,-go/rollcall,')" '$$1 == "ok" && substr($$2, length($$2) - length(p) + 1) == p { \
			for (i = 3; i <= NF; i++) if ($$i == "coverage:") { found = 1; print $$2 ": " $$(i+1); exit $$(i+1) + 0 < 90 } } \
			END { if (!found) { print p ": no coverage"; exit 1 } }' coverage.out || exit 1; \
	done

# Runs follow each other instead of being repeated one by one, so that a busy
# moment of the machine does not hit all runs of one benchmark; of what one run
# has several times, the fastest counts. Each is a build of its own, whose
# functions the linker lays out in another order: a loop of a nanosecond takes up
# to a quarter longer where it lies across one more cache line.
RUNS := 1 2 3 4 5 6 7
BENCH_BINARY = go test -c -ldflags=-randlayout=$$run -o bench.test .
BY_TURNS = ./bench.test -test.run '^$$' -test.bench '^BenchmarkDispatchByTurns$$' -test.benchtime 400x -test.cpu 1 && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkAssembleByTurns$$' -test.benchtime 10x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkParallelNoWorkByTurns$$' -test.benchtime 100x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkOrderByTurns$$' -test.benchtime

.PHONY: bench
bench: ## measure rollcall beside its peers; writes bench/RESULTS.md and bench/dispatch.svg
	cd bench && for run in $(RUNS); do \
		$(BENCH_BINARY) && \
		$(BY_TURNS) 4x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkDispatch$$' -test.benchtime 20ms -test.count 6 && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Order|Memory|ListMemory|ParallelWait|ParallelNoWork|Delivery)$$' -test.benchtime 200ms && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkAssemble$$' -test.benchtime 3x -test.count 3 && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkDispatchParallel$$' -test.benchtime 200ms -test.cpu 1,2 || exit 1; \
	done > results.txt && go run ./results -write < results.txt

.PHONY: bench-transports
bench-transports: ## measure the transports beside the brokers' clients and Watermill; writes bench/TRANSPORTS.md
	cd bench && go test -c -o bench.test ./transports && for run in 1 2 3 4 5; do \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkPublishByTurns$$' -test.benchtime 10x && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Publish|Consume)$$/^nats$$' -test.benchtime 100000x && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Publish|Consume)$$/^amqp$$' -test.benchtime 30000x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkLatency$$' -test.benchtime 5000x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkEmbedded$$' -test.benchtime 3000x || exit 1; \
	done > transports.txt && go run ./results -transports < transports.txt

.PHONY: bench-outbox
bench-outbox: ## measure the outbox beside bare statements, River and watermill-sql; writes bench/OUTBOX.md
	cd bench && go test -c -o bench.test ./outbox && { \
		echo "load before: $$(cut -d ' ' -f 1 /proc/loadavg)" && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Publish|TenEvents)$$' -test.benchtime 300x && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Transaction|Inbox)$$' -test.benchtime 300x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkPublishCost$$' -test.benchtime 50000x && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Drain|Taking)$$' -test.benchtime 7x && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Latency|Statements)$$' -test.benchtime 5000x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkIdle$$' -test.benchtime 1x; } > outbox.txt && go run ./results -outbox < outbox.txt

.PHONY: bench-check
bench-check: ## fail where a dispatch allocates, or a ratio is 30 % worse than its goal
	cd bench && { for run in $(wordlist 1,3,$(RUNS)); do \
		$(BENCH_BINARY) && \
		$(BY_TURNS) 1x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkDispatch$$/^(emitter|emitter-mutable|emitter-app|emitter-runtime|emitter-cancel|generic|dispatcher)$$' -test.benchtime 1000x || exit 1; \
	done && go test -c -o bench.test ./outbox && \
		./bench.test -test.run '^$$' -test.bench '^Benchmark(Publish|TenEvents)$$' -test.benchtime 100x && \
		./bench.test -test.run '^$$' -test.bench '^BenchmarkPublishCost$$' -test.benchtime 1000x; } > results.txt && go run ./results -check < results.txt

.PHONY: golden
golden: ## rewrite the golden files from what the code prints now
	go test ./inspect ./monitor ./internal/orderfile ./fxeventstest ./provider/providertest ./examples/recipes -update

.PHONY: pictures
pictures: ## rewrite the pictures of the pages in docs/; needs a browser
	ROLLCALL_REQUIRE_BROWSER=1 go test ./e2e -count=1 -run TestScreenshots -update

.PHONY: example
example: ## run the recipes example
	go run ./examples/recipes
