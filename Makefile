# `make` lists the targets. Only python3 (3.11 to 3.14) and make are needed; everything else is set up on first use.
PYTHON ?= python3
STAGE ?= dev
PORT ?=
T ?=

run := .venv/bin/python -m
pytest := $(run) pytest
unit_tests := tests/unit tests/component tests/wiring
journeys := tests/journeys
deploy_test := tests/journeys/test_deploy.py

# A virtual environment is brought up to date when its requirements change.
key = $(shell cksum < $(1) | cut -d ' ' -f 1)
app_venv := .venv/.made-$(call key,requirements-dev.txt)
emulator_venv := .local/emulator-venv/.made-$(call key,requirements-emulator.txt)
make_venv = $(PYTHON) -m venv $(1) && rm -f $(1)/.made-* && $(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2)

.DEFAULT_GOAL := help
.PHONY: help setup python up down reset reload status logs demo test test-unit test-journeys test-deploy drills check format lint lock bench conformance history package deploy

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(app_venv) $(emulator_venv)  ## make the virtual environments (done by every other target as needed)

$(app_venv):
	@$(MAKE) --no-print-directory python
	@echo "Installing the app's dependencies into .venv"
	@$(call make_venv,.venv,requirements-dev.txt)
	@touch $@

$(emulator_venv):
	@$(MAKE) --no-print-directory python
	@echo "Installing the AWS emulator into .local/emulator-venv"
	@mkdir -p .local
	@$(call make_venv,.local/emulator-venv,requirements-emulator.txt)
	@touch $@

python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	  || { echo "Python 3.11 to 3.14 is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }

up: setup  ## start the local AWS with the app; PORT=4566 chooses the port
	@$(run) localaws up $(if $(PORT),--port $(PORT))

down: setup  ## stop it; its data stays
	@$(run) localaws down

reset: setup  ## stop it and forget its data
	@$(run) localaws reset

reload: setup  ## make a code change live in what runs
	@$(run) localaws reload

status: setup  ## say whether it runs and where
	@$(run) localaws status

logs: setup  ## print what the functions logged in the last ten minutes
	@$(run) localaws logs

demo: up  ## run the whole path on sample data, from registration to shipment
	@$(run) examples.demo

test: check test-unit test-journeys  ## run the checks and all tests but test-deploy

test-unit: setup  ## run the tests of units, components and wiring; T=path runs one
	@$(pytest) -n 2 --dist loadfile $(or $(T),$(unit_tests))

test-journeys: setup  ## run the tests over HTTP on a local AWS of their own; T=path runs one
	@$(pytest) $(or $(T),$(journeys) --ignore $(deploy_test))

test-deploy: setup  ## run `make deploy` against a local AWS of its own, twice, and order through the result
	@$(pytest) $(deploy_test)

drills: setup  ## let every function die at each of its writes, in every story of an order; takes minutes
	@$(pytest) -n 2 -m drill --timeout 900 $(or $(T),tests/component)

check: lint  ## check format, lint and types
	@.venv/bin/mypy

lint: setup
	@.venv/bin/ruff format --check
	@.venv/bin/ruff check

format: setup  ## format the code and mend what lint can mend
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

lock: setup  ## pin the dependencies of requirements/*.in anew, with hashes
	@for name in runtime dev emulator; do \
	  out=requirements-$$name.txt; test $$name = runtime && out=requirements.txt; \
	  .venv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	    requirements/$$name.in -o $$out || exit 1; \
	done

bench: setup  ## measure, and compare with the budgets
	@$(run) bench

conformance: setup  ## try a supplier's order API: URL=https://… SECRET=whsec_… STATUS_URL= CANCELLATION_URL= INVENTORY_URL= JSON=1
	@test -n "$(URL)" || { echo "Name the order API: make conformance URL=https://…"; exit 2; }
	@SIGNING_SECRET='$(SECRET)' $(run) conformance '$(URL)' \
	  $(if $(STATUS_URL),--status-url '$(STATUS_URL)') $(if $(CANCELLATION_URL),--cancellation-url '$(CANCELLATION_URL)') \
	  $(if $(INVENTORY_URL),--inventory-url '$(INVENTORY_URL)') $(if $(JSON),--json)

history: setup  ## run 2,000 orders through hostile suppliers and check what became of them; ORDERS=n for fewer
	@PYTHONPATH=.:tests:tests/journeys $(run) faults.history --orders $(or $(ORDERS),2000) $(if $(PORT),--port $(PORT))

package: setup  ## package the app with its resources as one stack for STAGE, into build/
	@$(run) deploy.package $(STAGE)

deploy: setup  ## deploy the resources, the app and the settings after it to STAGE
	@$(run) deploy $(STAGE)
