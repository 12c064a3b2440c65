# Every command of the project; CI runs the same ones.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv/bin
ENVIRONMENT := deploy/local/bin/environment.sh
PUBLISHED := $(foreach package,spa_intake triage care_package readmission_monitor,$(package).adapters.events.published) \
  homeward_kit.dead_letters
LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url

.PHONY: help run stop reset test test-slow test-unit random lint format assets contracts chaos mutants environment lock bench

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: ## Start the whole stack on this machine and load a synthetic ward; Ctrl-C stops it
	@$(ENVIRONMENT) run
	@exec $(VENV)/homeward up

stop: ## Stop the running stack; the data are kept
	@$(ENVIRONMENT) run
	@$(VENV)/homeward down

reset: ## Stop the stack and delete everything it has stored (YES=1: without asking)
	@$(ENVIRONMENT) run
	@$(VENV)/homeward reset $(if $(YES),--yes)

test: environment assets ## Run all tests but the soaks, starting what they need
	@$(VENV)/python -m pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

test-slow: environment assets ## Run the soaks: kills, outages and a wiped broker under load, for minutes
	@$(VENV)/python -m pytest -m slow

EXAMPLES ?= 1000
random: environment ## Run the property tests with new seeds, the journeys of all four services EXAMPLES times
	@HOMEWARD_EXAMPLES_COUNT=$(EXAMPLES) $(VENV)/python -m pytest -m hypothesis --hypothesis-profile random

test-unit: environment ## Run the tests that need no PostgreSQL, no Kafka and no browser
	@$(VENV)/python -m pytest services/*/tests/unit tests/any_order deploy/local/tests/unit tests/architecture

DURATION ?= 1200
SEED ?= 20261122
RATE ?= 30
NODES ?= 1
chaos: environment assets ## Kill everything under whole journeys, then check that nothing was lost (DURATION, SEED, RATE, NODES)
	@$(VENV)/python -m tests.chaos --seconds $(DURATION) --seed $(SEED) --rate $(RATE) --nodes $(NODES)

bench: environment assets ## Measure against the goals and write build/bench.json (ONLY=name: one; QUICK=1: small sizes)
	@PYTHONPATH=shared/tests/sample_service/src $(VENV)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

lint: environment ## Check style, types, imports between packages, templates and workflows
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy
	@for service in services/*; do $(VENV)/mypy $$service/tests $$service/migrations || exit 1; done
	@$(VENV)/lint-imports
	@$(VENV)/djlint --lint --extension jinja services/spa-intake/src

format: environment ## Put the code in its standard form
	@$(VENV)/ruff format .
	@$(VENV)/ruff check --fix .

assets: ## Build the interface's CSS and JavaScript
	@$(ENVIRONMENT) run
	@$(VENV)/python -c 'from homeward_local.assets import ensure_assets; print(ensure_assets(print))'

contracts: environment ## Write the event schemas and AsyncAPI anew from the published models
	@$(VENV)/python -m tests.contracts.generation shared/contracts $(PUBLISHED)

mutants: environment ## Take each protection of the messaging away and demand that its test fails (half an hour)
	@$(VENV)/python -m tests.mutants.run $(NAMES)

environment: ## Make or update the virtual environment of the tests and checks
	@$(ENVIRONMENT) dev

lock: environment ## Resolve the locks anew (after a change in requirements/*.in or of Kafka's version)
	@for name in uv services laptop dev; do \
	  $(VENV)/uv pip compile --quiet $(LOCK_OPTIONS) requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	@$(VENV)/python -m homeward_local.kafka_jars
