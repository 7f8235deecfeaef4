# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The format of a backup: what goes in comes out with its types, and what is damaged is refused with one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.core.backup import Backup
from ansible_collections.connectops.recovery.plugins.module_utils.core.change import Change, KeptSetting
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
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange
from ansible_collections.connectops.recovery.plugins.module_utils.core.version import VERSION
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st
from unit.spoilt import spoilt

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
CHANGE = Change(
    "continue",
    "RUNNING",
    "RUNNING",
    (KeptSetting("batch.size", "10", "20"), KeptSetting("odd", None, None, is_secret=True)),
    (
        OffsetChange(Partition.of({"shard": 0}), {"pos": 1.0}, {"pos": 2.0}),
        OffsetChange(Partition.of({"shard": "0"}), {"pos": "1"}, None),
        OffsetChange(Partition.of({"shard": 8}), None, {"pos": 1}),
    ),
    rolls_back="2026-11-22T06:00:00.500000+00:00",
)
BACKUP = Backup.of(CONNECTOR, "kafka-1", "abc123", frozenset({"odd"}), NOW, change=CHANGE, made_by="ann@control-1")
DATA = BACKUP.as_data()


def through_json(backup: Backup) -> Backup:
    return Backup.from_data(json.loads(json.dumps(backup.as_data())), "b.json")


def test_every_offset_comes_back_with_its_types_and_field_order() -> None:
    read = through_json(BACKUP)
    assert read == BACKUP
    assert read.is_original
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


def test_a_state_that_connect_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match=r"^b\.json is damaged: its state is not a state of a connector\.$"):
        Backup.from_data({**DATA, "state": "running"}, "b.json")


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


ENDS = (TopicEnd("stripe_payouts", 0, 7), TopicEnd("stripe_payouts", 1, 0))


def test_the_ends_of_the_topics_come_back() -> None:
    backup = Backup.of(CONNECTOR, "kafka-1", "abc123", frozenset(), NOW, target_ends=ENDS)
    assert through_json(backup) == backup
    assert through_json(backup).is_original
    assert "target_ends" not in DATA, "a backup without them is as it was before there were any"
    assert through_json(BACKUP).target_ends == ()


@pytest.mark.parametrize("ends", [7, [7], [{**ENDS[0].as_data(), "end": None}]])
def test_damaged_ends_are_refused(ends: Any) -> None:
    with pytest.raises(InputError, match=r"b\.json is damaged: its target_ends are not a list of ends of topics"):
        Backup.from_data({**DATA, "target_ends": ends}, "b.json")


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
    assert {name: DATA[name] for name in DATA if name not in ("offsets", "config", "change", "digest")} == {
        "format": 2,
        "cluster_id": "kafka-1",
        "connector": "c/1",
        "taken_at": "2026-11-23T06:00:00.500000+00:00",
        "plan_id": "abc123",
        "made_by": "ann@control-1",
        "version": VERSION,
        "state": "RUNNING",
    }


def test_the_version_is_that_of_the_collection() -> None:
    galaxy = Path(__file__).parents[3] / "galaxy.yml"
    assert yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"] == VERSION


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data["offsets"][0]["offset"].update(round_id="1"),
        lambda data: data["change"]["settings"][0].update(before="11"),
        lambda data: data.update(plan_id="abc124"),
        lambda data: data.pop("digest"),
    ],
)
def test_a_backup_that_somebody_has_edited_is_known_as_such(edit: Callable[[dict[str, Any]], Any]) -> None:
    data = json.loads(json.dumps(DATA))
    edit(data)
    assert not Backup.from_data(data, "b.json").is_original


def test_a_backup_of_the_first_format_has_its_offsets_and_no_change() -> None:
    names = ("cluster_id", "connector", "taken_at", "plan_id", "state", "config", "offsets")
    read = Backup.from_data({"format": 1, **{name: DATA[name] for name in names}}, "b.json")
    assert (read.offsets, read.change, read.is_original) == (BACKUP.offsets, None, False)


def test_a_backup_holds_no_secret_and_placeholders_stay() -> None:
    text = json.dumps(DATA)
    assert [secret for secret in ("sk_live_1", "declared-secret", "s3cret") if secret in text] == []
    assert "sk_live" not in repr(BACKUP)
    assert (DATA["config"]["db.password"], DATA["config"]["batch.size"]) == ("${secrets:DB}", "10")


NOT_A_BACKUP: list[Any] = [[], {}, None, 3, {**DATA, "format": 3}, {**DATA, "format": "1"}, {**DATA, "format": True}]


@pytest.mark.parametrize("data", NOT_A_BACKUP, ids=repr)
def test_what_is_no_backup_is_refused(data: Any) -> None:
    with pytest.raises(InputError, match=r"^b\.json is not a backup of this collection \(format 1 or 2\)\.$"):
        Backup.from_data(data, "b.json")


def test_a_backup_of_which_any_part_is_damaged_is_read_or_refused() -> None:
    refusals = []
    for data in spoilt(DATA):
        try:
            Backup.from_data(data, "b.json")
        except InputError as error:
            refusals.append(error.sentence)
    assert len(refusals) > 100
    assert [one for one in refusals if not one.startswith("b.json ")] == []


PAIR = {"partition": {"a": 1}, "offset": {"b": 2}}
WITHOUT = [
    {name: value for name, value in DATA.items() if name != left_out}
    for left_out in DATA
    if left_out not in ("format", "change", "digest")
]
OTHER_TYPE = [{**DATA, name: 3} for name in DATA if name not in ("format", "digest")]
PAIR_CHANGED = {"partition": {"a": 1}, "before": None, "after": {"b": 2}}
SETTING = {"key": "a", "before": None, "after": "1", "secret": False}
OTHER_CHANGES: list[dict[str, Any]] = [
    {"strategy": None},
    {"rolls_back": 3},
    {"settings": {}},
    {"settings": [3]},
    {"settings": [{**SETTING, "key": 3}]},
    {"settings": [{**SETTING, "after": 3}]},
    {"settings": [{**SETTING, "secret": "no"}]},
    {"settings": [SETTING, SETTING]},
    {"offsets": None},
    {"offsets": [{**PAIR_CHANGED, "after": {"b": [2]}}]},
    {"offsets": [{**PAIR_CHANGED, "before": 3}]},
    {"offsets": [PAIR_CHANGED, PAIR_CHANGED]},
]
NO_PAIRS: list[Any] = [
    1,
    {"offset": {"a": 1}},
    {"partition": {"a": 1}},
    {"partition": 1, "offset": {}},
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
    *({**DATA, "change": {**DATA["change"], **one}} for one in OTHER_CHANGES),
]


@pytest.mark.parametrize("data", DAMAGED, ids=range(len(DAMAGED)))
def test_what_is_damaged_is_refused_with_one_sentence(data: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^b\.json is damaged: [^.]+\.$"):
        Backup.from_data(data, "b.json")


def test_a_partition_without_fields_is_one() -> None:
    data = {
        **DATA,
        "offsets": [PAIR, {**PAIR, "partition": {}}],
        "change": {**DATA["change"], "offsets": [{**PAIR_CHANGED, "partition": {}}]},
    }
    backup = Backup.from_data(data, "b.json")
    assert list(backup.offsets) == [Partition.of({"a": 1}), Partition.of({})]
    assert backup.change is not None
    assert [one.partition for one in backup.change.offsets] == [Partition.of({})]
