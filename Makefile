# bootwatch: what a person does with the repository. Needs python3 (3.11 or newer) with venv, make and git.

PYTHON  ?= python3
VENV    ?= .venv
WORKERS ?= auto
UPGRADE ?=
KILLS   ?= 200
CUTS    ?= 50

BIN         := $(VENV)/bin
PIP         := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The full set is resolved first, so that the smaller ones hold the same versions.
PIN         := $(VENV)-constraints/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
               --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate $(UPGRADE)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help compiled demo test faults spark spark-all check bench docs constraints clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime compiled ## install, then scan the bundled logs and print what was found
	$(BIN)/bootwatch demo

# Byte code is written here even where the environment says Python must not: starting from source costs a quarter second.
compiled:
	@$(BIN)/python -m compileall -q src

test: $(VENV)/.dev ## run the tests (WORKERS=1 for one process, ARGS='-k rex' for some of them)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup $(ARGS)

faults: $(VENV)/.dev ## kill the service 200 times and cut its power 50 times; prints what was acknowledged and found
	BOOTWATCH_KILL_ROUNDS=$(KILLS) BOOTWATCH_POWER_ROUNDS=$(CUTS) \
	  $(BIN)/python -m pytest -q -n 0 -k "killed_at_random or power_cut or does_not_sync" tests/service

spark: $(VENV)/.spark ## add PySpark (400 MB; needs Java 17), so that make test tries the cluster too

spark-all: $(VENV)/.dev $(VENV)/.spark ## every published search on Spark, 200 of them on a cluster (an hour)
	BOOTWATCH_SPARK_EVERY=1 BOOTWATCH_SPARK_CLUSTER=200 $(BIN)/python -m pytest -q tests/engines/spark $(ARGS)

check: $(VENV)/.dev ## format, lint, types and import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict src tests bench
	$(BIN)/lint-imports

bench: $(VENV)/.bench compiled ## measure against ripgrep and plain DuckDB on generated logs
	$(BIN)/python -m bench.run $(ARGS)

docs: $(VENV)/.runtime ## regenerate docs/reference from the code
	$(BIN)/python docs/generate.py

constraints: ## renew the pins in constraints/ (UPGRADE=--upgrade for newer releases)
	$(PYTHON) -m venv $(VENV)-constraints
	$(VENV)-constraints/bin/python -m pip --disable-pip-version-check --quiet install uv
	$(PIN) pyproject.toml constraints/build.in --extra dev -o constraints/dev.txt
	$(PIN) pyproject.toml constraints/build.in -c constraints/dev.txt -o constraints/runtime.txt
	$(PIN) pyproject.toml constraints/build.in -c constraints/dev.txt --extra apprise -o constraints/apprise.txt
	$(PIN) pyproject.toml constraints/build.in -c constraints/dev.txt --extra bench -o constraints/bench.txt
	$(PIN) pyproject.toml constraints/build.in -c constraints/dev.txt --extra spark -o constraints/spark.txt

clean: ## remove the environment, caches and build output
	rm -rf $(VENV) $(VENV)-constraints .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'bootwatch needs Python 3.11 or newer: make PYTHON=python3.12 …' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# PySpark comes as source alone.
$(VENV)/.spark: SOURCES := --no-binary pyspark

# One stamp for each set of packages; a changed pin or project file installs again. The package itself is editable.
$(VENV)/.%: constraints/%.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --only-binary :all: $(SOURCES) -r $<
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
