# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task in the controller's process and the same task shipped as a module: one result, and no secret in either."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.tasks import MAX_WAIT, NEW_YORK, ZONES, Tasks, stuck
from lab import Lab, await_condition
from lab.ansible_runs import playbook_environment
from lab.trial import Trial

pytestmark = pytest.mark.core_matrix

# A task with an environment of its own runs as a module, with an interpreter of its own.
WAYS: Mapping[str, Mapping[str, Any]] = {"in process": {}, "shipped": {"environment": {"OF_ITS_OWN": "yes"}}}
PASSWORD = "correct-horse-battery"
# What belongs to the moment or to the way of running, not to the result.
VOLATILE = frozenset({"ansible_facts_discovered_interpreter", "deprecations", "exception", "invocation"})


@pytest.fixture(autouse=True)
def stuck_trial(trial: Trial) -> None:
    stuck(trial)


class Runner:
    """Runs one task of a playbook; every output is searched for secrets."""

    def __init__(self, folder: Path, tasks: Tasks) -> None:
        self._folder = folder
        self._tasks = tasks
        self._secrets = [PASSWORD, *(account.key for account in tasks.trial.accounts.values())]

    def run(self, way: str, module: str, options: Mapping[str, Any], *arguments: str) -> dict[str, Any]:
        """The task's registered result."""
        result = self._folder / f"result-{way.replace(' ', '-')}.json"
        copy = {"content": "{{ done | to_json }}", "dest": str(result), "mode": "0600"}
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [
                {module: options, **WAYS[way], "register": "done", "ignore_errors": True},
                {"ansible.builtin.copy": copy, "check_mode": False, "diff": False},
            ],
        }
        playbook = self._folder / "playbook.json"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-vvv", str(playbook), *arguments],
            env={**playbook_environment(), "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("AnsiballZ_connect" in done.stdout) == (way == "shipped")
        text = result.read_text(encoding="utf-8")
        for secret in self._secrets:
            assert secret not in done.stdout + done.stderr + text
        found: dict[str, Any] = json.loads(text)
        found.get("ansible_facts", {}).get("connectops_offsets", {}).pop("read_at", None)
        return {key: value for key, value in found.items() if key not in VOLATILE}

    def both(self, module: str, options: Mapping[str, Any], *arguments: str) -> dict[str, Any]:
        """Run it in both ways; the result, which must be the same."""
        in_process, shipped = (self.run(way, f"connectops.recovery.{module}", options, *arguments) for way in WAYS)
        assert in_process == shipped
        return in_process


@pytest.fixture
def runner(tmp_path: Path, tasks: Tasks) -> Runner:
    return Runner(tmp_path, tasks)


@pytest.fixture
def still(lab: Lab, trial: Trial) -> None:
    """The connector holds still: a running one has asked for one more report by the second look."""
    lab.connect.request("PUT", f"/connectors/{trial.name}/pause")
    lab.connect.await_state(trial.name, "PAUSED", tasks=1)
    runs = trial.accounts[NEW_YORK]
    await_condition(lambda: all(run.status != "pending" for run in runs.runs), 10, "the last report to be ready")


@pytest.mark.usefixtures("still")
def test_facts_are_the_same(trial: Trial, tasks: Tasks, runner: Runner) -> None:
    result = runner.both("connect_offsets_facts", tasks.reset_options)
    facts = result["ansible_facts"]["connectops_offsets"]["connectors"][trial.name]
    assert {verdict["partition"]["timezone"] for verdict in facts["verdicts"]} == set(ZONES)
    assert facts["config"]["stripe.api.keys"] == "********"


@pytest.mark.usefixtures("still")
def test_facts_with_those_of_the_offsets_topic_are_the_same(
    lab: Lab, trial: Trial, tasks: Tasks, runner: Runner
) -> None:
    options = {**tasks.reset_options, "kafka_bootstrap_servers": [lab.bootstrap_servers]}
    result = runner.both("connect_offsets_facts", options)
    facts = result["ansible_facts"]["connectops_offsets"]["connectors"][trial.name]
    assert len(facts["records"]) == len(ZONES)


@pytest.mark.usefixtures("still")
def test_a_login_to_kafka_is_shown_nowhere(tasks: Tasks, runner: Runner) -> None:
    login = {"kafka_sasl_mechanism": "PLAIN", "kafka_sasl_username": "recovery", "kafka_sasl_password": PASSWORD}
    kafka = {"kafka_bootstrap_servers": ["127.0.0.1:9"], "kafka_security_protocol": "SASL_PLAINTEXT", **login}
    result = runner.both("connect_offsets_facts", {**tasks.reset_options, **kafka, "kafka_timeout": 2})
    (warning,) = result["warnings"]
    assert "The offsets topic was not read: No Kafka broker can be reached at 127.0.0.1:9" in warning


def test_a_preview_with_its_diff_is_the_same(trial: Trial, tasks: Tasks, runner: Runner) -> None:
    options = {**tasks.reset_options, "at_least": {MAX_WAIT: "60m"}}
    result = runner.both("connect_offset_reset", options, "--check", "--diff")
    assert result["changed"]
    assert len(tasks.of(result)["plan"]["offsets"]) == len(ZONES)
    (diff,) = result["diff"]
    assert f"config {MAX_WAIT} = 3600000" in diff["after"]


def test_a_change_is_the_same_and_the_second_finds_it_made(trial: Trial, tasks: Tasks, runner: Runner) -> None:
    options = {**tasks.options, "at_least": {MAX_WAIT: "60m"}}
    first = runner.run("in process", "connectops.recovery.connect_config", options)
    assert first["changed"]
    assert tasks.lab.connect.config(trial.name)[MAX_WAIT] == "3600000"
    trial.cluster.request("PATCH", f"/connectors/{trial.name}/config", {MAX_WAIT: "200"})
    assert runner.run("shipped", "connectops.recovery.connect_config", options) == first
    assert not runner.both("connect_config", options)["changed"]


def test_keys_given_by_the_user_are_used_and_not_shown(trial: Trial, tasks: Tasks, runner: Runner) -> None:
    keys = {zone: account.key for zone, account in trial.accounts.items()}
    result = runner.both("connect_offset_reset", {**tasks.reset_options, "stripe_api_keys": keys}, "--check")
    assert tasks.of(result)["forecast"]["stripe_asked"]


@pytest.mark.parametrize(
    "module, options, words",
    [
        pytest.param("connect_offset_reset", {"connectors": ["no-such"]}, "was not found in the cluster", id="unknown"),
        pytest.param("connect_offset_reset", {"strategy": "forward"}, "value of strategy must be one of", id="choice"),
        pytest.param("connect_offset_reset", {"speed": 3}, "Unsupported parameters for", id="option"),
        pytest.param("connect_offset_reset", {"strategy": "timestamp"}, "needs the option timestamp", id="missing"),
        pytest.param("connect_config", {"connect_url": None}, "missing required arguments: connect_url", id="required"),
        pytest.param("connect_config", {"at_least": {MAX_WAIT: "-5m"}}, "is not a duration", id="negative"),
        pytest.param(
            "connect_config",
            {"url_password": PASSWORD, "at_least": {MAX_WAIT: 1}},
            "url_password is set without url_username",
            id="password",
        ),
    ],
)
def test_a_failure_is_the_same_sentence(
    tasks: Tasks, runner: Runner, module: str, options: Mapping[str, Any], words: str
) -> None:
    given = {**(tasks.reset_options if module == "connect_offset_reset" else tasks.options), **options}
    result = runner.both(module, {key: value for key, value in given.items() if value is not None})
    assert result["failed"]
    assert words in result["msg"]


@pytest.mark.usefixtures("still")
def test_the_environment_of_the_controller_is_a_fallback_for_both(
    tasks: Tasks, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOPS_CONNECT_URL", ",".join(tasks.lab.connect.urls))
    options = {key: value for key, value in tasks.reset_options.items() if key != "connect_url"}
    assert not runner.both("connect_offsets_facts", options).get("failed")
    assert tasks.trial.accounts[NEW_YORK].journal
