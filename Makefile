# Everything runs from a checkout with Python 3.11+ (venv, pip) and make; the locks are pinned and hashed.
PY ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -q --disable-pip-version-check
UVPIP := $(BIN)/uv pip install -q -p $(BIN)/python --require-hashes
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Where compiled modules may not be kept, every process compiles Prefect anew: ten seconds a demo.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test check serve crash-test lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.ok ## run Kentucky's 2027 planning year through Prefect, into out/demo
	@$(BIN)/yearwheel demo

test: $(VENV)/.dev ## every test (PostgreSQL ones run when a server is found)
	@$(BIN)/pytest -n 2 --dist loadfile

check: $(VENV)/.dev ## format, lint, types, import contracts, documentation
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest tests/test_docs.py tests/test_architecture.py

serve: $(VENV)/.ok ## pages, scheduler and Prefect server on this machine
	@$(BIN)/yearwheel serve

crash-test: $(VENV)/.dev ## kill the delivering process at 224 random points; nothing is lost, nothing comes twice
	@$(BIN)/python -m tests.crash

lock: $(VENV)/.dev ## resolve the locks again from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o locks/requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra postgres --group dev --universal --python-version 3.11 -c locks/requirements.lock --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o locks/dev.lock

clean: ## remove the virtual environment and generated output
	rm -rf $(VENV) out

$(VENV)/.ok: locks/requirements.lock locks/build.lock locks/uv.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "yearwheel needs Python 3.11, 3.12 or 3.13")'
	@test -x $(BIN)/python || $(PY) -m venv $(VENV)
	@echo "installing the locked packages"
	@{ $(PIP) install --require-hashes -r locks/uv.lock && $(UVPIP) -r locks/requirements.lock -r locks/build.lock; } \
	  || $(PIP) install --require-hashes -r locks/requirements.lock -r locks/build.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.ok locks/dev.lock
	@$(UVPIP) -r locks/dev.lock || $(PIP) install --require-hashes -r locks/dev.lock
	@touch $@
