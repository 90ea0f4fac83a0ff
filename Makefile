# SimLane's commands: `make help` lists them, docs/configuration.md the variables they read.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A run of the tests starts hundreds of processes: each would compile the site anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
ROWS ?= 100000
SEEDS ?= 0 1 2 3 4 5 6 7 8 9
# More workers than cores: browsers, servers and child processes make a worker wait. PostgreSQL, where the upgrades are,
# has more of them, so that none of the two ends long before the other. What is the same on both is done on SQLite.
SQLITE := --tx popen//env:SIMLANE_TEST_DATABASE=sqlite//env:SIMLANE_TEST_PART=sqlite
POSTGRESQL := --tx popen//env:SIMLANE_TEST_DATABASE=postgresql//env:SIMLANE_TEST_PART=database
WORKERS := --dist worksteal $(SQLITE) $(SQLITE) $(POSTGRESQL) $(POSTGRESQL) $(POSTGRESQL)
SLOWEST := --durations 20
BROWSER := --screenshot only-on-failure --output var/browser

.PHONY: help
help: ## List every command
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: install
install: ## Set up .venv with what the site needs
	@scripts/install.sh

.PHONY: install-dev
install-dev: ## Set up .venv with what the tests and checks need as well
	@scripts/install.sh dev

.PHONY: run
run: install ## Serve the site with demo data (RESULTS="paths" adds yours; HOST, PORT, DATABASE_URL)
	@HTTPS=0 DEBUG=0 exec $(PYTHON) manage.py quickstart

.PHONY: worker
worker: ## Do the jobs of a site that runs with JOBS=database: mails, daily work
	@JOBS=database exec $(PYTHON) manage.py worker

.PHONY: test
test: install-dev ## Check and test everything, on SQLite, PostgreSQL and in a browser
	@scripts/install.sh servers
	@$(MAKE) --jobs 2 --output-sync=target checks
	@$(PYTHON) -m tests.postgres $(PYTEST) $(WORKERS) $(SLOWEST) $(BROWSER)

.PHONY: test-sqlite
test-sqlite: install-dev ## Test on SQLite, without a browser
	@$(PYTEST) -n 2 -m "not browser"

.PHONY: test-postgresql
test-postgresql: install-dev ## Test on a throwaway PostgreSQL, without a browser
	@scripts/install.sh postgresql
	@SIMLANE_TEST_DATABASE=postgresql $(PYTHON) -m tests.postgres $(PYTEST) -n 2 -m "not browser"

.PHONY: test-pooler
test-pooler: install-dev ## Test on PostgreSQL through PgBouncer in transaction mode; upgrades go past one
	@scripts/install.sh postgresql
	@SIMLANE_TEST_DATABASE=postgresql SIMLANE_TEST_PART=database SIMLANE_TEST_POOLER=1 $(PYTHON) -m tests.postgres $(PYTEST) -n 2 \
		--ignore tests/browser --ignore tests/upgrade --ignore tests/sim/migrations --ignore tests/sim/partitions

.PHONY: test-browser
test-browser: install-dev ## Test the pages in Chromium
	@scripts/install.sh chromium
	@$(PYTEST) -n 2 -m browser $(BROWSER)

.PHONY: soak
soak: install-dev ## Run the random tests for long, with new examples, on SQLite and PostgreSQL (SEEDS="0 1 2")
	@scripts/install.sh postgresql
	@for seed in $(SEEDS); do \
		echo "soak: seed $$seed"; \
		SIMLANE_TEST_SOAK=1 $(PYTHON) -m tests.postgres $(PYTEST) --dist worksteal $(SQLITE) $(POSTGRESQL) -m soak --hypothesis-seed $$seed; \
	done

.PHONY: renew-schema
renew-schema: install-dev ## Write down anew the schema that all migrations give, after adding one (tests/sim/migrations/schema)
	@scripts/install.sh postgresql
	@SIMLANE_TEST_RENEW_SCHEMA=1 $(PYTHON) -m tests.postgres $(PYTEST) -q --dist worksteal $(SQLITE) $(POSTGRESQL) tests/sim/migrations/test_schema.py

.PHONY: checks
checks: lint types check-migrations check-deploy check-assets

.PHONY: lint
lint: install-dev ## Check the form of Python and templates, and the imports between rooms
	@echo "lint: ruff, djlint, import-linter"
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --check .
	@$(PYTHON) -m djlint --quiet --lint simlane
	@.venv/bin/lint-imports --no-cache --no-logo >/dev/null || { .venv/bin/lint-imports --no-cache --no-logo; exit 1; }

.PHONY: types
types: install-dev ## Check the types
	@echo "types: mypy"
	@SECRET_KEY=types $(PYTHON) -m mypy --no-error-summary

.PHONY: check-migrations
check-migrations: install-dev ## Check that migrations are complete and safe on a serving site
	@scripts/install.sh postgresql
	@echo "check-migrations: makemigrations --check, lintmigrations"
	@scripts/check_migrations.sh

.PHONY: check-deploy
check-deploy: install-dev ## Check the settings a production site starts with
	@echo "check-deploy: check --deploy"
	@env -u DATABASE_URL -u DEBUG -u HTTPS -u HSTS_SECONDS EMAIL_URL=smtp://mail.example.org ALLOWED_HOSTS=simlane.example.org $(PYTHON) manage.py check --deploy --fail-level WARNING >/dev/null

