# thingdesk: `make help` lists the targets. All that is needed: Python 3.11 to 3.13 with venv, git, make.

# Without PYTHON the first Python that fits is used; each named PYTHON has an environment of its own.
VENV := .venv$(if $(PYTHON),-$(notdir $(PYTHON)))
PY := $(VENV)/bin/python
MADE := $(VENV)/made.stamp
RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp
VENDOR := src/thingdesk/web/static/vendor/LICENCES.txt
AXE := tests/web/node_modules/axe-core/axe.min.js
OUTSIDE := tests/outside/node_modules/.package-lock.json
INSTALL := $(PY) -m pip install --disable-pip-version-check --require-hashes --progress-bar on

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo up test check lint pytest chaos upgrade reference requirements bench clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22
	@echo
	@echo "  PYTHON=python3.13 uses that Python, in an environment of its own: .venv-python3.13"

demo: $(RUN) $(VENDOR) ## Show a fleet, its faults and their verified outcomes (EXIT=1: end after the table)
	@$(PY) -m thingdesk demo $(if $(filter-out 0,$(EXIT)),--exit)

up: $(RUN) $(VENDOR) ## Run the desk alone, with an embedded database and broker
	@$(PY) -m thingdesk up

test: lint pytest ## All that CI runs: lint, format, types, rules of the architecture, tests (WORKERS=n)

check: lint ## The fast part of it: all but the tests that start something
	$(PY) -m pytest tests/architecture

lint: $(DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(wildcard src tests scripts benchmarks)

pytest: $(DEV) $(VENDOR) $(AXE) $(OUTSIDE)
	$(PY) -m pytest -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder

chaos: $(DEV) ## Kill the desk, its broker and its database for long (KILLS=200 SEED=n ROLES=1)
	@$(PY) -m tests.journeys.chaos --kills $(or $(KILLS),200) $(if $(SEED),--seed $(SEED)) \
	    $(if $(filter-out 0,$(ROLES)),--roles)

upgrade: $(DEV) ## See whether the working tree can follow another release (FROM=tag or commit)
	@$(PY) -m tests.upgrade --from $(or $(FROM),HEAD)

reference: $(DEV) ## Write docs/reference/ from the code
	@$(PY) -m scripts.make_reference

requirements: $(DEV) ## Lock requirements/*.in again (UPGRADE=1: to the newest versions)
	$(PY) scripts/lock_requirements.py $(if $(filter-out 0,$(UPGRADE)),--upgrade)

bench: $(DEV) $(VENDOR) ## Measure the figures that README gives
	@set -e; for file in benchmarks/bench_*.py; do echo "== $$file"; $(PY) "$$file"; done

clean: ## Remove all that was made, but not the desk's data in var/
	rm -rf .venv .venv-* build dist src/*.egg-info src/thingdesk/web/static/vendor web/node_modules
	rm -rf tests/web/node_modules tests/outside/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests scripts benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(MADE):
	@python=$$(sh scripts/find_python.sh "$(PYTHON)") && \
	echo "Making the environment $(VENV) with $$python" && \
	"$$python" -m venv --clear $(VENV)
	@$(PY) scripts/link_source.py
	@touch $@

$(RUN): $(MADE) requirements/run.txt
	@echo "Installing what thingdesk runs on: about 150 MB, a minute or two, only this once"
	@$(INSTALL) -r requirements/run.txt
	@touch $@

$(DEV): $(MADE) requirements/dev.txt
	@echo "Installing what the tests need too: about 250 MB, two or three minutes, only this once"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

$(AXE): tests/web/package-lock.json $(DEV)
	@echo "Fetching the checks of accessibility: some seconds, only this once"
	@cd tests/web && ../../$(VENV)/bin/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(OUTSIDE): tests/outside/package-lock.json $(DEV)
	@echo "Fetching the clients of others that the tests call the desk with: 350 MB, a minute or two, only this once"
	@cd tests/outside && ../../$(VENV)/bin/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENDOR): web/package-lock.json scripts/build_assets.py
	@echo "Fetching the browser libraries: some seconds, only this once"
	@$(PY) scripts/build_assets.py
