# The whole life of a change: `make run`, `make lint test`, `make bench`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CARGO ?= cargo
DATA ?= ./data
TARGET = $(or $(CARGO_TARGET_DIR),./target)

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

deps: ## what building needs, as Debian packages (named when not root)
	@scripts/debian-packages make build-essential pkg-config libssl-dev

deps-test: ## what the tests need besides: packages, vendor SDKs
	@scripts/debian-packages make build-essential pkg-config libssl-dev openssl mosquitto mosquitto-clients python3-venv strace curl libcoap3-bin chromium fonts-noto-cjk
	@scripts/test-packages

CONSOLE = web/console
$(CONSOLE)/node_modules/.package-lock.json: $(CONSOLE)/package-lock.json
	@command -v npm >/dev/null || { echo "the console needs Node.js 20 or newer with npm"; exit 1; }
	cd $(CONSOLE) && npm ci --no-audit --no-fund --ignore-scripts

$(CONSOLE)/dist/index.html: $(CONSOLE)/node_modules/.package-lock.json $(shell find $(CONSOLE)/src $(CONSOLE)/public $(CONSOLE)/*.* spec -type f)
	cd $(CONSOLE) && npm run build

console: $(CONSOLE)/dist/index.html ## the web console's pages, which the binary takes in

build: deps console ## the one binary, optimised
	$(CARGO) build --release --locked --package lianwu

run: build ## build everything, start the platform under ./data with the demo lamps
	$(TARGET)/release/lianwu serve --data $(DATA) --demo

fmt: ## format the sources
	$(CARGO) fmt --all

lint: deps ## format, clippy, shape of the tree, generated files, dependencies, docs
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) xtask tidy
	$(CARGO) xtask generate --check
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny --offline check bans licenses sources; \
	 else echo "lint: cargo-deny is not installed, dependencies were not checked (cargo install cargo-deny)"; fi
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --quiet

test: deps-test console ## every test, whole-system tests with the vendor's SDKs included
	cd $(CONSOLE) && npm test
	$(CARGO) build --locked --package lianwu
	@if command -v cargo-nextest >/dev/null; then $(CARGO) nextest run --locked --workspace; \
	 else $(CARGO) test --locked --workspace; fi
	node tests/e2e/node/console/all-used.js $(TARGET)/tmp/console-controls

bench: build ## the workloads of docs/performance.md against this machine
	bench/run.sh

clean:
	$(CARGO) clean

.PHONY: help deps deps-test console build run fmt lint test bench clean