.PHONY: format
format: install-dev ## Put Python and templates into form
	@$(PYTHON) -m ruff check --quiet --fix .
	@$(PYTHON) -m ruff format --quiet .

.PHONY: assets
assets: install-dev ## Build the stylesheet and scripts from assets/ into simlane/static/build
	@scripts/install.sh node
	@$(PYTHON) scripts/assets.py build

.PHONY: check-assets
check-assets: install-dev ## Check that the committed build is what assets/ builds
	@scripts/install.sh node
	@echo "check-assets: build, compare"
	@$(PYTHON) scripts/assets.py check

.PHONY: rehearse
rehearse: ## Rehearse the upgrade on generated profiles (ROWS=100000) on a throwaway PostgreSQL
	@echo "rehearse: sets up what is missing, upgrades $(ROWS) generated profiles on a throwaway PostgreSQL under traffic, reports"
	@$(MAKE) install
	@scripts/install.sh postgresql
	@HTTPS=0 $(PYTHON) -m tests.postgres $(PYTHON) manage.py upgrade_profiles rehearse --rows $(ROWS)

.PHONY: cluster
cluster: install ## Run a whole cluster on this machine until Ctrl-C: PostgreSQL under Patroni, HAProxy, PgBouncer, Redis, the site
	@scripts/install.sh cluster
	@exec $(PYTHON) -m bench.cluster

.PHONY: cluster-test
cluster-test: install ## Play failures in such a cluster while clients write and read (CASE="primary-killed": that one)
	@scripts/install.sh cluster
	@exec $(PYTHON) -m bench.cluster.playing $(CASE)

.PHONY: restore-test
restore-test: install ## Drop a table and restore to a second before with pgBackRest, by the files in deploy/ (ENTRIES=50000)
	@scripts/install.sh restore
	@exec $(PYTHON) -m bench.restoring $(if $(ENTRIES),--entries $(ENTRIES))

.PHONY: bench-import
bench-import: install-dev ## Measure the import of result files
	@$(PYTHON) -m bench.importing

.PHONY: bench-pages
bench-pages: install-dev ## Measure the pages
	@$(PYTHON) -m bench.pages

.PHONY: bench-serving
bench-serving: install-dev ## Measure the server: 200 visitors at once, and one beside 500 slow ones
	@$(PYTHON) -m bench.serving

.PHONY: bench-warm
bench-warm: install ## Measure pages for visitors made, kept and unchanged, beside a constant view (CACHE_URL, DATABASE_URL)
	@scripts/install.sh load
	@$(PYTHON) -m bench.warm

.PHONY: bench-load
bench-load: install ## Measure the server with 1, 2 and 4 processes, PgBouncer and replicas, beside a constant view (SOAK=10: 200 visitors so long)
	@scripts/install.sh load
	@$(PYTHON) -m bench.load $(if $(SOAK),--soak $(SOAK))

.PHONY: bench-uploading
bench-uploading: install-dev ## Measure pages while 200 files are uploaded, on PostgreSQL
	@scripts/install.sh postgresql
	@$(PYTHON) -m bench.uploading

.PHONY: bench-claims
bench-claims: install-dev ## Measure rivals who link, unlink and leave at the same moment
	@$(PYTHON) -m bench.claims

.PHONY: bench-ownership
bench-ownership: install-dev ## Let 8 connections link, prove, merge and leave at random for 60 s
	@scripts/install.sh postgresql
	@$(PYTHON) -m bench.ownership

.PHONY: bench-ratings
bench-ratings: install-dev ## Measure the rating beside plainer ones on made-up series, its speed, and 2,000,000 stored ratings
	@$(PYTHON) -m bench.ratings
	@scripts/install.sh postgresql
	@$(PYTHON) -m bench.rating_storing

.PHONY: bench-seasons
bench-seasons: install-dev ## Measure the standings of a season of 20 rounds and 60 drivers, and of 200 seasons
	@scripts/install.sh postgresql
	@$(PYTHON) -m bench.seasons

.PHONY: bench-verify
bench-verify: install-dev ## Measure verify_profiles at 1,000,000 profiles
	@$(PYTHON) -m bench.verifying

.PHONY: bench-versions
bench-versions: install-dev ## Measure replacing, withdrawing and deciding about one session at 1,000,000 profiles
	@scripts/install.sh postgresql
	@$(PYTHON) -m bench.versions

.PHONY: bench-upgrade
bench-upgrade: install-dev ## Measure the upgrade of 100,000 and 1,000,000 profiles, and interrupt it 50 times
	@scripts/install.sh postgresql
	@$(PYTHON) -m bench.upgrading

.PHONY: lock
lock: ## Resolve requirements*.in again into the locks (needs uv)
	@export UV_CUSTOM_COMPILE_COMMAND="make lock"; \
	resolve="uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links"; \
	$$resolve requirements.in -o requirements.lock; \
	$$resolve requirements-dev.in -o requirements-dev.lock

.PHONY: clean
clean: ## Remove what was installed and cached; the data in var/ stays
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis assets/node_modules var/static var/browser
	@find simlane tests -name __pycache__ -type d -prune -exec rm -rf {} +
