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
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.selection import choose_one
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from unit.connectors.stripe_reporting.cases import (
    NOW,
    PST,
    at,
)
from unit.connectors.stripe_reporting.strategy_cases import stuck

PAIR = {"partition": {"server": "a"}, "offset": {"pos": 9}}

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
    both = ({"server": "a"}, {"server": "b"})
    assert generic_targets(of, ResetRequest("offset", both, offset={"pos": 9})) == {a: {"pos": 9}, b: {"pos": 9}}
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
        ("delete", {"offsets": [PAIR]}, "The strategy delete does not use the option offsets."),
        (
            "offset",
            {"offsets": [PAIR], "offset": {"a": 1}},
            "offsets names each partition with its own offset: leave offset",
        ),
        ("offset", {"offsets": [{"partition": {"a": 1}}]}, "offsets[0] is not a map of partition and offset"),
        ("offset", {"offsets": [PAIR, {**PAIR, "offset": {}}]}, "offsets[1].offset is empty: write a flat map"),
    ],
)
def test_options_that_do_not_go_together_are_refused(strategy: str, given: dict[str, Any], words: str) -> None:
    options: dict[str, Any] = {"timestamp": None, "offset": None, "backup": None, **given}
    with pytest.raises(InputError) as caught:
        ResetRequest.read(strategy, [], allow_gap=False, **options)
    assert caught.value.message.startswith(words)


def test_separate_offsets_are_refused_beside_partitions() -> None:
    with pytest.raises(InputError, match="leave partitions out"):
        ResetRequest.read("offset", [{"server": "a"}], None, None, None, allow_gap=False, offsets=[PAIR])


def test_one_offset_for_several_partitions_needs_their_names() -> None:
    with pytest.raises(InputError) as caught:
        generic_targets(any_connector(a={"pos": 1}, b={"pos": 2}), ResetRequest("offset", offset={"pos": 9}))
    assert caught.value.message == (
        "Connector 'stripe-reporting-source-connector' has 2 partitions, and offset is one value: name in partitions which of"
        " them get it, or set offsets to a value for each."
    )
    alone = any_connector(a={"pos": 1})
    assert generic_targets(alone, ResetRequest("offset", offset={"pos": 9})) == {
        Partition.of({"server": "a"}): {"pos": 9}
    }


def separate(*pairs: tuple[dict[str, Any], dict[str, Any]]) -> ResetRequest:
    entries = [{"partition": partition, "offset": offset} for partition, offset in pairs]
    return ResetRequest.read("offset", [], None, None, None, allow_gap=False, offsets=entries)


def test_separate_offsets_change_only_the_partitions_that_they_name() -> None:
    of = any_connector(a={"pos": 1}, b={"pos": 2}, c={"pos": 3})
    request = separate(({"server": "a"}, {"pos": 7}), ({"server": "c"}, {"pos": 8}))
    assert generic_targets(of, request) == {
        Partition.of({"server": "a"}): {"pos": 7},
        Partition.of({"server": "c"}): {"pos": 8},
    }


@pytest.mark.parametrize(
    "pairs, words",
    [
        (
            [({"server": "z"}, {"pos": 7})],
            "offsets[0].partition: connector 'stripe-reporting-source-connector' has no offset for",
        ),
        ([({}, {"pos": 7})], "offsets[0].partition is empty: name at least one field."),
        ([({"server": "a"}, {"pos": "7"})], "offsets[0].offset.pos: the connector stores an integer there (1)"),
        ([({"server": "a"}, {"pos": 7}), ({"server": "a"}, {"pos": 8})], "offsets[1] is for"),
    ],
)
def test_a_separate_offset_that_fits_no_single_partition_is_refused(pairs: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        generic_targets(any_connector(a={"pos": 1}, b={"pos": 2}), separate(*pairs))
    assert caught.value.message.startswith(words)


def test_a_separate_offset_whose_fields_select_several_partitions_is_refused() -> None:
    sources = [Partition.of({"server": "a", "number": number}) for number in (0, 1)]
    with pytest.raises(InputError, match=r"offsets\[0\]\.partition selects 2 partitions of connector 'c': add fields"):
        choose_one(sources, {"server": "a"}, "offsets[0].partition", "c")


def test_options_that_go_together_are_read() -> None:
    request = ResetRequest.read("timestamp", [{"timezone": PST}], "2026-11-12T06:00Z", None, None, True)
    assert request == ResetRequest("timestamp", ({"timezone": PST},), at("2026-11-12T06:00"), allow_gap=True)


@pytest.mark.parametrize("strategy", ["offset", "delete"])
def test_a_connector_without_offsets_is_refused_and_it_is_said_what_to_do(strategy: str) -> None:
    with pytest.raises(InputError) as caught:
        generic_targets(any_connector(), ResetRequest(strategy, offset={"pos": 9}))
    assert caught.value.message == (
        "Connect lists no offset of connector 'stripe-reporting-source-connector', so the strategy"
        f" {strategy} has nothing to change: let the connector run until it has stored one, or use restore. If the connector"
        " nevertheless continues from an earlier position, REST does not show its offsets: run identify with"
        " connectops_kafka_bootstrap_servers and read the findings."
    )
