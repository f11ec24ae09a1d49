# Everything is done from here; `make help` lists it. Needed beforehand: Python 3.11, pip, venv and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 5000
PYTEST_WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes
TRANSLATIONS := booking/translations
CATALOGUES := $(wildcard $(TRANSLATIONS)/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)

# Compiled modules are kept whatever the environment says: without them each process takes seconds to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-deep bench check format translations clean

# The list below is made of the comments that follow each target's name.
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed $(COMPILED) ## Serve Établi with its demo on http://127.0.0.1:5000 (PORT=… for another)
	@BIN=$(BIN) PORT=$(PORT) bin/run

test: $(VENV)/.installed-dev $(COMPILED) ## Run the tests
	$(BIN)/python -m pytest -m "not deep" -n $(PYTEST_WORKERS) --dist worksteal $(ARGS)

test-deep: $(VENV)/.installed-dev $(COMPILED) ## Run the tests and the long ones
	$(BIN)/python -m pytest -m "deep or not deep" -n $(PYTEST_WORKERS) --dist worksteal $(ARGS)

bench: $(VENV)/.installed-dev ## Measure the fair allocation: seconds, memory, proven gap, against first come and a draw
	@$(BIN)/python -m tests.bench.allocation

check: $(VENV)/.installed-dev ## Check format, style, types, imports, templates and catalogues
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python bin/check-catalogues

format: $(VENV)/.installed-dev ## Put the code in the common format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

translations: $(VENV)/.installed-dev ## Gather the sentences of the code into the catalogues, then compile them
	$(BIN)/python bin/gather-catalogues
	$(BIN)/pybabel -q compile -d $(TRANSLATIONS)

clean: ## Remove what was installed and made here, the database included
	rm -rf $(VENV) instance .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name '*.mo' -delete -o -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: what is installed is installed again only when its list of requirements changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Établi needs Python 3.11 or newer: say where it is with make PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing what Établi needs…"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what its tests need…"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

%.mo: %.po | $(VENV)/.installed
	$(BIN)/pybabel -q compile -i $< -o $@
