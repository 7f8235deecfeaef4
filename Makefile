# Everything that a developer or CI runs. A machine needs Python >= 3.11, a JDK >= 17, Maven >= 3.8, git and make;
# the rest is installed below .cache/ in the versions that tests/requirements/ pins.

PYTHON ?= python3
VENV := $(CURDIR)/.cache/venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
# Test files run side by side, as most of them wait for Kafka Connect: each process has a lab of its own, about 1 GiB.
PROCESSES ?= 5
PARALLEL := --numprocesses=$(PROCESSES) --dist=loadfile --no-loadscope-reorder
# What takes long for what it adds is left out of `make test`.
ALL := -m "not faults"
LINTS := lint-python lint-types lint-shell lint-yaml lint-ansible lint-changelog lint-docs lint-licences
PREREQUISITES := PYTHON=$(PYTHON) tests/tooling/prerequisites.sh "make $(or $(firstword $(MAKECMDGOALS)),help)"

export ANSIBLE_CONFIG := $(CURDIR)/tests/ansible.cfg
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.cache/hypothesis
export PYTHONPATH := $(CURDIR)/.cache/collections:$(CURDIR)/tests
# Ansible's tools start one another by name.
export PATH := $(VENV)/bin:$(PATH)
export VIRTUAL_ENV := $(VENV)
# Compiled code is kept: without it each process of pytest and of the lab compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help check-python check-java setup hooks lint $(LINTS) unit faults enumerate monitoring integration awx events molecule sanity smoke matrix
.PHONY: pages reference collected test package site demo lab bench clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

check-python:
	@$(PREREQUISITES) python git

check-java:
	@$(PREREQUISITES) jdk maven

setup: check-python ## install what the other targets need
	@$(PYTHON) -m tooling.environment

hooks: setup ## let git run the linters before each commit
	@$(PY) -m pre_commit install

lint: setup ## run every linter
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target $(LINTS)

lint-python:
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet .

lint-types:
	@$(PY) -m mypy --no-error-summary --python-version 3.10 -p ansible_collections.connectops.recovery.plugins
	@$(PY) -m mypy --no-error-summary --python-version 3.11 -p lab -p tooling

lint-shell:
	@shellcheck .ci/run tests/tooling/*.sh

lint-yaml:
	@$(PY) -m yamllint --strict .

lint-ansible:
	@ansible-lint -q --nocolor

lint-changelog:
	@antsibull-changelog lint

lint-docs:
	@ansible-doc --metadata-dump connectops.recovery >/dev/null

lint-licences:
	@reuse lint --quiet

unit: setup ## run the tests that need no Kafka
	@$(PYTEST) $(PARALLEL) $(ALL) tests/unit tests/faults

# make unit runs these too, where it finds a browser.
pages: setup ## look at the report's pages with Chromium, and fail if there is none; the pictures are in .cache/report
	@REPORT_NEEDS_BROWSER=1 $(PYTEST) tests/unit/plugin_utils/test_report_in_browser.py

enumerate: setup ## run the tests with generated input, with twenty times as many examples
	@TEST_EXAMPLES_TIMES=20 $(PYTEST) $(PARALLEL) --timeout=3600 -m hypothesis tests/unit tests/faults

monitoring: setup ## run the tests with the tools of Prometheus, and fail if one is missing
	@REQUIRE_MONITORING=1 $(PYTEST) tests/unit/monitoring

integration: check-java setup ## run the tests against a real Kafka Connect
	@$(PYTEST) $(PARALLEL) $(ALL) tests/integration

# The longest there is. It prints how many cases it has tried. Test by test, as those of one file take longest.
faults: check-java setup ## try every order of two runs, and a fault or a meddler at every step of a run
	@$(PYTEST) --numprocesses=$(PROCESSES) --dist=load --maxschedchunk=1 --timeout=7200 -m faults \
		tests/faults tests/unit tests/integration

awx: setup ## build the example of an execution environment, and make the objects of AWX with its own modules
	@$(PYTEST) tests/awx --ignore=tests/awx/test_rulebook.py

events: check-java setup ## run the rulebook for alerts
	@$(PYTEST) tests/awx/test_rulebook.py

molecule: check-java setup ## run the roles' scenarios
	@ANSIBLE_PYTHON_INTERPRETER=$(PY) molecule test --all

sanity: setup ## run ansible-test's sanity tests
	@$(PY) -m tooling.sanity $(SANITY)

smoke: check-java setup ## run a few tests under the oldest and the newest ansible-core
	@$(PY) -m tooling.matrix --smoke

matrix: check-java sanity ## run all core tests under the oldest and the newest ansible-core, and every sanity test under these and ours
	@$(PY) -m tooling.matrix

# What pytest compiles here once, its processes would each compile at the same time.
collected: setup
	@$(PYTEST) --collect-only --quiet > /dev/null

# The longest first. The output of each comes in one piece; the summary of pytest comes last. pylint takes two minutes of CPU for
# what ruff mostly finds too: make sanity and make matrix run it.
test: check-java setup ## run lint, unit, integration, molecule, sanity and smoke, and measure the coverage of plugins/
	@$(MAKE) --no-print-directory --keep-going --jobs=3 --output-sync=target SANITY="--skip-test pylint" \
		sanity smoke molecule $(LINTS) collected
	@$(PYTEST) $(PARALLEL) --cov --cov-report=term

package: setup ## build the artifact of a release, with its changelog, and check it as Galaxy does
	@$(PY) -m tooling.package

site: setup ## build the documentation as a site
	@$(PY) -m tooling.site

reference: setup ## write docs/reference.md from the modules and roles
	@$(PY) -m tooling.reference

demo: check-java setup ## show a recovery from the first look to the proof
	@$(PY) -m lab demo

lab: check-java setup ## run a lab with a stuck connector until Ctrl-C
	@$(PY) -m lab up

bench: check-java setup ## measure decisions, ways of running a task, looks at a cluster, resets, readings of an offsets topic, forks
	@$(PY) benchmarks/decision.py
	@$(PY) benchmarks/task_cost.py
	@$(PY) benchmarks/identify.py
	@$(PY) benchmarks/reset_cycle.py
	@$(PY) benchmarks/offsets_topic.py
	@$(PY) benchmarks/fleet.py
	@$(PY) benchmarks/forks.py

clean: ## remove everything that make installed and built
	rm -rf .cache
