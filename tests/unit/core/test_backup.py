# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The format of a backup: what goes in comes out with its types, and what is damaged is refused with one sentence."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import (
    OffsetRecord,
    TopicView,
    decode,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

NOW = 1795413600.5
OFFSETS: dict[Partition, Offset] = {
    Partition.of({"timezone": "PST", "report_type": "balance.summary.1"}): {"round_id": 1, "run": None, "done": False},
    Partition.of({"shard": 0}): {"pos": 1.0},
    Partition.of({"shard": "0"}): {"pos": "1"},
}
CONNECTOR = Connector(
    name="c/1",
    type="source",
    state="RUNNING",
    worker_id="a:1",
    tasks=(),
    config={
        "stripe.api.keys": "PST:sk_live_1",
        "db.password": "${secrets:DB}",
        "odd": "declared-secret",
        "batch.size": "10",
        "connection.url": "https://user:s3cret@host/",
    },
    offsets=(
        *(StoredOffset(partition, offset) for partition, offset in OFFSETS.items()),
        StoredOffset(Partition.of({"shard": 9}), None),
    ),
)
BACKUP = Backup.of(CONNECTOR, "kafka-1", "abc123", frozenset({"odd"}), NOW)
DATA = BACKUP.as_data()


def through_json(backup: Backup) -> Backup:
    return Backup.from_data(json.loads(json.dumps(backup.as_data())), "b.json")


def test_every_offset_comes_back_with_its_types_and_field_order() -> None:
    read = through_json(BACKUP)
    assert read == BACKUP
    assert [repr(one) for one in read.offsets.items()] == [repr(one) for one in OFFSETS.items()]


def stored(value: bytes | None, key: bytes = b'["c/1",{"b":"x","a": 1.00}]') -> OffsetRecord:
    record = decode("connect-offsets", 3, 7, NOW, key, value)
    assert record is not None
    return record


def test_raw_records_come_back_to_the_byte() -> None:
    records = (stored(b'{"pos": 1.00}'), stored(None))
    backup = Backup.of(
        replace(CONNECTOR, in_topics=TopicView(records, {"connect-offsets": 5})), "k", "p", frozenset(), NOW
    )
    assert through_json(backup) == backup
    assert [(one.key, one.value) for one in through_json(backup).topic_records] == [
        (one.key, one.value) for one in records
    ]
    assert "topic_records" not in DATA


RECORD = stored(b'{"pos":1}').as_raw_data()


@pytest.mark.parametrize(
    "records, words",
    [
        ({}, "its topic_records are not a list"),
        ([RECORD, 7], "entry 2 of its topic_records is not a record of connector 'c/1'"),
        *(
            ([{**RECORD, **changed}], "entry 1 of its topic_records is not a record of connector 'c/1'")
            for changed in (
                {"topic": None},
                {"topic_partition": "3"},
                {"position": None},
                {"committed_at": "now"},
                {"key": None},
                {"key": '["other",{}]'},
                {"key": "no key"},
                {"value": 1},
                {"value": "no value"},
            )
        ),
    ],
)
def test_damaged_records_are_refused(records: Any, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"b.json is damaged: {words}")):
        Backup.from_data({**DATA, "topic_records": records}, "b.json")


numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text()
maps = st.dictionaries(st.text(), scalars, min_size=1, max_size=4)


@given(st.lists(st.tuples(maps, maps), max_size=4))
def test_all_that_connect_can_keep_comes_back(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    offsets = tuple({Partition.of(one): StoredOffset(Partition.of(one), offset) for one, offset in pairs}.values())
    connector = Connector("c", "source", "RUNNING", "", (), {}, offsets)
    read = through_json(Backup.of(connector, "k", "p", frozenset(), NOW))
    assert [repr(one) for one in read.offsets.items()] == [repr(one) for one in connector.stored.items()]


def test_a_backup_says_what_it_is_of() -> None:
    assert {name: DATA[name] for name in DATA if name not in ("offsets", "config")} == {
        "format": 1,
        "cluster_id": "kafka-1",
        "connector": "c/1",
        "taken_at": "2026-11-23T06:00:00.500000+00:00",
        "plan_id": "abc123",
        "state": "RUNNING",
    }


def test_a_backup_holds_no_secret_and_placeholders_stay() -> None:
    text = json.dumps(DATA)
    assert [secret for secret in ("sk_live_1", "declared-secret", "s3cret") if secret in text] == []
    assert "sk_live" not in repr(BACKUP)
    assert (DATA["config"]["db.password"], DATA["config"]["batch.size"]) == ("${secrets:DB}", "10")


NOT_A_BACKUP: list[Any] = [[], {}, None, 3, {**DATA, "format": 2}, {**DATA, "format": "1"}, {**DATA, "format": True}]


@pytest.mark.parametrize("data", NOT_A_BACKUP, ids=repr)
def test_what_is_no_backup_is_refused(data: Any) -> None:
    with pytest.raises(InputError, match=r"^b\.json is not a backup of this collection \(format 1\)\.$"):
        Backup.from_data(data, "b.json")


PAIR = {"partition": {"a": 1}, "offset": {"b": 2}}
WITHOUT = [
    {name: value for name, value in DATA.items() if name != left_out} for left_out in DATA if left_out != "format"
]
OTHER_TYPE = [{**DATA, name: 3} for name in DATA if name != "format"]
NO_PAIRS: list[Any] = [
    1,
    {"offset": {"a": 1}},
    {"partition": {"a": 1}},
    {"partition": 1, "offset": {}},
    {**PAIR, "partition": {}},
    {**PAIR, "offset": None},
    {**PAIR, "offset": {"a": [1]}},
    {**PAIR, "offset": {"a": {}}},
    {**PAIR, "partition": {"a": [1]}},
    {**PAIR, "offset": {"a": float("nan")}},
    {**PAIR, "offset": {"a": float("inf")}},
    {**PAIR, "offset": {"a": 2**63}},
]
DAMAGED = [
    *WITHOUT,
    *OTHER_TYPE,
    {**DATA, "config": {"a": 1}},
    {**DATA, "offsets": [PAIR, PAIR]},
    *({**DATA, "offsets": [PAIR, one]} for one in NO_PAIRS),
]


@pytest.mark.parametrize("data", DAMAGED, ids=range(len(DAMAGED)))
def test_what_is_damaged_is_refused_with_one_sentence(data: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^b\.json is damaged: [^.]+\.$"):
        Backup.from_data(data, "b.json")
