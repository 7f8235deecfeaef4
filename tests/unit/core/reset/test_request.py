# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request of a reset: which options go together, and what it means for connectors of any class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import (
    ResetRequest,
    generic_targets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.connectors.stripe_reporting.cases import (
    NOW,
    PST,
    at,
)
from unit.connectors.stripe_reporting.strategy_cases import stuck

# Any connector


def any_connector(**offsets: Offset) -> Connector:
    of = stuck()
    entries = {Partition.of({"server": name}): value for name, value in offsets.items()}
    return replace(
        of,
        config={"connector.class": "org.example.SomeSource"},
        offsets=tuple(replace(of.offsets[0], partition=one, offset=value) for one, value in entries.items()),
    )


def test_offset_delete_and_restore_need_no_knowledge_of_the_connector() -> None:
    of = any_connector(a={"pos": 1}, b={"pos": 2})
    a, b, c = (Partition.of({"server": name}) for name in "abc")
    chosen: Any = ({"server": "a"},)
    assert generic_targets(of, ResetRequest("delete", chosen)) == {a: None}
    assert generic_targets(of, ResetRequest("offset", chosen, offset={"pos": 9})) == {a: {"pos": 9}}
    assert generic_targets(of, ResetRequest("offset", offset={"pos": 9})) == {a: {"pos": 9}, b: {"pos": 9}}
    assert generic_targets(of, ResetRequest("restore", backup={c: {"pos": 3}})) == {a: None, b: None, c: {"pos": 3}}
    assert generic_targets(of, ResetRequest("continue")) == {}


@pytest.mark.parametrize("strategy", ["current", "available_end", "timestamp"])
def test_strategies_of_time_are_refused_for_offsets_that_are_not_understood(strategy: str) -> None:
    with pytest.raises(InputError, match=r"not known for org\.example\.SomeSource: use offset, delete or restore"):
        generic_targets(any_connector(a={"pos": 1}), ResetRequest(strategy, moment=NOW))


# The request


@pytest.mark.parametrize(
    "strategy, given, words",
    [
        ("timestamp", {}, "The strategy timestamp needs the option timestamp."),
        ("offset", {}, "The strategy offset needs the option offset."),
        ("restore", {}, "The strategy restore needs the option backup_file."),
        ("continue", {"timestamp": "2026-11-12"}, "The strategy continue does not use the option timestamp."),
        ("delete", {"offset": {"a": 1}}, "The strategy delete does not use the option offset."),
        ("current", {"backup": {}}, "The strategy current does not use the option backup_file."),
        ("offset", {"offset": {}}, "offset is empty: write a flat map"),
        ("offset", {"offset": {"a": {"b": 1}}}, "offset.a: Connect keeps a flat map"),
        ("offset", {"offset": {"a": [1]}}, "offset.a: Connect keeps a flat map"),
        ("timestamp", {"timestamp": "soon"}, "timestamp: 'soon' is not a moment"),
    ],
)
def test_options_that_do_not_go_together_are_refused(strategy: str, given: dict[str, Any], words: str) -> None:
    options: dict[str, Any] = {"timestamp": None, "offset": None, "backup": None, **given}
    with pytest.raises(InputError) as caught:
        ResetRequest.read(strategy, [], allow_gap=False, **options)
    assert caught.value.message.startswith(words)


def test_options_that_go_together_are_read() -> None:
    request = ResetRequest.read("timestamp", [{"timezone": PST}], "2026-11-12T06:00Z", None, None, True)
    assert request == ResetRequest("timestamp", ({"timezone": PST},), at("2026-11-12T06:00"), allow_gap=True)


@pytest.mark.parametrize("strategy", ["offset", "delete"])
def test_a_connector_without_offsets_is_refused_and_it_is_said_what_to_do(strategy: str) -> None:
    with pytest.raises(InputError) as caught:
        generic_targets(any_connector(), ResetRequest(strategy, offset={"pos": 9}))
    assert caught.value.message == (
        "Connect lists no offset of connector 'stripe-reporting-source-connector', so the strategy"
        f" {strategy} has nothing to change: let the connector run until it has stored one, or use restore. If it continues from"
        " an earlier position all the same, REST does not show its offsets: run identify with connectops_kafka_bootstrap_servers"
        " and read the findings."
    )
