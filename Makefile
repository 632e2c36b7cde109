# make test      everything that must pass: sets up, linters, types, tests of the scripts, tests of the package
# make check     the quick part of it: linters and types
# make docs      the documentation site, in site/: a broken link inside it is an error
# make reference   docs/recipe_reference.md, from the texts at the fields
# make setup     the environment (.venv) with the tools that the other targets use

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
activate := . ./path.sh &&

.PHONY: setup lint ruff layers scripts types docs test-bash test check reference lock

setup:
	@utils/install/environment.sh --dev

lint: ruff layers scripts

ruff: setup
	@$(activate) ruff check --quiet . && ruff format --check --quiet .

layers: setup
	@$(activate) lint-imports --no-logo

scripts: setup
	@$(activate) tests/bash/lint

types: setup
	@$(activate) mypy --no-error-summary

docs: setup
	@$(activate) NO_MKDOCS_2_WARNING=1 mkdocs build --strict  # --quiet would hide warnings from --strict, too

test-bash: setup
	@$(activate) tests/bash/run

test: lint types docs test-bash
	@$(activate) python -m pytest --numprocesses=auto --dist=loadfile

check: lint types

reference: setup
	@$(activate) python -m speakernet.bin.recipe_reference >docs/recipe_reference.md.tmp && mv docs/recipe_reference.md{.tmp,}

lock:
	@$(activate) python requirements/update.py
