# DockerDriver. `make run` and `make test` need nothing but Go and Node; see README.md.
SHELL := /bin/bash
BIN   := bin/dockerdriver
UI    := httpapi/web/dist/index.html
WEB   := httpapi/web

# Tools are pinned here, so that they stay out of go.mod.
GOFUMPT     := go run mvdan.cc/gofumpt@v0.12.0
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTESTSUM   := go run gotest.tools/gotestsum@v1.13.0

.PHONY: run build ui check lint test test-tools test-openstack test-cloud test-images test-traffic test-kill kill-rounds chaos summary e2e bench-launch bench-images bench-footprint bench-proxy soak-proxy pictures clean

run: build ## builds everything and starts the demo
	$(BIN) demo $(ARGS)

build: $(BIN)

# Static, because the demo image holds this very binary FROM scratch.
GO_SOURCES := $(shell find actors cmd httpapi persistence -name '*.go' -not -name '*_test.go' 2>/dev/null) \
              $(shell find actors cmd httpapi persistence -name '*.html' -not -path '*/node_modules/*' 2>/dev/null)
$(BIN): $(UI) $(GO_SOURCES) go.mod go.sum
	CGO_ENABLED=0 go build -trimpath -o $@ ./cmd/dockerdriver

ui: $(UI)

UI_SOURCES := $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) $(WEB)/index.html $(wildcard $(WEB)/*.ts)
$(WEB)/node_modules/.installed: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund && touch node_modules/.installed

$(UI): $(WEB)/node_modules/.installed $(UI_SOURCES)
	cd $(WEB) && npm run build

lint: ## formatting, vet, staticcheck, tidy
	@out=$$($(GOFUMPT) -l actors cmd httpapi persistence); if [ -n "$$out" ]; then echo "not gofumpt'ed:"; echo "$$out"; exit 1; fi
	go vet ./...
	go vet -tags openstack,cloud,hosts ./actors/cloud/openstack ./cmd/dockerdriver
	$(STATICCHECK) ./...
	go mod tidy -diff

# In their order, so that Go keeps the results of packages that did not change; make test shuffles them.
check: lint ## the fast suite: a change in one room takes about two minutes, all of it less than four
	$(GOTESTSUM) --format pkgname -- -race -p 3 ./...

test-tools: ## what only tests need, on Debian as root; elsewhere it says what is missing
	@.ci/tools

# The engine is shared by all packages; it is ended whatever the tests say.
test: test-tools build ## everything that CI runs
	cd $(WEB) && npm run check
	$(MAKE) lint
	.ci/test

# The tests on a real OpenStack need scripts that are not part of this repository (.ci/shared says which), and root.
ON_OPENSTACK := $(GOTESTSUM) --format standard-verbose -- -tags openstack -count=1 -timeout 20m ./actors/cloud/openstack/...
ON_CLOUD     := $(GOTESTSUM) --format standard-verbose -- -tags cloud -count=1 -timeout 20m -run TestWholeWayOnARealCloud ./cmd/dockerdriver

test-openstack: ## the suite of clouds on a real OpenStack
	@.ci/openstack-run $(ON_OPENSTACK)

test-cloud: test-tools ## the whole way on a real OpenStack with real engines
	@.ci/openstack-run $(ON_CLOUD)

test-images: build test-tools ## images on their way to eight real engines
	@DOCKERDRIVER_SHARED=$$(.ci/shared) && export DOCKERDRIVER_SHARED && $(GOTESTSUM) --format standard-verbose -- -tags hosts -count=1 -timeout 15m -run TestImagesReachEveryHost ./cmd/dockerdriver

test-traffic: build test-tools ## open traffic through the death of everything on its way, on three real engines
	@DOCKERDRIVER_SHARED=$$(.ci/shared) && export DOCKERDRIVER_SHARED && $(GOTESTSUM) --format standard-verbose -- -tags hosts -count=1 -timeout 5m -run TestOpenTrafficThroughEveryDeath ./cmd/dockerdriver

test-kill: ## a kill behind and before every durable write of each scenario, on the emulator; takes six minutes
	DOCKERDRIVER_LONG_TESTS=yes DOCKERDRIVER_EVERY_KILL_POINT=yes $(GOTESTSUM) --format standard-verbose -- -count=1 -timeout 60m -run 'TestKill' ./cmd/dockerdriver

# DOCKERDRIVER_CHAOS_TIME says how long faults are made (5m), DOCKERDRIVER_CHAOS_SEED which: a run prints its own.
chaos: build test-tools ## faults at random on three real engines, under users who work
	@DOCKERDRIVER_SHARED=$$(.ci/shared) && export DOCKERDRIVER_SHARED && $(GOTESTSUM) --format standard-verbose -- -race -tags hosts -count=1 -timeout 0 -run 'TestChaos|TestChronicle' ./cmd/dockerdriver

kill-rounds: ## fifty rounds of kill -9 at random times, on three real engines, under users who work
	DOCKERDRIVER_CHAOS_ONLY="server killed,server killed at a write" DOCKERDRIVER_CHAOS_ROUNDS=50 $(MAKE) chaos

summary: # of the runs whose results are in the files RESULTS
	@$(GOTESTSUM) --format none --raw-command -- cat $(RESULTS)

e2e: build test-tools ## the browser test alone
	.ci/e2e

pictures: build test-tools ## the pictures in the README, made anew
	DOCKERDRIVER_PICTURES=$(CURDIR)/$(WEB)/pictures .ci/e2e pictures

bench-launch: ## launches through us beside the bare engine, in one run
	.ci/engine-run go test -run '^$$' -bench 'Launch' -benchtime 1x ./cmd/dockerdriver

bench-images: ## pushes beside docker load on one engine; memory with an image of DOCKERDRIVER_BENCH_MB (2048)
	.ci/engine-run go test -run '^$$' -bench 'Images' -benchtime 1x ./cmd/dockerdriver

bench-footprint: ## memory and restart with many users and instances, on the emulator
	go test -run '^$$' -bench 'Footprint' -benchtime 1x ./cmd/dockerdriver

# Without -race, which knows 8,128 goroutines.
soak-proxy: ## 5,000 websockets that come, idle and go through the proxy, and leave nothing behind
	DOCKERDRIVER_SOAK_SOCKETS=5000 go test -run TestIdleSocketsLeaveNothingBehind -count=1 -v -timeout 5m ./httpapi/proxy

bench-proxy: ## the proxy beside nginx, haproxy and CHP; ARGS="--quick" or "--rounds 3 --only requests,downloads"
	@.ci/bench-tools
	go build -o bin/bench-proxy ./httpapi/proxy/bench
	@bin/bench-proxy $(ARGS)

clean:
	rm -rf bin $(WEB)/node_modules httpapi/proxy/bench/.cache
	find $(WEB)/dist -mindepth 1 -not -name .keep -delete
