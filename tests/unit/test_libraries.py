# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Missing libraries are named all at once, with advice that fits where the task runs."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils import libraries
from ansible_collections.connectops.recovery.plugins.module_utils.ansible_task import perform
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import libraries_of_kinds
from ansible_collections.connectops.recovery.plugins.module_utils.libraries import (
    all_missing,
    controller_advice,
    host_advice,
    missing_library,
    needed,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext

ROOT = Path(__file__).parents[2]
FACTS = {"ask_stripe": True, "kafka_bootstrap_servers": ["kafka:9092"]}


def all_needed(params: Mapping[str, Any]) -> list[str]:
    return [*needed(params), *libraries_of_kinds(params)]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, ["requests"]),
        ({"ask_stripe": False, "kafka_bootstrap_servers": []}, ["requests", "croniter"]),
        (FACTS, ["requests", "confluent_kafka", "croniter", "stripe"]),
    ],
)
def test_what_a_task_needs_depends_on_its_options(params: Mapping[str, Any], names: list[str]) -> None:
    assert all_needed(params) == names


def test_the_requirements_name_every_library_that_a_task_may_import() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    named = [line.partition(">=")[0].replace("-", "_") for line in lines]
    assert sorted(named) == sorted(all_needed({**FACTS, "metrics_dir": None}))


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in ("stripe", "confluent_kafka") else found(name)
    )
    error = all_missing(missing_library("requests", ImportError("no")), all_needed(FACTS), "+".join)
    assert error.sentence == (
        "The Python libraries requests, confluent-kafka, stripe are missing: requests+confluent-kafka+stripe."
    )
    assert error.facts["libraries"] == ["requests", "confluent_kafka", "stripe"]


def test_a_task_that_misses_a_library_says_where_to_install_it() -> None:
    def operation(params: Mapping[str, Any], context: TaskContext) -> Outcome:
        raise ModuleNotFoundError("No module named 'croniter'", name="croniter")

    result = perform(operation, {}, check_mode=False, advice=lambda packages: "do this")
    assert (result["failed"], result["msg"]) == (True, "The Python library croniter is missing: do this.")
    assert result["import_error"] == "No module named 'croniter'"
    assert sys.executable in perform(operation, {}, check_mode=False)["msg"]


def test_on_a_host_the_interpreter_may_be_the_wrong_one() -> None:
    advice = host_advice(["requests"])
    assert f"{sys.executable} -m pip install requests" in advice
    assert "ansible_python_interpreter" in advice


@pytest.mark.parametrize(
    ("prefix", "folder", "variable", "end"),
    [
        ("/usr", "/nowhere", "", "run {python} -m pip install requests stripe"),
        ("/home/a/.local/share/pipx/venvs/ansible", "/nowhere", "", "run pipx inject ansible requests stripe"),
        ("/usr", "/", "", "add requests stripe to the Python requirements of the execution environment"),
        ("/usr", "/nowhere", "/runner", "add requests stripe to the Python requirements of the execution environment"),
    ],
)
def test_ansible_s_own_process_needs_them_in_its_own_python(
    monkeypatch: pytest.MonkeyPatch, prefix: str, folder: str, variable: str, end: str
) -> None:
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(libraries, "_RUNNER_FOLDER", Path(folder))
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", variable)
    advice = controller_advice(["requests", "stripe"])
    assert advice.endswith(end.format(python=sys.executable))
    assert "ansible_python_interpreter" not in advice
