# make setup | lint | format | test | audit | coverage | bench | demo | lock | clean
#
# Needs Python 3.11 and npm. Python lives in .venv, the linters in .venv-lint: mamushi pins click 8.1.3 and
# eth-ape needs click >= 8.1.6.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
JOBS ?= 2

# ape-foundry takes anvil from PATH; natrix calls vyper.
export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/.venv/bin:$(PATH)

# `venv --clear` would empty what a link points to, another checkout's environment perhaps.
refuse-link = @if [ -L $(1) ]; then echo "$(1) is a link: remove it first" >&2; exit 1; fi

PIP_INSTALL := install --quiet --disable-pip-version-check --require-hashes
READY := .venv/.ready node_modules/.ready

# Modules that `uses:` others cannot compile alone, so natrix cannot read them. Test doubles ignore
# arguments by design, and RatioSource those of the one function it refuses.
NATRIX_FILES = $(shell ls contracts/*.vy contracts/sources/*.vy | grep -v RatioSource) \
	$(shell grep -L '^uses:' contracts/modules/*.vy)
VYPER_WIDTH := 120

.PHONY: help setup lint format test audit coverage bench demo lock clean

help:
	@sed -n '1s/^# //p' Makefile

setup: $(READY)

.venv/.ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Python 3.11 is needed, not %d.%d" % sys.version_info[:2])'
	$(call refuse-link,.venv)
	$(PYTHON) -m venv --clear .venv
	.venv/bin/pip $(PIP_INSTALL) -r requirements.lock
	.venv/bin/pip check
	touch $@

.venv-lint/.ready: requirements-lint.lock
	$(call refuse-link,.venv-lint)
	$(PYTHON) -m venv --clear .venv-lint
	.venv-lint/bin/pip $(PIP_INSTALL) -r requirements-lint.lock
	touch $@

node_modules/.ready: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

lint: $(READY) .venv-lint/.ready
	.venv-lint/bin/ruff format --check --quiet .
	.venv-lint/bin/ruff check --quiet .
	.venv/bin/mypy
	.venv-lint/bin/mamushi --check --quiet --line-length $(VYPER_WIDTH) contracts tests/forge
	.venv-lint/bin/natrix lint $(NATRIX_FILES)

format: .venv-lint/.ready
	.venv-lint/bin/ruff check --fix --exit-zero --quiet .
	.venv-lint/bin/ruff format --quiet .
	.venv-lint/bin/mamushi --quiet --line-length $(VYPER_WIDTH) contracts tests/forge

test: $(READY)
	.venv/bin/python -m tests.suites --jobs $(JOBS)

# What is too long for every change: the same properties with many more examples.
audit: $(READY)
	.venv/bin/python -m tests.suites --jobs $(JOBS) --audit

coverage: $(READY)
	.venv/bin/python -m tests.suites --jobs $(JOBS) coverage

bench: $(READY)
	.venv/bin/python -m bench.gas
	.venv/bin/python -m bench.throughput

demo: $(READY)
	.venv/bin/ape run demo $(if $(PRICES),--prices "$(PRICES)") $(if $(EVENT),--event "$(EVENT)") $(if $(JSON),--json "$(JSON)")

# Needs uv. Without addresses, so that any index serves the same files.
lock:
	uv pip compile pyproject.toml --extra test --no-emit-index-url --generate-hashes --python-version 3.11 \
		--quiet --custom-compile-command "make lock" -o requirements.lock
	uv pip compile --group lint --no-emit-index-url --generate-hashes --python-version 3.11 \
		--quiet --custom-compile-command "make lock" -o requirements-lint.lock
	npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean:
	rm -rf build .build .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv*' -not -path './node_modules/*' -prune -exec rm -rf {} +
