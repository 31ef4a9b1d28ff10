# The project's two commands are `make demo` and `make test`; the rest are their parts.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/prividium/target
GETH_VERSION := v1.17.0
GETH_FOLDER := $(dir $(CARGO_TARGET_DIR))bin
PY := .venv/bin/python
CRATES := -p prividium-state -p prividium-policy -p prividium-stf -p prividium-ledger -p prividium-verifier -p prividium-outer
CARGO := cargo --locked
MANIFEST := --manifest-path circuits/Cargo.toml

.PHONY: help setup setup-browser setup-sdk demo up test lint test-rust test-python test-browser test-sdk test-node \
	test-slow test-geth test-mutants guests contracts bench audit lock

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Prepare everything that is not there yet (first time about 20 minutes, then seconds)
	@scripts/setup.sh

setup-browser: ## The same, and Chromium and Keycloak for the tests in a browser
	@scripts/setup.sh browser

setup-sdk: ## The same, and the clients of others that the tests run: prividium, viem, ethers, cast
	@scripts/setup.sh sdk

demo: setup ## The main job, narrated: sign in, transact, prove, anchor, disclose, verify
	@.venv/bin/prividium demo

up: setup ## Run a node with the embedded development IdP and L1
	@.venv/bin/prividium up

test: setup lint test-rust test-python test-browser test-sdk test-node ## Everything that CI runs

lint: setup ## Formatters, linters and type checkers of all languages
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	$(CARGO) fmt $(MANIFEST) --all --check
	$(CARGO) clippy $(MANIFEST) --release --all-targets --quiet -- -D warnings
	circuits/guests/build.sh --check

test-rust: setup ## Rust tests: tree, policy, state transition, store, prover, native against zkVM
	$(CARGO) test $(MANIFEST) --release --quiet $(CRATES)
	$(CARGO) test $(MANIFEST) --release --quiet -p prividium-prover

test-python: setup ## Python tests: units, contracts on anvil, a frozen real proof settled
	.venv/bin/pytest -q -n 2 -m "not node and not slow and not geth and not browser and not sdk"

test-browser: setup-browser setup-sdk ## Logins and applications in a real browser (about 2 minutes)
	.venv/bin/pytest -q -m browser

test-sdk: setup-sdk ## npm prividium, viem, ethers, web3.py and cast against a node (about 1 minute)
	.venv/bin/pytest -q -m sdk

test-node: setup ## Whole nodes: the demo with a real proof, fifty kills, signals (about 15 minutes)
	.venv/bin/pytest -q -m "node and not slow"

test-slow: setup ## Fifty kills while real proofs are made (about 40 minutes)
	.venv/bin/pytest -q -m slow

test-geth: setup ## The real proof settled on geth, which is built first (needs Go; about 10 minutes)
	GOBIN=$(GETH_FOLDER) go install github.com/ethereum/go-ethereum/cmd/geth@$(GETH_VERSION)
	PRIVIDIUM_GETH=$(GETH_FOLDER)/geth .venv/bin/pytest -q -m geth

test-mutants: setup ## Each check of the contracts taken away: a test must miss it (about an hour)
	$(PY) -m tests.contracts.mutants

guests: ## Rebuild the committed zkVM guest (Debian: rustc-web cargo-web rust-web-src lld)
	circuits/guests/build.sh

contracts: setup ## Recompile the Solidity artifacts
	$(PY) -m gateway.compile

bench: setup ## Measure ledger and RPC beside anvil, proving, and verification on L1
	.venv/bin/prividium bench ledger
	.venv/bin/prividium bench rpc
	.venv/bin/prividium bench prove
	.venv/bin/prividium bench l1

audit: setup ## Known vulnerabilities in the dependencies (needs a network)
	.venv/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip
	cd circuits && cargo deny check

lock: ## Resolve the lock files again
	.venv/bin/uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --quiet --output-file requirements.lock
