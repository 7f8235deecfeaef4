# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options of its module the variables of a role set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import MODULES
from ansible_collections.connectops.recovery.plugins.plugin_utils.role_options import options_of_role
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import known_variables

ROOT = Path(__file__).parents[3]
MODULE_OF = {
    "identify": "connect_offsets_facts",
    "reset": "connect_offset_reset",
    "rollback": "connect_rollback",
    "support_bundle": "connect_support_bundle",
    "verify": "connect_recovery_info",
}


HOST = {"inventory_hostname": "connect-1"}


def of_reset(**variables: Any) -> dict[str, Any]:
    return options_of_role("reset", MODULE_OF["reset"], {**HOST, **variables}, lambda value: value)


def test_each_variable_sets_the_option_of_its_name() -> None:
    given = {"reset_connectors": "a, b", "reset_partitions": '[{"table": "orders"}]', "reset_allow_gap": True}
    assert of_reset(**given, reset_strategy="current", verify_connectors=["c"]) == {
        "cluster_label": "connect-1",
        "connectors": ["a", "b"],
        "partitions": [{"table": "orders"}],
        "allow_gap": True,
        "strategy": "current",
        "default_floors": False,
    }


@pytest.mark.parametrize("blank", ["", " ", None])
def test_a_blank_variable_has_the_default_of_the_role(blank: Any) -> None:
    found = of_reset(reset_strategy=blank, reset_partitions=blank, reset_backup_file=blank, reset_offset={})
    assert found == {
        "cluster_label": "connect-1",
        "connectors": [],
        "strategy": "continue",
        "allow_gap": False,
        "default_floors": False,
    }


def test_an_empty_list_stays_one_so_that_it_can_be_refused() -> None:
    assert of_reset(reset_partitions=[])["partitions"] == []


@pytest.mark.parametrize("blank", [{}, {"rollback_connectors": ""}, {"rollback_connectors": " "}])
def test_a_list_that_the_module_needs_is_empty_without_a_value(blank: dict[str, Any]) -> None:
    found = options_of_role("rollback", MODULE_OF["rollback"], {**HOST, **blank}, lambda value: value)
    assert found["connectors"] == []


def test_what_a_playbook_gives_counts_and_a_variable_of_the_user_does_not_replace_its_blank() -> None:
    given = {"reset_connectors": ["a"], "reset_plan_ids": ""}
    found = of_reset(connectops_given=given, reset_connectors=["b"], reset_plan_ids={"b": "1"})
    assert found["connectors"] == ["a"]
    assert "plan_ids" not in found


def test_all_roles_that_judge_take_the_same_limits_profiles_and_logs() -> None:
    limits = {f"max_{name}": 3 for name in ("age_days", "rounds_behind", "commit_age_hours", "run_age_hours")}
    files = {"profiles": ["p.yml"], "worker_logs": ["w.log"], "worker_log_units": ["u"], "worker_log_command": ["c"]}
    options = {**limits, **files}
    all_roles = {f"connectops_{name}": value for name, value in options.items()}
    of_identify = {f"identify_{name}": 4 for name in limits}
    for role in ("identify", "verify", "support_bundle"):
        found = options_of_role(role, MODULE_OF[role], {**HOST, **all_roles}, lambda value: value)
        assert {name: found.get(name) for name in options} == options
        found = options_of_role(role, MODULE_OF[role], {**HOST, **all_roles, **of_identify}, lambda value: value)
        assert [found[name] for name in limits] == [4, 4, 4, 4]
    assert not set(options) & set(of_reset(**all_roles))


def test_a_variable_that_cannot_be_read_is_named() -> None:
    def render(value: Any) -> Any:
        if value == "{{ nowhere }}":
            raise AnsibleUndefinedVariable("'nowhere' is undefined")
        return value

    with pytest.raises(
        AnsibleActionFail, match=r"The variable reset_partitions cannot be read \('nowhere' is undefined\)"
    ):
        options_of_role("reset", MODULE_OF["reset"], {**HOST, "reset_partitions": "{{ nowhere }}"}, render)


@pytest.mark.parametrize("role", MODULE_OF)
def test_every_variable_of_a_role_sets_an_option_or_is_read_by_the_role(role: str) -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles" / role).rglob("*.yml"))
    read = set(re.findall(r"'(\w+)'", texts))
    named = {name for name in known_variables() if name.startswith(f"{role}_")}
    assert len(named) >= 3
    assert {name for name in named if name.removeprefix(f"{role}_") not in MODULES[MODULE_OF[role]]} <= read
