# Two commands for a newcomer: make run, make demo. Needs Python 3.11 or newer (to 3.13), git and make.
PYTHON ?= python3
BIN := .venv/bin
RUN_DIR ?= $(CURDIR)/.run
LOCAL := $(BIN)/python -m invoice_sync.orchestration.local

# when make began: "seconds to the first statement" counts from here, installing included
export INVOICE_SYNC_MAKE_STARTED := $(shell date +%s)
# all of them, even after one has failed: a person wants the whole list
define CHECKS
failed=""; \
	$(BIN)/ruff check . || failed="$$failed ruff"; \
	$(BIN)/ruff format --check . || failed="$$failed format"; \
	$(BIN)/mypy || failed="$$failed mypy"; \
	$(BIN)/lint-imports || failed="$$failed lint-imports"; \
	test -z "$$failed" || echo "FAILED:$$failed (see above)"
endef

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run demo correct test test-scale faults bench lint install install-test clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: install ## install, start sandbox and Airflow, run the flows, show their statements; stays until Ctrl-C
	@exec $(LOCAL) run --run-dir $(RUN_DIR)

demo: install ## every flow in two acts: red by planted mistakes, corrected, green; an order released; checks itself and stops
	@exec $(LOCAL) demo --run-dir $(RUN_DIR)

correct: ## while `make run` is up: correct the planted mistakes at the source
	@exec $(LOCAL) correct --run-dir $(RUN_DIR)

test: install-test ## lint, types, contracts and all tests; pytest's summary is the last line
	@$(CHECKS); $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not scale" tests || failed="$$failed pytest"; test -z "$$failed"

test-scale: install-test ## docker-compose.yaml's services as processes, a worker killed (4 minutes; needs redis-server)
	@$(PYTHON) .ci/install --scale
	@$(BIN)/python -m pytest -s tests/scale

faults: install-test ## the fault campaign on SQLite and PostgreSQL (about an hour); figures in .run/faults.json
	@PYTHONPATH=tests $(BIN)/python -m faults.locks
	@PYTHONPATH=tests $(BIN)/python -m faults

bench: install-test ## measured figures against their bounds, side by side with others, about 13 minutes; .run/bench.json
	@PYTHONPATH=tests $(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

lint: install-test ## lint, types and contracts only
	@$(CHECKS); test -z "$$failed"

install: ## make .venv and install what requirements.txt pins (only what has changed)
	@$(PYTHON) .ci/install

install-test:
	@$(PYTHON) .ci/install --test

clean: ## remove .venv, .run and caches
	rm -rf .run .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis include/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
