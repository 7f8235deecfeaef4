# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that are shown do what they say, when a shell and Ansible read them."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.splitter import parse_kv
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import (
    carry_out_lines,
    carry_out_rollback_lines,
    go_back_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import WIDTH
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import known_variables, plain_value
from hypothesis import given
from hypothesis import strategies as st

PLAN = {"id": "0123456789ab", "connector": "orders", "is_empty": False, "settings": [], "offsets": []}
WRITING = {**PLAN, "settings": [{"key": "stripe.report.max.wait.ms", "before": "300000", "after": "3600000"}]}
OPTIONS: dict[str, Any] = {
    "cluster_label": "connect-1",
    "connectors": ["orders", "others"],
    "strategy": "continue",
    "partitions": [],
    "timestamp": None,
    "offset": None,
    "backup_file": None,
    "allow_gap": False,
    "config": {},
    "at_least": {"stripe.report.max.wait.ms": "60m"},
    "plan_id": None,
}

ASKED = {
    "partitions": [{"timezone": "Africa/Cairo"}, {"name": 'it\'s "quoted" $HOME'}],
    "timestamp": "2026-11-12T00:00Z",
    "offset": {"pos": 1, "file": "b 1", "big": 2**53 + 1, "none": None},
    "backup_file": "/a folder/b.json",
    "allow_gap": True,
}


def variables(lines: list[str]) -> dict[str, Any]:
    """The extra variables of the command in the lines, as a role reads them."""
    start = next(number for number, line in enumerate(lines) if "ansible-playbook" in line)
    # Python's shlex does not know that a backslash at the end of a line joins it with the next one.
    words = shlex.split(" ".join(line.removesuffix("\\") for line in lines[start:]))
    assert words[:2] == ["ansible-playbook", "connectops.recovery.recover"]
    assert words[2::2] == ["-e"] * (len(words[2:]) // 2)
    found: dict[str, Any] = {}
    for text in words[3::2]:
        found.update(DataLoader().load(text) if text.startswith("{") else parse_kv(text))
    return {name: plain_value(name, value) for name, value in found.items()}


def test_a_real_shell_reads_the_same_words() -> None:
    command = "\n".join(carry_out_lines(PLAN, {**OPTIONS, **ASKED})[1:]).replace(
        "ansible-playbook", "printf '%s\\n'", 1
    )
    printed = subprocess.run(["sh", "-c", command], text=True, capture_output=True, check=True).stdout
    words = shlex.split(" ".join(line.removesuffix("\\") for line in carry_out_lines(PLAN, {**OPTIONS, **ASKED})[1:]))
    assert printed.splitlines() == words[1:]


def test_the_command_that_carries_out_a_plan() -> None:
    assert carry_out_lines(PLAN, OPTIONS) == [
        "  To carry out this plan, with the inventory of this run (-i):",
        "    ansible-playbook connectops.recovery.recover \\",
        "      -e connectops_hosts=connect-1 \\",
        "      -e connectops_connectors=orders \\",
        """      -e '{"connectops_at_least": {"stripe.report.max.wait.ms": "60m"}}' \\""",
        "      -e reset_strategy=continue \\",
        "      -e reset_plan_id=0123456789ab",
    ]


def test_the_command_that_goes_back_names_the_backup() -> None:
    assert go_back_lines(WRITING, "/var/backups/orders.json", OPTIONS) == [
        "  orders: the backup made before plan 0123456789ab is",
        "    /var/backups/orders.json",
        "  To take this change back, with the inventory of this run (-i):",
        "    ansible-playbook connectops.recovery.rollback \\",
        "      -e connectops_hosts=connect-1 \\",
        "      -e connectops_connectors=orders \\",
        "      -e rollback_backup_file=/var/backups/orders.json",
    ]
    assert go_back_lines(WRITING, "/var/b.json", {})[-2:] == [
        "  To take this change back, run connect_rollback for orders with backup_file:",
        "    /var/b.json",
    ]


def test_there_is_nothing_to_go_back_to_after_a_restart() -> None:
    assert go_back_lines(PLAN, "/var/backups/orders.json", OPTIONS) == []


def test_the_command_that_carries_out_a_rollback_agrees_to_the_same() -> None:
    options = {
        "cluster_label": "connect-1",
        "connectors": ["orders"],
        "backup_file": None,
        "allow_moved_offsets": True,
        "allow_other_cluster": False,
        "plan_id": None,
    }
    assert carry_out_rollback_lines(WRITING, options) == [
        "  To carry out this plan, with the inventory of this run (-i):",
        "    ansible-playbook connectops.recovery.rollback \\",
        "      -e connectops_hosts=connect-1 \\",
        "      -e connectops_connectors=orders \\",
        "      -e rollback_allow_moved_offsets=true \\",
        "      -e rollback_plan_id=0123456789ab",
    ]
    assert carry_out_rollback_lines({**WRITING, "is_empty": True}, options) == []


@pytest.mark.parametrize("at_least", [{}, {"batch.size": 10}], ids=["the defaults alone", "and others"])
def test_the_command_raises_the_same_default_floors(at_least: dict[str, Any]) -> None:
    """The playbook raises them unless connectops_at_least is set."""
    found = variables(carry_out_lines(PLAN, {**OPTIONS, "at_least": at_least, "default_floors": True}))
    assert found.get("connectops_at_least", {}) == at_least
    assert ("connectops_at_least" in found) == bool(at_least)
    assert str(found.get("reset_default_floors", not at_least)).lower() == "true"


def test_a_shell_and_ansible_read_back_what_was_asked() -> None:
    found = variables(carry_out_lines(PLAN, {**OPTIONS, **ASKED}))
    assert set(found) <= set(known_variables())
    assert {name: found[f"reset_{name}"] for name in ASKED} == {**ASKED, "allow_gap": "true"}
    assert found["connectops_connectors"] == ["orders"]


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1).filter(
        lambda text: text == text.strip()
    )
)
def test_any_name_of_a_connector_is_read_back(name: str) -> None:
    found = variables(carry_out_lines({**PLAN, "connector": name}, OPTIONS))
    assert found["connectops_connectors"] == [name]


@pytest.mark.parametrize("changed", [{"cluster_label": None}, {"config": {"password": "s3cret-value"}}])
def test_a_task_of_ones_own_is_run_again_with_the_plan_id(changed: Mapping[str, Any]) -> None:
    lines = carry_out_lines(PLAN, {**OPTIONS, **changed})
    assert lines == ["  To carry out this plan, run this task for orders with plan_id: 0123456789ab"]
    assert "s3cret-value" not in json.dumps(lines)


def test_there_is_nothing_to_carry_out_of_an_empty_plan() -> None:
    assert carry_out_lines({**PLAN, "is_empty": True}, OPTIONS) == []


def test_the_lines_fit_a_terminal() -> None:
    lines = [*carry_out_lines(PLAN, {**OPTIONS, "allow_gap": True}), *go_back_lines(WRITING, "/var/b.json", OPTIONS)]
    assert max(map(len, lines)) <= WIDTH
