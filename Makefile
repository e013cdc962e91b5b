# Everything a checkout can do. `make run` and `make test` need nothing but Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# A lock names all there is to install: pip, left to resolve it once more, trips over what came out since.
LOCKED := -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r

.PHONY: help run dashboard install test check lint format types unit docs golden prices bench dev lock build clean

help: ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.local $(VENV)/.dashboard ## set up and start the gateway, with the embedded model and the dashboard
	@exec $(BIN)/torana serve $(ARGS)

install: $(VENV)/.installed ## set up .venv with the command .venv/bin/torana

test: $(VENV)/.dev $(VENV)/.local $(VENV)/.semantic $(VENV)/.clients tests/js/node_modules/.installed dashboard/node_modules/.checkers $(VENV)/.dashboard $(VENV)/.browser ## set up and run every test
	@$(BIN)/python scripts/test.py $(ARGS)

check: $(VENV)/.dev ## format, lint, types, unit tests
	@$(BIN)/python scripts/check.py

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

format: $(VENV)/.dev ## put the code in shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

types: $(VENV)/.dev
	@$(BIN)/mypy

unit: $(VENV)/.dev ## the unit tests alone
	@$(BIN)/python -m pytest tests/unit $(ARGS)

docs: $(VENV)/.dev ## write the generated pages of docs/, and dashboard/openapi.json
	@$(BIN)/python scripts/build_docs.py && $(BIN)/python scripts/build_openapi.py

golden: $(VENV)/.dev ## write what the golden translations expect anew
	@$(BIN)/python scripts/golden.py

prices: $(VENV)/.dev ## rebuild the price table from the price data package
	@$(BIN)/python scripts/build_prices.py

bench: $(VENV)/.dev $(VENV)/.local ## measure everything against nginx; ARGS="--quick --only NAME"
	@$(BIN)/python -m bench $(ARGS)

dev: $(VENV)/.dev $(VENV)/.local ## like run, with reload on change of the sources
	@$(BIN)/python scripts/dev.py $(ARGS)

lock: $(VENV)/.dev ## resolve the lock files anew
	@$(BIN)/python scripts/lock.py

dashboard: $(VENV)/.installed dashboard/node_modules/.checkers ## check and build the dashboard
	@cd dashboard && npm run --silent check && npm run --silent test && npm run --silent build && touch ../$(VENV)/.dashboard

build: $(VENV)/.dev $(VENV)/.dashboard ## wheel and sdist into dist/
	@$(BIN)/python -m build

clean:
	@rm -rf $(VENV) dist build tests/js/node_modules dashboard/node_modules src/torana/control/dashboard/static .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Torana needs Python 3.11 or newer; this is %s. Try: make PYTHON=python3.12" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml requirements.lock
	@echo "Setting up $(VENV) …"
	@$(BIN)/python $(LOCKED) requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.local: $(VENV)/.installed requirements-local.lock
	@if $(BIN)/python $(LOCKED) requirements-local.lock \
	    && $(BIN)/torana local pull --data-dir $(VENV) >/dev/null; then touch $@; \
	 else echo "The embedded model cannot be had here now; Torana runs without it, and 'make run' tries again." >&2; fi

$(VENV)/.semantic: $(VENV)/.dev
	@if $(BIN)/torana semantic pull --data-dir $(VENV) >/dev/null; then touch $@; \
	 else echo "The embedding model cannot be had here now; what needs it is not tested." >&2; fi

$(VENV)/.dev: $(VENV)/.installed requirements-dev.lock
	@$(BIN)/python $(LOCKED) requirements-dev.lock
	@touch $@

# They want other versions of the SDKs than the tests do, so that they have an environment of their own.
$(VENV)/.clients: $(VENV)/.installed requirements-clients.lock
	@if $(BIN)/python -m venv $(VENV)/clients && $(VENV)/clients/bin/python $(LOCKED) requirements-clients.lock; then touch $@; \
	 else echo "LangChain and LiteLLM cannot be had here now; they are not tested." >&2; fi

tests/js/node_modules/.installed: tests/js/package.json tests/js/package-lock.json
	@if command -v npm >/dev/null; then cd tests/js && npm ci --silent --no-audit --no-fund && touch node_modules/.installed; \
	 else echo "npm is not here: the JavaScript clients are not tested." >&2; fi

DASHBOARD := $(shell find dashboard -path dashboard/node_modules -prune -o -type f ! -name management.ts -print 2>/dev/null)
NPM_CI := npm ci --silent --no-audit --no-fund --ignore-scripts

# Without npm the gateway runs all the same, and the page at /dashboard/ says how to get the dashboard.
$(VENV)/.dashboard: $(VENV)/.installed $(DASHBOARD)
	@if command -v npm >/dev/null; then \
	    if [ ! -d dashboard/node_modules ]; then echo "Building the dashboard …"; (cd dashboard && $(NPM_CI) --omit=dev); fi \
	    && (cd dashboard && npm run --silent build) >/dev/null && touch $@ \
	    || echo "The dashboard could not be built; Torana runs without it, and 'make run' tries again." >&2; \
	 else echo "npm is not here: Torana runs without its dashboard." >&2; fi

dashboard/node_modules/.checkers: dashboard/package.json dashboard/package-lock.json
	@if command -v npm >/dev/null; then cd dashboard && $(NPM_CI) && touch node_modules/.checkers; \
	 else echo "npm is not here: the dashboard is not tested." >&2; fi

# Chromium of the system's own packages: the tests of the dashboard drive it.
$(VENV)/.browser: $(VENV)/.dev
	@if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then touch $@; \
	 elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && touch $@; \
	 else echo "Chromium is not here: the dashboard is not tested in a browser." >&2; fi
