# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that do not begin like ours: which are meant for ours, and which are somebody else's."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.misspelt import misspelt
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import PREFIXES, known_variables


def meant(*names: str, typed: Collection[str] = (), prefixes: Collection[str] = PREFIXES) -> dict[str, str]:
    return dict(misspelt(names, typed, known_variables(), prefixes))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("conectops_connectors", "connectops_connectors"),
        ("connectop_max_changes", "connectops_max_changes"),
        ("connect_ops_hosts", "connectops_hosts"),
        ("connectops-connectors", "connectops_connectors"),
        ("CONNECTOPS_PLAN_FILE", "connectops_plan_file"),
        ("connectopsConnectors", "connectops_connectors"),
        ("Reset_partitions", "reset_partitions"),
        ("rest_partitions", "reset_partitions"),
        ("resets_strategy", "reset_strategy"),
        ("verfy_timeout_seconds", "verify_timeout_seconds"),
        ("recover_connectors", "connectops_connectors"),
        ("recover_strategy", "reset_strategy"),
    ],
)
def test_a_prefix_that_was_mistyped_is_named_wherever_it_is_set(name: str, known: str) -> None:
    assert meant(name, "inventory_hostname") == {name: known}


@pytest.mark.parametrize("name", ["connector", "connectors", "strategy", "partitions", "plan_file", "hosts"])
def test_a_name_without_its_prefix_is_named_where_it_was_typed(name: str) -> None:
    (found,) = meant(name, typed=[name]).values()
    assert found.partition("_")[2] in (name, f"{name}s")
    # A host has variables of other people.
    assert meant(name) == {}


@pytest.mark.parametrize(
    "name",
    [
        "connect_connectors",
        "connection_timeout",
        "connector_timeout",
        "identity_connectors",
        "my_connectors",
        "recover_window",
        "reset",
        "rest_api_url",
        "timeout",
        "ansible_check_mode",
    ],
)
def test_what_may_be_somebody_elses_is_left_alone(name: str) -> None:
    assert meant(name, typed=[name]) == {}


def test_a_variable_that_ours_refers_to_is_the_users_own() -> None:
    assert meant("connectors", "connectops_connectors", typed=["connectors", "connectops_connectors"]) == {}
    assert meant("recover_strategy", "reset_strategy") == {}


def test_a_role_names_only_what_is_meant_for_itself() -> None:
    assert meant("rest_partitions", "verfy_connectors", prefixes=("verify_",)) == {
        "verfy_connectors": "verify_connectors"
    }
