# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages name what the user typed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import (
    CONNECT_OFFSET_RESET,
    CONNECT_OFFSETS_FACTS,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.typed_names import (
    in_typed_names,
    result_in_typed_names,
    typed_names,
)
from ansible_collections.connectops.recovery.plugins.plugin_utils.variables import known_variables

RESET = typed_names("reset", CONNECT_OFFSET_RESET, {})


def test_every_option_that_a_variable_sets_has_its_variable() -> None:
    assert set(CONNECT_OFFSET_RESET) - set(RESET) == {"cluster_label", "config", "in_short"}
    assert set(RESET.values()) <= set(known_variables())
    assert RESET["allow_gap"] == "reset_allow_gap"
    assert RESET["connect_url"] == "connectops_connect_url"
    assert RESET["settle_seconds"] == "connectops_settle_seconds"


@pytest.mark.parametrize(
    ("role", "option", "variables", "name"),
    [
        ("reset", "connectors", {}, "reset_connectors"),
        ("reset", "connectors", {"reset_connectors": ["a"]}, "reset_connectors"),
        ("reset", "connectors", {"reset_connectors": ["a"], "connectops_connectors": " "}, "reset_connectors"),
        ("reset", "connectors", {"reset_connectors": ["a"], "connectops_connectors": ["a"]}, "connectops_connectors"),
        ("reset", "at_least", {"connectops_at_least": {"x": 1}}, "connectops_at_least"),
        ("identify", "max_age_days", {}, "identify_max_age_days"),
        ("identify", "max_age_days", {"connectops_max_age_days": 3}, "connectops_max_age_days"),
        (
            "identify",
            "max_age_days",
            {"connectops_max_age_days": 3, "identify_max_age_days": 2},
            "identify_max_age_days",
        ),
        ("verify", "max_age_days", {"identify_max_age_days": 3}, "identify_max_age_days"),
        ("verify", "connectors", {}, "verify_connectors"),
        ("raise_timeout", "at_least", {}, "raise_timeout_at_least"),
    ],
)
def test_of_several_variables_it_is_the_one_that_is_set(
    role: str, option: str, variables: dict[str, Any], name: str
) -> None:
    assert typed_names(role, [option], variables) == {option: name}


@pytest.mark.parametrize(
    ("message", "typed"),
    [
        (
            "The plan skips data: set allow_gap to agree.",
            "The plan skips data: set reset_allow_gap to agree.",
        ),
        ("connect_url is empty: name a worker.", "connectops_connect_url is empty: name a worker."),
        ("timeout is 0 s: set it to more.", "connectops_timeout is 0 s: set it to more."),
        ("Look at the logs, or raise timeout.", "Look at the logs, or raise connectops_timeout."),
        ("partitions[0] is empty: name a field.", "reset_partitions[0] is empty: name a field."),
        ("at_least.batch.size: 0 is not above zero.", "reset_at_least.batch.size: 0 is not above zero."),
        ("It failed. offset: a flat map is needed.", "It failed. reset_offset: a flat map is needed."),
        (
            "The strategy current does not use the option timestamp.",
            "The strategy current does not use the option reset_timestamp.",
        ),
        ("Reset this partition alone, named in partitions.", "Reset this partition alone, named in reset_partitions."),
        ("plan_id belongs to one connector.", "reset_plan_id belongs to one connector."),
    ],
)
def test_an_option_gets_the_name_of_its_variable(message: str, typed: str) -> None:
    assert in_typed_names(message, RESET) == typed


@pytest.mark.parametrize(
    "message",
    [
        "The connectors of this cluster share a timeout.",
        "It has no offset for {'timezone': 'PST'}: nothing was reset.",
        "Connector 'offset' is PAUSED, and its timeout was raised.",
        "The file /tmp/connect_url/x and connect_url-2 and my_connect_url are something else.",
        "Did not answer GET /connectors in time.",
        "Use the strategy continue, or another strategy.",
        "reset_allow_gap is set already.",
    ],
)
def test_other_words_stay(message: str) -> None:
    assert in_typed_names(message, RESET) == message


def test_all_messages_of_a_result_are_rewritten_and_its_data_is_not() -> None:
    found = result_in_typed_names(
        {
            "failed": True,
            "msg": "allow_gap is missing.",
            "warnings": ["timeout is short."],
            "connectors": {"a": {"failed": True, "msg": "allow_gap is missing."}, "b": {"plan": {"allow_gap": 1}}},
            "preview": ["allow_gap"],
        },
        typed_names("identify", CONNECT_OFFSETS_FACTS, {}) | RESET,
    )
    assert found == {
        "failed": True,
        "msg": "reset_allow_gap is missing.",
        "warnings": ["connectops_timeout is short."],
        "connectors": {"a": {"failed": True, "msg": "reset_allow_gap is missing."}, "b": {"plan": {"allow_gap": 1}}},
        "preview": ["allow_gap"],
    }


def test_a_warning_that_is_an_object_of_ansible_stays() -> None:
    warning = object()
    assert result_in_typed_names({"warnings": [warning, "allow_gap is set."]}, RESET) == {
        "warnings": [warning, "reset_allow_gap is set."]
    }
