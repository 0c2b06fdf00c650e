# `make demo` and `make test` need python3 (3.11 or newer, with venv) and nothing else.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test pages clean
MAKEFLAGS += --no-print-directory

# The first interpreter that is new enough and can make environments; `make test PYTHON=python3.13` chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
PACKAGED := pyproject.toml README.md $(shell find flake8_bookmark docs/rules -type f -not -name '*.py[co]')
FLAKE8 := .venv-demo/bin/flake8 --isolated --select=BKM --jobs=1

help:
	@echo "make demo   install the package and lint the example service and its corrected twin"
	@echo "make test   everything that must pass: tests, ruff, mypy"
	@echo "make pages  write the explanation pages again"
	@echo "make clean  remove the environments and caches"

demo: .venv-demo/installed
	@echo "== examples/service: a web service that stalls in every way"
	@found=$$($(FLAKE8) examples/service); code=$$?; echo "$$found"; \
	if [ $$code -ne 1 ] || ! grep -q ' BKM[1-8]' <<<"$$found" || grep -q ' BKM9' <<<"$$found"; then \
		echo "demo failed: findings were expected (flake8 ended with $$code)"; exit 1; fi; \
	echo "$$(wc -l <<<"$$found") findings"
	@echo "== examples/service_fixed: the same service, corrected"
	@$(FLAKE8) examples/service_fixed && echo "no findings"
	@echo "== read about one: .venv-demo/bin/flake8-bookmark explain BKM101"

test: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/mypy --strict flake8_bookmark
	.venv/bin/pytest -n auto

pages: .venv/installed
	.venv/bin/python tools/pages.py

clean:
	rm -rf .venv .venv-demo build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml
	@$(MAKE) environment ENVIRONMENT=.venv
	.venv/bin/python $(PIP_INSTALL) --editable '.[dev]'
	@touch $@

# The demo shows what a user gets: the built package, without the tree it came from.
.venv-demo/installed: $(PACKAGED)
	@$(MAKE) environment ENVIRONMENT=.venv-demo
	.venv-demo/bin/python $(PIP_INSTALL) .
	@touch $@

.PHONY: environment
environment:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer with the venv module is needed"; exit 1; fi
	@[ -x $(ENVIRONMENT)/bin/python ] || { echo "making $(ENVIRONMENT)"; $(PYTHON) -m venv $(ENVIRONMENT); }
