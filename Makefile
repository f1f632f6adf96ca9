# Interlock. `make run` shows it at work, `make test` proves it; both install what they need into .venv.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help run test explore check bench soak conformance statecharts pictures tables lock clean fmt

help: ## List what can be made.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run ## Start the engine with a practice Jira and show one delivery moving an issue.
	@exec $(BIN)/interlock run --practice

# Most tests wait for a process or a socket: more workers than cores. JOBS=0 runs them in one process.
JOBS ?= 4

test: $(VENV)/.dev ## Run every test, JOBS at a time.
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

explore: $(VENV)/.dev ## Run the property tests on new random examples; `make test` takes the same at every run.
	@$(BIN)/python -m pytest tests/properties -n $(JOBS) --dist worksteal --timeout 1800 --hypothesis-profile explore

check: $(VENV)/.dev ## Exactly what CI runs: format, lint, types, imports, then the tests.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interlock check statemachines/*.hcl
	$(BIN)/interlock fmt --check statemachines
	@$(MAKE) --no-print-directory test

fmt: $(VENV)/.dev ## Format the Python sources and mend what ruff can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure, each figure beside a reference from the same run, as JSON lines, and at the end which goals are met.
	@$(BIN)/python -m bench

tables: $(VENV)/.run ## Write grammars/hcl.tables.json anew after a change of the grammar: what Lark makes of it.
	@$(BIN)/python -m engine.language.automaton

# CORPUS names folders with more HCL files of any kind: they and what becomes of them by small damage are compared too.
conformance: $(VENV)/.dev ## Hold the language against HCL's reference implementation; needs Go and its module proxy. CORPUS="FOLDER …" adds files.
	@command -v go >/dev/null || { echo "Go is not on the path. Install it (https://go.dev/dl, or the package golang-go) and try again."; exit 1; }
	@$(BIN)/python -m tests.conformance $(CORPUS)

# SUITE names a folder that has the suites, or a git folder of them; without it npm fetches them.
statecharts: $(VENV)/.dev ## Run SCION's and the W3C's statechart tests, converted from SCXML; needs npm, or SUITE=folder.
	@$(BIN)/python -m tests.conformance.statecharts $(SUITE)

pictures: $(VENV)/.dev ## Draw what `interlock graph` writes with the real Graphviz and Mermaid; needs Node.js and npm.
	@$(BIN)/python -m tests.conformance.pictures

# A Debian without python3-venv has no ensurepip: say so, or install it where we may.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Interlock needs Python 3.11 or newer; $$($(PYTHON) --version) is on the path. Set PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "Installing python3-venv"; apt-get update -qq && apt-get install -y -qq python3-venv; \
		else echo "This Python cannot make virtual environments. Install the package python3-venv and try again."; exit 1; fi; }
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python requirements/run.txt requirements/build.txt pyproject.toml
	@echo "Installing the locked requirements (once)"
	@$(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q engine
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing the locked development requirements (once)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

soak: $(VENV)/.run ## Kill the daemon hundreds of times under load, and see whether anything is lost (an hour).
	$(BIN)/interlock chaos --deliveries 100000 --kills 500 --seconds 3600 --seed $${SEED:-0}

lock: $(VENV)/.dev ## Write the hashed requirement files anew from pyproject.toml and requirements/*.in.
	$(BIN)/pip-compile $(LOCKFLAGS) --output-file requirements/run.txt pyproject.toml
	$(BIN)/pip-compile $(LOCKFLAGS) --output-file requirements/build.txt requirements/build.in
	$(BIN)/pip-compile $(LOCKFLAGS) --constraint requirements/run.txt --constraint requirements/build.txt --output-file requirements/dev.txt requirements/dev.in

LOCKFLAGS := --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe

clean: ## Remove the virtual environment, caches and the practice store.
	rm -rf $(VENV) .conformance .mypy_cache .ruff_cache .pytest_cache .hypothesis .practice .import_linter_cache
