# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task in the controller's process and the same task shipped as a module: one result, and no secret in either."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.tasks import MAX_WAIT, NEW_YORK, TOO_SHORT_WAIT, ZONES, Tasks, stuck, without_backups
from lab import Lab, await_condition
from lab.ansible_runs import playbook_environment
from lab.trial import Trial

pytestmark = [pytest.mark.core_matrix, pytest.mark.slow_file]

# A task with an environment of its own runs as a module, with an interpreter of its own.
WAYS: Mapping[str, Mapping[str, Any]] = {"in process": {}, "shipped": {"environment": {"OF_ITS_OWN": "yes"}}}
BACKGROUND: Mapping[str, Any] = {"async": 120, "poll": 1}
PASSWORD = "correct-horse-battery"
# What belongs to the moment or to the way of running, not to the result.
VOLATILE = frozenset({"ansible_facts_discovered_interpreter", "deprecations", "exception", "invocation"})
OF_THE_BACKGROUND = frozenset(
    {"ansible_job_id", "finished", "results_file", "started", "stderr", "stdout", "stderr_lines", "stdout_lines"}
)


@pytest.fixture(autouse=True)
def stuck_trial(trial: Trial) -> None:
    stuck(trial)


@dataclass(frozen=True)
class Step:
    """One task of a playbook: the way in which it runs, and the module of the collection with its options."""

    way: str
    module: str
    options: Mapping[str, Any]


