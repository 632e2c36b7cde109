# make test      everything that must pass: sets up, linters, types, tests of the scripts, tests of the package
# make check     the quick part of it: linters and types
# make setup     the environment (.venv) with the tools that the other targets use

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
activate := . ./path.sh &&

.PHONY: setup lint types test-bash test check lock

setup:
	@utils/install/environment.sh --dev

lint: setup
	@$(activate) ruff check --quiet . && ruff format --check --quiet .
	@$(activate) lint-imports --no-logo --config pyproject.toml >/dev/null || lint-imports --no-logo
	@$(activate) tests/bash/lint

types: setup
	@$(activate) mypy --no-error-summary

test-bash: setup
	@$(activate) tests/bash/run

test: lint types test-bash
	@$(activate) python -m pytest --numprocesses=auto --dist=worksteal --quiet

check: lint types

lock:
	@$(activate) python requirements/update.py
