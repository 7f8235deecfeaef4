# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source partitions, offsets and connectors as they are read."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    Status,
    StoredOffset,
    Task,
    same_offset,
)

DISTINCT: tuple[Any, ...] = (0, 0.0, "0", False, None, "", "null", "false", 1, 1.0, "1", True)


@pytest.mark.parametrize("one, other", list(itertools.combinations(DISTINCT, 2)), ids=repr)
def test_values_of_another_json_type_make_another_partition_and_another_offset(one: Any, other: Any) -> None:
    assert Partition.of({"a": one}) != Partition.of({"a": other})
    assert len({Partition.of({"a": one}), Partition.of({"a": other})}) == 2
    assert not same_offset({"a": one}, {"a": other})


def test_field_order_is_kept_and_of_no_account() -> None:
    one, other = Partition.of({"a": 1, "b": 2}), Partition.of({"b": 2, "a": 1})
    assert one == other
    assert hash(one) == hash(other)
    assert list(other.as_dict()) == ["b", "a"]
    assert str(one) == str(other) == "a=1 b=2"
    assert same_offset({"a": 1, "b": None}, {"b": None, "a": 1})


def test_a_missing_field_is_not_a_null_one() -> None:
    assert Partition.of({"a": 1}) != Partition.of({"a": 1, "b": None})
    assert not same_offset({"a": 1}, {"a": 1, "b": None})
    assert Partition.of({"a": 1}).get("b") is None


def test_a_partition_is_equal_to_nothing_else() -> None:
    assert Partition.of({"a": 1}) != {"a": 1}


def test_no_offset_is_the_same_as_no_offset_only() -> None:
    assert same_offset(None, None)
    assert not same_offset(None, {})
    assert not same_offset({}, None)


def test_a_connector_has_the_settings_that_are_set_and_the_offsets_that_are_not_null() -> None:
    status = Status("RUNNING", "a:1", (Task(0, "RUNNING", "b:1"),), "source", "why")
    made = Connector.of("c", "source", {"connector.class": "x.Y", "removed": None}, status)
    assert dict(made.config) == {"connector.class": "x.Y"}
    assert (made.connector_class, made.is_source, made.status) == ("x.Y", True, status)
    one, other = Partition.of({"p": 1}), Partition.of({"p": 2})
    offsets = (StoredOffset(one, {"pos": 2}), StoredOffset(other, None))
    assert replace(made, offsets=offsets).stored == {one: {"pos": 2}}


def test_a_connector_without_a_status_yet_is_unassigned() -> None:
    made = Connector.of("c", "unknown", {}, Status())
    assert (made.state, made.tasks, made.status.worker_ids) == ("UNASSIGNED", (), frozenset())
    assert not made.is_source


FULL = "org.apache.kafka.connect.file.FileStreamSourceConnector"
CLASSES = {
    # name: (as in the config, as it is asked for, whether it is the same)
    "the full name": (FULL, FULL, True),
    "the simple name": (FULL, "FileStreamSourceConnector", True),
    "the alias": (FULL, "FileStreamSource", True),
    "the alias in the config": ("FileStreamSource", FULL, True),
    "the simple name in the config": ("FileStreamSourceConnector", "FileStreamSource", True),
    "another package": (FULL, "com.example.FileStreamSourceConnector", False),
    "a sink": (FULL, "FileStreamSink", False),
    "a part of the name": (FULL, "Source", False),
    "the word alone": ("a.Connector", "Connector", True),
    "none": ("", "FileStreamSource", False),
}


@pytest.mark.parametrize("own, name, is_same", CLASSES.values(), ids=CLASSES)
def test_a_class_goes_by_its_full_name_its_simple_name_and_connects_alias(own: str, name: str, is_same: bool) -> None:
    assert Connector.of("c", "source", {"connector.class": own}, Status()).is_of_class(name) is is_same


def test_the_config_is_not_in_the_representation() -> None:
    assert "sk_live_1" not in repr(Connector.of("c", "unknown", {"stripe.api.keys": "PST:sk_live_1"}, Status()))
