# The commands of the outcomes warehouse. `make help` lists them.

SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
VRN := PYTHONPATH=plugins "$(BIN)"/python -m vrn
ROLE ?= vrn_owner
DEMO ?= $(VRN_DEMO)
# What a command is told reaches it by the environment, whatever characters are in it.
export ROLE DEMO NOTE PROJECT SUBMISSION REASON FEED SUPPLIER FROM UNTIL KEY ONLY SIZES YEARS ROUNDS CLIENTS SECONDS_OF_ASKING FEEDS PERSONS SEEDS
# A file of tests runs in one of two workers; conftest.py says which files come first.
PYTEST := "$(BIN)"/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help run up down status psql env headline check release release-preview readers site project templates build refuse approve withdraw replay rotate-key agreement test-packages test test-nightly lint format bench docs requirements install clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(INSTALLED) ## the main job: start everything, take in what waits in the inbox, show the indicators (DEMO=full: every synthetic delivery)
	@VRN_DEMO="$$DEMO" $(VRN) run

up: $(INSTALLED) ## start PostgreSQL and Airflow
	@$(VRN) up

down: $(INSTALLED) ## stop them; nothing is lost
	@$(VRN) down

status: $(INSTALLED) ## one screen: what runs, the disk, what waits, what is held or refused, the last build and release
	@$(VRN) status

psql: $(INSTALLED) ## open the warehouse (ROLE=name for another role)
	@$(VRN) psql --role "$$ROLE"

env: $(INSTALLED) ## print `export PG…` for the warehouse (ROLE=name for another role)
	@$(VRN) env --role "$$ROLE"

headline: $(INSTALLED) ## print the headline indicators again
	@$(VRN) headline

templates: $(INSTALLED) ## write the templates of the returns that people fill in
	@$(VRN) templates

build: $(INSTALLED) ## build the outcomes from the deliveries that serve
	@$(VRN) build

refuse: $(INSTALLED) ## refuse a delivery that is under way or held (SUBMISSION=number REASON="…")
	@$(VRN) refuse --submission "$$SUBMISSION" --reason "$$REASON"

approve: $(INSTALLED) ## let a held delivery serve (SUBMISSION=number REASON="…")
	@$(VRN) approve --submission "$$SUBMISSION" --reason "$$REASON"

withdraw: $(INSTALLED) ## take a delivery back; its rows and its original are deleted (SUBMISSION=number REASON="…")
	@$(VRN) withdraw --submission "$$SUBMISSION" --reason "$$REASON"

replay: $(INSTALLED) ## take a delivery in anew from its original (SUBMISSION=number, or FEED=… FROM=2019-04 UNTIL=2020-03; REASON="…")
	@$(VRN) replay --submission "$$SUBMISSION" --feed "$$FEED" --from "$$FROM" --until "$$UNTIL" --reason "$$REASON"

release: $(INSTALLED) ## publish what was built: freeze, hide what could identify, export, site (NOTE="what it is for" REASON="why so much changes")
	@$(VRN) release "$$NOTE" --reason "$$REASON"

release-preview: $(INSTALLED) ## what a release would change against the last one, because of what, and whether it needs a reason
	@$(VRN) release-preview

readers: $(INSTALLED) ## bring the database of readers to what publish holds, and roles that changed themselves back (each build and release does it)
	@$(VRN) readers

site: $(INSTALLED) ## make the pages of the latest release anew
	@$(VRN) site

project: $(INSTALLED) ## open evaluation projects and make their tables, close those that ended (PROJECT=name for one)
	@$(VRN) project "$$PROJECT"

rotate-key: $(INSTALLED) ## another key or password in the place of one that is lost or became known (KEY=name); says what that means
	@$(VRN) rotate-key "$$KEY"

check: $(INSTALLED) ## check every feed file, try its rules, and check the registers; names all that is wrong
	@$(VRN) check

agreement: $(INSTALLED) ## a draft entry for agreements.yaml (FEED=cin_census SUPPLIER=888): every column, its class and what it is for
	@$(VRN) agreement --feed "$$FEED" --supplier "$$SUPPLIER"

test-packages: ## as root on Debian 12: the real clients (browser, ODBC, JDBC, R, SSH) without which some tests skip and say so
	@bash tools/test-packages.sh

test: $(INSTALLED_DEV) ## the whole test suite (ORDER=random: in an order that changes and is printed; TESTS=tests/unit/test_house.py: that file)
	@$(if $(filter-out random,$(ORDER)),$(error ORDER says '$(ORDER)'. Say ORDER=random, or leave it out for the order of the files))
	@$(PYTEST) $(if $(ORDER),-p randomly) $(TESTS)

test-nightly: $(INSTALLED_DEV) ## what takes longer: the whole county through Airflow, long worlds, every property with fresh seeds
	@VRN_TEST_PROFILE=nightly $(PYTEST)

lint: $(INSTALLED_DEV) ## ruff, the order of imports, and sqlfluff
	@"$(BIN)"/ruff check . && "$(BIN)"/ruff format --check . && PYTHONPATH=plugins "$(BIN)"/lint-imports --no-cache --no-logo && "$(BIN)"/python -m sqlfluff lint -q dbt_project/models

format: $(INSTALLED_DEV) ## put the code into shape
	@"$(BIN)"/ruff check --fix . && "$(BIN)"/ruff format .

bench: $(INSTALLED) ## what the house costs, in one table and as JSON in the home (ONLY=ingest,gate SIZES=18000 YEARS=1,5 ROUNDS=1)
	@PYTHONPATH=plugins:. "$(BIN)"/python -m tests.bench --only "$$ONLY" --sizes "$$SIZES" --years "$$YEARS" --rounds "$$ROUNDS" --clients "$$CLIENTS" --seconds_of_asking "$$SECONDS_OF_ASKING" --feeds "$$FEEDS" --persons "$$PERSONS" --seeds "$$SEEDS"

docs: $(INSTALLED) ## generate dbt's docs and a page for each indicator (no network) into the home
	@$(VRN) docs

requirements: ## resolve the requirements anew, with hashes, Superset's too
	@uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 requirements.in -o requirements.txt
	@uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	@cd bi/superset && uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 --no-emit-package odfpy requirements.in -o requirements.txt
	@cd bi/superset && uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 build-requirements.in -o build-requirements.txt

install: $(INSTALLED_DEV) ## make the environment for running and testing

clean: $(INSTALLED) ## stop, and delete the home of this folder (.vrn) with all its data; refuses while VRN_HOME names another
	@$(VRN) clean

$(INSTALLED): requirements.txt tools/install.sh
	@PYTHON="$(PYTHON)" bash tools/install.sh requirements.txt
	@touch $@

$(INSTALLED_DEV): $(INSTALLED) requirements-dev.txt
	@PYTHON="$(PYTHON)" bash tools/install.sh requirements-dev.txt
	@touch $@
