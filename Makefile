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
	@scripts/debian-packages make build-essential pkg-config libssl-dev openssl mosquitto mosquitto-clients python3-venv strace curl libcoap3-bin chromium
	@scripts/test-packages

build: deps ## the one binary, optimised
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

test: deps-test ## every test, whole-system tests with the vendor's SDKs included
	$(CARGO) build --locked --package lianwu
	@if command -v cargo-nextest >/dev/null; then $(CARGO) nextest run --locked --workspace; \
	 else $(CARGO) test --locked --workspace; fi

bench: build ## the workloads of docs/performance.md against this machine
	bench/run.sh

clean:
	$(CARGO) clean

.PHONY: help deps deps-test build run fmt lint test bench clean
