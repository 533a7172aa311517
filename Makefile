# Go is all that `make dev` and `make build` need. `make test` also needs git and
# a C compiler, for the race detector; it installs its tools in .bin. A store is
# tested against a real server where that can be had: DynamoDB Local needs a JDK
# and Maven; the formal model needs spin. What is skipped says so; with CI set, or RECLOSER_TEST_REQUIRE=all,
# it fails.

GOLANGCI_LINT_VERSION := v2.15.0
GOVULNCHECK_VERSION   := v1.9.0
# Times are in seconds.
FUZZTIME              ?= 5
SOAKTIME              ?= 300
SOAKCOUNT             ?= 5
SOAKCHECKS            ?= 100000

# The packages whose laws need a volume for which the race detector leaves no time,
# and the fuzz targets that read what others have written. LAWS.md has the numbers.
LAWS       := ./simulator . ./internal/model ./workflow
STORES     := ./internal/item ./store/dynamostore ./store/valkeystore
DECODERS   := ^Fuzz(Decode|DecodeEntry|HostileRecord|Parse)$$
# A minute of fuzzing for each, besides what the start of its processes takes.
DECODETIME ?= 66
EVIDENCE   := $(CURDIR)/dist/evidence

NESTED := bench # Modules of programs, which may print, read the clock and keep globals.
LINT   := .bin/golangci-lint-$(GOLANGCI_LINT_VERSION)

.PHONY: all build dev test race laws lint fmt fuzz decoders bench bench-store prove generate reliability soak release-check vuln clean compiler servers
.NOTPARALLEL:

all: build test

build:
	go build ./...

dev: ## The console and a circuit to play with, on this machine alone.
	go run ./cmd/recloser dev

test: build lint race laws fuzz decoders ## Everything that must hold before a change is merged.

race: compiler servers ## Every test of every module, with the race detector.
	go test -race -shuffle=on -timeout=20m ./...
	@set -e; for m in $(NESTED); do echo "go -C $$m test -race ./..."; go -C $$m test -race -shuffle=on -timeout=20m ./...; done

laws: servers ## The laws at the number of runs that each `make test` owes them, without the race detector.
	go test -timeout=30m $(LAWS)
	go test -timeout=10m -run 'Killed|Probers' ./store/valkeystore

lint: $(LINT) ## Format, vet, lint and go.mod of every module.
	go vet ./...
	$(LINT) config verify
	$(LINT) run ./...
	go mod tidy -diff
	@set -e; for m in $(NESTED); do echo "lint $$m"; cd $(CURDIR)/$$m; go vet ./...; \
		LOG_LEVEL=error $(CURDIR)/$(LINT) run --disable=forbidigo,gochecknoglobals ./...; go mod tidy -diff; done

fmt: $(LINT) ## gofumpt, and the order of imports.
	@for m in . $(NESTED); do (cd $$m && $(CURDIR)/$(LINT) fmt ./...); done

fuzz: ## Every fuzz target for FUZZTIME seconds.
	$(call fuzzing,^Fuzz,$(FUZZTIME),20000x)

decoders: ## The fuzz targets of decoders for DECODETIME seconds.
	$(call fuzzing,$(DECODERS),$(DECODETIME),100000x)

# A target is fuzzed with so many inputs at a time until its time is over: go test fails
# now and then when -fuzztime itself is a time (golang.org/issue/75804), and would spend most
# of it on making a single input smaller.
define fuzzing
	@set -e; pkgs=$$(go list ./...); for pkg in $$pkgs; do \
		found=$$(go test -list '$(1)' $$pkg); \
		for f in $$(echo "$$found" | grep '^Fuzz' || true); do \
			echo "fuzz $$pkg $$f $(2) s"; end=$$(( $$(date +%s) + $(2) )); \
			while test $$(date +%s) -lt $$end; do \
				go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(3) -fuzzminimizetime 100x $$pkg; done; done; done
endef

bench: ## The breaker and its peers, side by side, with ratios; see bench/README.md.
	go -C bench run .

bench-store: servers ## What a fleet costs its store, counted on real servers, and its peer beside it; four minutes.
	go -C bench run ./fleet

prove: compiler servers ## The formal model at full size, its mutants, and the core beside it; about an hour.
	RECLOSER_BUDGET=release go test -count=1 -v -timeout=6h ./internal/model

generate: ## Write anew what is derived from code; read the diff.
	go generate ./...

reliability: servers ## docs/reliability.md, from a run of the laws and the decoders; half an hour.
	rm -rf $(EVIDENCE)
	@failed=0; RECLOSER_EVIDENCE=$(EVIDENCE) go test -count=1 -timeout=30m -p=1 $(LAWS) $(STORES) || failed=1; \
	RECLOSER_EVIDENCE=$(EVIDENCE) $(MAKE) decoders || failed=1; \
	go run ./internal/evidence/reliability -from $(EVIDENCE) -date "$$(date -u +%F)" -commit "$$(git rev-parse --short HEAD)" || failed=1; exit $$failed

soak: compiler servers ## The same laws with more runs, schedules and properties; hours.
	RECLOSER_BUDGET=soak STORETEST_HISTORIES=10000 go test -count=1 -timeout=6h -p=1 $(LAWS) $(STORES)
	go test -race -shuffle=on -count=$(SOAKCOUNT) -cpu=1,2,8 -timeout=1h ./...
	@set -e; for pkg in $$(go list -f '{{join .TestImports " "}} {{join .XTestImports " "}} {{.ImportPath}}' ./... | \
		sed -n 's#.*pgregory.net/rapid.* ##p'); do \
		echo "rapid $$pkg"; go test -timeout=1h -rapid.checks=$(SOAKCHECKS) $$pkg; done
	$(MAKE) fuzz FUZZTIME=$(SOAKTIME)

release-check: compiler servers ## What must hold before a release: the laws at their largest numbers; a day.
	RECLOSER_BUDGET=release STORETEST_HISTORIES=10000 go test -count=1 -timeout=24h -p=1 $(LAWS) $(STORES)
	go test -count=1 -timeout=6h -run TestNewerGenerationsStand -rapid.checks=$(SOAKCHECKS) .
	$(MAKE) decoders DECODETIME=7200

vuln: ## Known vulnerabilities that this code can reach; asks vuln.go.dev.
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./...

clean:
	rm -rf .bin dist

# What the servers are made of that tests talk to: installed where apt-get can.
# Without them their tests say that they are skipped; in CI that is a failure.
servers:
	@missing=; for p in java:default-jdk-headless mvn:maven python3:python3 pip3:python3-pip redis-server:redis-server node:nodejs npm:npm spin:spin cc:gcc; do \
		command -v "$${p%%:*}" >/dev/null || missing="$$missing $${p#*:}"; done; \
	test -z "$$missing" || { echo "installing$$missing"; as=; test "$$(id -u)" = 0 || as=sudo; \
		$$as apt-get update -qq && $$as apt-get install -qq -y --no-install-recommends $$missing; } || \
		{ echo "make: please install$$missing, for the servers that tests talk to" >&2; test -z "$$CI"; }

compiler:
	@test "$$(go env CGO_ENABLED)" = 1 && command -v "$$(go env CC)" >/dev/null || \
		{ echo "make: the race detector needs a C compiler: install gcc or clang, and leave CGO_ENABLED unset" >&2; exit 1; }

$(LINT):
	GOBIN=$(CURDIR)/.bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv .bin/golangci-lint $@
