# Two commands do all set-up: `make serve` runs the site, `make test` passes every test. The others are for those who change it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MUTATE_SECONDS ?= 3600
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: help serve test check codes bench shots mutate lock vendor clean
.DEFAULT_GOAL := help

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/serve.stamp ## Run the site on http://127.0.0.1:8000 (options: ARGS="--port 8080")
	@INTERLEAVE_OWN_CODE="$${INTERLEAVE_OWN_CODE:-local}"; export INTERLEAVE_OWN_CODE; exec $(BIN)/interleave serve $(ARGS)

test: $(VENV)/test.stamp ## Run every test, those in a browser included, two files at a time (options: ARGS="-k quiz")
	@$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS) || $(BIN)/python -m tests.second_try $$? $(ARGS)

check: $(VENV)/test.stamp ## Lint, format, types, and the course itself
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/interleave check

codes: $(VENV)/serve.stamp ## Write docs/lints.md anew from the table of codes
	$(BIN)/python -m webapp.course.codes > docs/lints.md

bench: $(VENV)/test.stamp ## Measure: prints ratios of one run (options: ARGS="runs pages")
	$(BIN)/python -m tests.bench $(ARGS)

shots: $(VENV)/test.stamp ## Take the screenshots into shots/
	@$(BIN)/python -m tests.chromium
	$(BIN)/python -m tests.shots

mutate: $(VENV)/mutate.stamp ## Change what scores and analyses, line by line: fails on one that no test minds (four minutes of two idle cores)
	@now=$$(find quiz tests pyproject.toml \( -name '*.py' -o -name pyproject.toml \) -exec cksum {} + | sort); \
	[ "$$now" = "$$(cat mutants/begun 2>/dev/null)" ] || { rm -rf mutants && mkdir mutants && echo "$$now" > mutants/begun; }
	timeout $(MUTATE_SECONDS) $(BIN)/mutmut run || [ $$? -eq 124 ]
	$(BIN)/python -m tests.survivors

lock: $(VENV)/test.stamp ## Pin every dependency anew, with hashes and without addresses
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --upgrade pyproject.toml --group build -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --upgrade pyproject.toml --extra postgresql --group build --group test \
		--group check --group lock --constraint requirements.txt -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --upgrade --group mutate --constraint requirements-dev.txt -o requirements-mutate.txt

vendor: ## Build static/vendor anew from its own lock (needs Node and npm; nothing else does)
	@set -e; made=$$(mktemp -d); trap 'rm -rf "$$made"' EXIT; \
	cp static/vendor/package.json static/vendor/package-lock.json static/vendor/*.mjs "$$made"; cd "$$made"; \
	npm ci --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved --silent; \
	node build.mjs "$(CURDIR)/static/vendor"

clean: ## Remove the virtual environment and what tools left (never the data)
	rm -rf $(VENV) mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis shots

$(VENV)/serve.stamp: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Interleave needs Python 3.11 or newer and this is %d.%d: name another with make PYTHON=python3.12" % sys.version_info[:2])'
	@echo "Making a virtual environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment could be made: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/test.stamp: $(VENV)/serve.stamp requirements-dev.txt
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/mutate.stamp: $(VENV)/test.stamp requirements-mutate.txt
	@$(PIP) install --require-hashes -r requirements-mutate.txt
	@touch $@