class Runner:
    """Runs tasks in one playbook; every output is searched for secrets."""

    def __init__(self, folder: Path, tasks: Tasks) -> None:
        self._playbook = folder / "playbook.json"
        self._secrets = [PASSWORD, *(account.key for account in tasks.trial.accounts.values())]

    def run(self, steps: Sequence[Step], *arguments: str) -> list[dict[str, Any]]:
        """The registered result of each task."""
        tasks: list[dict[str, Any]] = []
        for step in steps:
            options = {f"connectops.recovery.{step.module}": step.options, **WAYS.get(step.way, BACKGROUND)}
            tasks.append({**options, "register": "done", "ignore_errors": True})
            # Encoded, so that the result is one word whatever the format of the output.
            tasks.append({"ansible.builtin.debug": {"msg": "RESULT={{ done | to_json | b64encode }}"}})
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        self._playbook.write_text(json.dumps([play]), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-vvv", str(self._playbook), *arguments],
            env={**playbook_environment(), "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        texts = [b64decode(encoded).decode() for encoded in re.findall(r"RESULT=([\w+/]+=*)", done.stdout)]
        outputs = done.stdout.split("\nTASK [")[1::2]
        assert len(texts) == len(outputs) == len(steps)
        for secret in self._secrets:
            assert secret not in done.stdout + done.stderr + "".join(texts)
        for step, output in zip(steps, outputs, strict=True):
            assert ("AnsiballZ_connect" in output) == (step.way != "in process")
        return [_comparable(json.loads(text)) for text in texts]

    def both(self, module: str, options: Mapping[str, Any], *arguments: str) -> dict[str, Any]:
        """Run it in both ways; the result, which must be the same."""
        in_process, shipped = self.run([Step(way, module, options) for way in WAYS], *arguments)
        assert in_process == shipped
        return in_process


def _comparable(found: dict[str, Any]) -> dict[str, Any]:
    found.get("ansible_facts", {}).get("connectops_offsets", {}).pop("read_at", None)
    return {key: value for key, value in found.items() if key not in VOLATILE}


@pytest.fixture
def runner(tmp_path: Path, tasks: Tasks) -> Runner:
    return Runner(tmp_path, tasks)


@pytest.fixture
def still(lab: Lab, trial: Trial) -> None:
    """The connector holds still: a running one has asked for one more report by the second look."""
    lab.connect.request("PUT", f"/connectors/{trial.name}/pause")
    lab.connect.await_state(trial.name, "PAUSED", tasks=1)
    runs = trial.accounts[NEW_YORK]
    await_condition(lambda: all(run.status != "pending" for run in runs.runs), "the last report to be ready")


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
    options = {**tasks.reset_options, "kafka_bootstrap_servers": [lab.bootstrap_servers], "details": "all"}
    result = runner.both("connect_offsets_facts", options)
    facts = result["ansible_facts"]["connectops_offsets"]["connectors"][trial.name]
    assert len(facts["records"]) == len(ZONES)


@pytest.mark.lengthy
@pytest.mark.usefixtures("still")
def test_a_login_to_kafka_is_shown_nowhere(tasks: Tasks, runner: Runner) -> None:
    login = {"kafka_sasl_mechanism": "PLAIN", "kafka_sasl_username": "recovery", "kafka_sasl_password": PASSWORD}
    kafka = {"kafka_bootstrap_servers": ["127.0.0.1:9"], "kafka_security_protocol": "SASL_PLAINTEXT", **login}
    result = runner.both("connect_offsets_facts", {**tasks.reset_options, **kafka, "kafka_timeout": 2})
    (warning,) = result["warnings"]
    assert "The offsets topic was not read: No Kafka broker can be reached at 127.0.0.1:9" in warning


@pytest.mark.lengthy
def test_a_preview_with_its_diff_is_the_same(trial: Trial, tasks: Tasks, runner: Runner) -> None:
    options = {**tasks.reset_options, "at_least": {MAX_WAIT: "60m"}}
    result = runner.both("connect_offset_reset", options, "--check", "--diff")
    assert result["changed"]
    assert len(tasks.of(result)["plan"]["offsets"]) == len(ZONES)
    (diff,) = result["diff"]
    assert f"config {MAX_WAIT} = 3600000" in diff["after"]


@pytest.mark.lengthy
def test_a_change_is_the_same_and_the_second_finds_it_made(trial: Trial, tasks: Tasks, runner: Runner) -> None:
    options = {**tasks.config_options, "at_least": {MAX_WAIT: "60m"}}

    def run(*ways: str) -> list[dict[str, Any]]:
        return [without_backups(one) for one in runner.run([Step(way, "connect_config", options) for way in ways])]

    first, second = run(*WAYS)
    assert first["changed"]
    assert not second["changed"]
    assert tasks.lab.connect.config(trial.name)[MAX_WAIT] == "3600000"
    trial.cluster.request("PATCH", f"/connectors/{trial.name}/config", {MAX_WAIT: str(TOO_SHORT_WAIT)})
    assert run(*reversed(WAYS)) == [first, second]
    trial.cluster.request("PATCH", f"/connectors/{trial.name}/config", {MAX_WAIT: str(TOO_SHORT_WAIT)})
    (third,) = run("in the background")
    assert {key: value for key, value in third.items() if key not in OF_THE_BACKGROUND} == first
    assert tasks.lab.connect.config(trial.name)[MAX_WAIT] == "3600000"


@pytest.mark.lengthy
def test_keys_given_by_the_user_are_used_and_not_shown(trial: Trial, tasks: Tasks, runner: Runner) -> None:
    keys = {zone: account.key for zone, account in trial.accounts.items()}
    result = runner.both("connect_offset_reset", {**tasks.reset_options, "stripe_api_keys": keys}, "--check")
    assert tasks.of(result)["forecast"]["stripe_asked"]


FAILURES: Sequence[tuple[str, Mapping[str, Any], str]] = (
    ("connect_offset_reset", {"connectors": ["no-such"]}, "was not found in the cluster"),
    ("connect_offset_reset", {"strategy": "forward"}, "value of strategy must be one of"),
    ("connect_offset_reset", {"speed": 3}, "Unsupported parameters for"),
    ("connect_offset_reset", {"strategy": "timestamp"}, "needs the option timestamp"),
    ("connect_config", {"connect_url": None}, "missing required arguments: connect_url"),
    ("connect_config", {"at_least": {MAX_WAIT: "-5m"}}, "is not a duration"),
    (
        "connect_config",
        {"url_password": PASSWORD, "at_least": {MAX_WAIT: 1}},
        "url_password is set without url_username",
    ),
)


def test_a_failure_is_the_same_sentence(tasks: Tasks, runner: Runner) -> None:
    """All of them in one playbook, as each start of Ansible takes its time."""
    steps = []
    for module, options, _words in FAILURES:
        given = {**(tasks.reset_options if module == "connect_offset_reset" else tasks.options), **options}
        without_none = {key: value for key, value in given.items() if value is not None}
        steps += [Step(way, module, without_none) for way in WAYS]
    results = runner.run(steps)
    for (_module, _options, words), in_process, shipped in zip(FAILURES, results[::2], results[1::2], strict=True):
        assert in_process == shipped
        assert in_process["failed"]
        assert words in in_process["msg"]


@pytest.mark.lengthy
@pytest.mark.usefixtures("still")
def test_the_environment_of_the_controller_is_a_fallback_for_both(
    tasks: Tasks, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOPS_CONNECT_URL", ",".join(tasks.lab.connect.urls))
    options = {key: value for key, value in tasks.reset_options.items() if key != "connect_url"}
    assert not runner.both("connect_offsets_facts", options).get("failed")
    assert tasks.trial.accounts[NEW_YORK].journal
