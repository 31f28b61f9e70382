SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
MINUTES ?= 60

BIN := .venv/bin
STAMP := .venv/.installed
COMPILE := pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header
LOCK_ARGS ?= # --upgrade, or --upgrade-package NAME

.PHONY: help setup run check test judges soak bench bench-city lock schema clean

help: ## show these lines
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## install everything, pinned and hashed, into .venv

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Linli needs Python 3.11 or newer as '$(PYTHON)': install it, or name another one with 'make setup PYTHON=python3.12'."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "'$(PYTHON)' cannot make a virtual environment: install its venv module (on Debian: apt-get install python3-venv)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps --no-index --editable .
	@touch $@

run: setup ## serve the demonstration on 127.0.0.1, PORT=8000
	$(BIN)/linli demo --serve --port $(PORT)

check: setup ## style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check ## everything that CI asks for; PYTEST_ARGS in place of two workers
	$(BIN)/python -m pytest $(or $(PYTEST_ARGS),-n 2 --dist loadfile)

JUDGES := .venv/judges

judges: setup ## other people's clients and a real browser against a running server; needs node, npm and chromium
	@mkdir -p $(JUDGES)
	cp tests/support/judges/package.json tests/support/judges/package-lock.json $(JUDGES)/
	cd $(JUDGES) && npm ci --silent --no-audit --no-fund
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-judges.lock
	LINLI_JUDGES=$(abspath $(JUDGES)) $(BIN)/python -m pytest -m judge $(PYTEST_ARGS)

soak: setup ## the long tests, MINUTES=60
	MINUTES=$(MINUTES) $(BIN)/python -m pytest -m soak -o faulthandler_timeout=0 $(PYTEST_ARGS)

bench: setup ## measure Linli beside its peers; BENCH_ARGS="--quick --only Q1,Q3 --peers linli,floor"
	$(BIN)/python -m benchmarks.bench $(BENCH_ARGS)
	$(BIN)/python -m benchmarks.ledger
	$(BIN)/python -m benchmarks.redemptions

bench-city: setup ## a whole city, 5.5 million residents, beside the one of `make bench`
	$(BIN)/python -m benchmarks.whole_city $(BENCH_ARGS)

schema: setup ## write the committed SDL anew
	$(BIN)/python scripts/write_schema.py

lock: ## write both lock files anew from pyproject.toml
	@tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	$(PYTHON) -m venv "$$tools"; "$$tools/bin/pip" install -qq --disable-pip-version-check uv; \
	"$$tools/bin/uv" $(COMPILE) pyproject.toml $(LOCK_ARGS) --output-file requirements.lock; \
	"$$tools/bin/uv" $(COMPILE) pyproject.toml $(LOCK_ARGS) --extra dev --constraint requirements.lock --output-file requirements-dev.lock; \
	"$$tools/bin/uv" $(COMPILE) pyproject.toml $(LOCK_ARGS) --extra dev --extra judges --constraint requirements-dev.lock --output-file requirements-judges.lock

clean: ## remove what was made here, the environment too
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
