# hookdrill: `make help` lists what there is.
GO          ?= go
BIN         := .tmp/bin
# The modules beside the main one; an example that a test tidies has no go.sum.
NESTED      := $(filter-out .,$(patsubst %/,%,$(dir $(shell git ls-files '*/go.sum'))))
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./hookdrill
	$(GO) build -o hookdrill .

.PHONY: test
test: ## run all tests, as the README says, the nested module's too
	$(GO) test -race -timeout 20m ./...
	$(GO) test . ./scenarios/suite
	$(GO) test -run TestSoak ./prober/canary
	@for m in $(NESTED); do echo "cd $$m && $(GO) test ./..."; (cd $$m && $(GO) test ./...) || exit 1; done

.PHONY: test-quick
test-quick: ## run the tests without the race detector
	$(GO) test ./...

SEEDS ?= 50

.PHONY: seeds
seeds: ## play every scenario against the correct sender with SEEDS=50 seeds, two at a time
	HOOKDRILL_SEEDS=$(SEEDS) $(GO) test -count=1 -timeout 2h -parallel 2 -v -run '^TestSeeds$$' ./scenarios/suite

REAL := prometheus-alertmanager docker-registry redis-server prometheus chromium

.PHONY: test-real
test-real: ## play scenarios against Alertmanager, the registry and a sender in Python (minutes); as root it installs them
	@[ "$$(id -u)" != 0 ] || for p in $(REAL); do \
	  command -v $$p >/dev/null || apt-get install -y -qq --no-install-recommends $$p || echo "not to be had: $$p"; done
	HOOKDRILL_REAL=1 $(GO) test -count=1 -timeout 20m -parallel 2 -v -run 'TestReal|TestQueue|TestOneOfTwo' ./scenarios/suite
	$(GO) test -count=1 -v -run 'TestPrometheusAndAlertmanager|TestNativeHistograms|TestRules|TestPageInBrowser' ./prober/canary
	HOOKDRILL_REAL=1 $(GO) test -count=1 -v -run TestRealIncidentDemo ./scenarios/command

.PHONY: track-record
track-record: ## reproduce what docs/track-record.md says of software of others (minutes)
	HOOKDRILL_REAL=1 $(GO) test -count=1 -timeout 20m -parallel 2 -v -run TestTrackRecord ./scenarios/suite
	cd scenarios/thirdparty && $(GO) test -count=1 ./...

.PHONY: check
check: check-format check-lint check-tidy check-generated ## everything that needs no run: format, vet, linters, tidy, generated files, imports

.PHONY: check-format
check-format:
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "gofmt would change:"; echo "$$out"; exit 1; }

.PHONY: check-lint
check-lint: $(BIN)/staticcheck $(BIN)/golangci-lint
	$(GO) vet ./...
	$(BIN)/staticcheck ./...
	$(BIN)/golangci-lint run ./...
	$(GO) test -count=1 -run 'TestImports|TestMainIsImportedByNobody' .

.PHONY: check-tidy
check-tidy:
	$(GO) mod tidy -diff
	@for m in $(NESTED); do (cd $$m && $(GO) mod tidy -diff) || exit 1; done

.PHONY: tidy
tidy: ## tidy all modules: what the first needs, a nested one may inherit
	$(GO) mod tidy
	@for m in $(NESTED); do echo "cd $$m && $(GO) mod tidy"; (cd $$m && $(GO) mod tidy) || exit 1; done

.PHONY: check-generated
check-generated: generate
	@git diff --exit-code -- docs '*mock_*_test.go' || { echo "generated files were stale; commit them"; exit 1; }

.PHONY: generate
generate: ## write the references and schemas in docs/ and the mocks anew
	$(GO) run . reference faults >docs/faults.md
	$(GO) run . reference guarantees >docs/guarantees.md
	for f in scenario profile probe; do $(GO) run . schema $$f >docs/schema/$$f.schema.json || exit 1; done
	$(GO) tool mockery

.PHONY: bench
bench: ## run the benchmarks behind BENCHMARKS.md
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-peers
bench-peers: ## endpoints against a bare net/http handler and nginx, in one run
	$(GO) test -run '^$$' -bench 'Peers' -benchmem -count 3 ./prober

.PHONY: fuzz
fuzz: ## fuzz every parser for 20 seconds
	$(GO) test -run '^$$' -fuzz FuzzParse -fuzztime 20s ./scenarios/plan
	$(GO) test -run '^$$' -fuzz FuzzRead -fuzztime 20s ./prober/history
	$(GO) test -run '^$$' -fuzz FuzzParse -fuzztime 20s ./prober/profile
	$(GO) test -run '^$$' -fuzz FuzzPath -fuzztime 20s ./prober/profile
	$(GO) test -run '^$$' -fuzz FuzzParse -fuzztime 20s ./prober/canary
	$(GO) test -run '^$$' -fuzz FuzzDocument -fuzztime 20s ./prober/strict
	$(GO) test -run '^$$' -fuzz FuzzDuration -fuzztime 20s ./prober/strict
	$(GO) test -run '^$$' -fuzz FuzzSchema -fuzztime 20s ./prober/strict
	$(GO) test -run '^$$' -fuzz FuzzScan -fuzztime 20s ./prober/event

# A tool of the right version that somebody has installed is taken: building
# golangci-lint takes minutes.
$(BIN)/staticcheck:
	@mkdir -p $(BIN)
	@have=$$($(GO) env GOPATH)/bin/staticcheck; $$have -version 2>/dev/null | grep -q '$(lastword $(subst @v, ,$(STATICCHECK)))' && cp $$have $@ || \
		GOBIN=$(CURDIR)/$(BIN) GOFLAGS= $(GO) install $(STATICCHECK)

$(BIN)/golangci-lint:
	@mkdir -p $(BIN)
	@have=$$($(GO) env GOPATH)/bin/golangci-lint; $$have version 2>/dev/null | grep -q '$(lastword $(subst @v, ,$(GOLANGCI)))' && cp $$have $@ || \
		GOBIN=$(CURDIR)/$(BIN) GOFLAGS= $(GO) install $(GOLANGCI)
