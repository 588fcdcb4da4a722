# Gradatim. `make` alone lists what there is. Needs Python 3.11 or newer and make; nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV  := .venv
BIN   := $(VENV)/bin
DONE  := $(VENV)/.installed
UV    := VIRTUAL_ENV=$(VENV) $(BIN)/uv --quiet
WORKERS ?= 2

.PHONY: help setup start test lint check bench docs fit work packet agents badge lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(DONE)-core $(DONE)-project  ## install the core packages and .venv/bin/gradatim
	@:

start: setup  ## install if needed, then open the app in the browser
	@$(BIN)/gradatim

test: setup $(DONE)-test lint  ## everything: linters, types, layers, then all tests
	@sh tools/ensure_browser.sh
	@sh tools/ensure_prometheus.sh "$(CURDIR)/$(VENV)/prometheus"
	@$(BIN)/python -c "from gradatim.cli.start import compile_with_progress; compile_with_progress()"
	@echo "gradatim: running the tests ($(WORKERS) workers)"
	@$(BIN)/python -m pytest -n $(WORKERS)

lint: setup $(DONE)-test  ## ruff, mypy strict and the layers, without the tests
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "gradatim: some files are not formatted; next: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/lint-imports.log 2>&1 || { cat $(VENV)/lint-imports.log >&2; exit 1; }

check: setup $(DONE)-test  ## prove every lab: all references, all seeds (minutes)
	@$(BIN)/gradatim lab check --all

bench: setup $(DONE)-bench  ## measure the serving kernel beside its peers
	@$(BIN)/gradatim bench serving

docs: setup $(DONE)-docs  ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "gradatim: the documentation is in site/index.html"

fit: setup $(DONE)-fit  ## install what fitting models needs (scikit-learn, pyarrow)
	@:

work: setup $(DONE)-work  ## install what the work commands need (polars, scipy, statsmodels, river, matplotlib)
	@:

packet: setup $(DONE)-packet  ## install what packets need (typst, cryptography, icalendar)
	@:

agents: setup $(DONE)-agents  ## install the Gymnasium interface
	@:

badge: $(DONE)-uv  ## check FILE=badge.jwt with openbadgeslib (LGPL), installed beside everything else in .venv/badges
	@test -n "$(FILE)" || { echo "gradatim: which badge?" >&2; echo "  next:  make badge FILE=badge.jwt" >&2; exit 2; }
	@test -x $(VENV)/badges/bin/python || $(BIN)/uv --quiet venv --python $(BIN)/python $(VENV)/badges
	@VIRTUAL_ENV=$(VENV)/badges $(BIN)/uv --quiet pip install "openbadgeslib>=4.6"
	@$(VENV)/badges/bin/python tools/validate_badge.py "$(FILE)"

lock: $(DONE)-uv  ## write requirements/*.txt again from pyproject.toml (UPGRADE=1 for newer versions)
	@$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

clean:  ## remove what make made: the environment, caches, built documentation
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache site dist
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is newer than the lock file it was installed from, so a second `make setup` does nothing.
$(BIN)/python:
	@echo "gradatim: making $(VENV)"
	@sh tools/make_venv.sh $(VENV)

$(DONE)-uv: requirements/uv.txt | $(BIN)/python
	@echo "gradatim: installing uv into $(VENV)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements/uv.txt
	@touch $@

$(DONE)-core: requirements/core.txt $(DONE)-uv
	@echo "gradatim: installing the core packages"
	@$(UV) pip install --compile-bytecode --require-hashes -r requirements/core.txt
	@touch $@

$(DONE)-project: pyproject.toml requirements/build.txt $(DONE)-core
	@echo "gradatim: installing gradatim itself"
	@$(UV) pip install --no-deps --build-constraints requirements/build.txt --editable .
	@$(BIN)/python -m compileall -q src/gradatim
	@touch $@

$(DONE)-%: requirements/%.txt $(DONE)-core
	@echo "gradatim: installing the $* packages"
	@$(UV) pip install --compile-bytecode --require-hashes -r requirements/$*.txt
	@touch $@
