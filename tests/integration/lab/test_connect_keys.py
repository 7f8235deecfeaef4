# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored keys a real Connect reaches over REST, against what core/offsets_topic/keys.py says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import pytest
import requests
from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import (
    is_addressable,
    rest_key,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from confluent_kafka import Producer
from lab import Lab, await_condition
from lab.broker import decoded
from lab.trial import Trial

NAMES = tuple(f"field_{number}" for number in range(14))
COLLIDING = tuple("".join(pairs) for pairs in itertools.product(("Aa", "BB"), repeat=3))


def numbered(names: Sequence[str]) -> str:
    return json.dumps({name: number for number, name in enumerate(names)}, separators=(",", ":"))


def as_rest_writes(names: Sequence[str]) -> str:
    """The same fields in the order that is predicted to be REST's."""
    fields = {name: number for number, name in enumerate(names)}
    return rest_key("", Partition.of(fields)).decode()[len('["",') : -1]


# Partitions as they stand in stored keys. Whether REST reaches each is asked of the model, then of Connect.
ORDERS = (
    "{}",
    '{"timezone":"PST","report_type":"t"}',
    '{"report_type":"t","timezone":"PST"}',
    '{"b":"x","a":0}',
    '{"a":0,"b":"x"}',
    '{"Aa":1,"BB":2}',
    '{"BB":2,"Aa":1}',
    numbered(COLLIDING),
    numbered(COLLIDING[::-1]),
    numbered((*COLLIDING[:4], "A", *COLLIDING[4:], "1")),
    '{"名前":1,"é":2,"😀":3}',
    '{"\\uD83D\\uDE00":3,"é":2,"名前":1}',
    *(
        write(NAMES[:count][::step])
        for count in (2, 3, 5, 11, 12, 13, 14)
        for step in (1, -1)
        for write in (numbered, as_rest_writes)
    ),
)
VALUES = (
    '{"a":0}',
    '{"a":0.0}',
    '{"a":"0"}',
    '{"a":-0}',
    '{"a":true,"b":false,"c":null}',
    '{"a": 1}',
    '{"a":1,"a":2}',
    '{"a":9223372036854775807}',
    '{"a":-9223372036854775808}',
    '{"a":1.00}',
    '{"a":-2.5}',
    '{"a":0.001}',
    '{"a":9.9E-4}',
    '{"a":0.00099}',
    '{"a":9999999.0}',
    '{"a":10000000.0}',
    '{"a":1.0E7}',
    '{"a":1e10}',
    '{"a":1.0E10}',
    '{"a":-1.234567895E8}',
    '{"a":1.7976931348623157E308}',
    '{"a":"é"}',
    '{"a":"\\u00e9"}',
    '{"a":"😀"}',
    '{"a":"\\uD83D\\uDE00"}',
    '{"a":"\\ud83d\\ude00"}',
    '{"a":"/\x7f\u2028"}',
    '{"a":"\\/"}',
    '{"a":"\\u0000\\u001F"}',
    '{"a":"\\u001f"}',
    '{"a":"\\"\\\\\\b\\t\\n\\f\\r"}',
    '{"":1}',
)
# Connect reads these as another partition than the one that is written there.
MISREAD = ('{"a":-0.0}', '{"a":12345678901234567890}', '{"a":1e400}')


@pytest.fixture(name="stopped")
def stopped_trial(trial: Trial) -> Trial:
    """A connector that takes any partition, STOPPED."""
    trial.account("PST")
    trial.create(state="STOPPED")
    trial.cluster.await_state(trial.name, "STOPPED", tasks=0)
    return trial


def store(lab: Lab, connector: str, partitions: Sequence[str]) -> dict[str, OffsetRecord]:
    """Write an offset of each partition into the offsets topic as a connector would; the records by partition."""
    producer = Producer({"bootstrap.servers": lab.bootstrap_servers, "partitioner": "murmur2_random"})
    records = {}
    for number, partition in enumerate(dict.fromkeys(partitions)):
        key, value = f'["{connector}",{partition}]'.encode(), b'{"stored":%d}' % number
        producer.produce(lab.connect.offsets_topic, key=key, value=value)
        record = decode(lab.connect.offsets_topic, 0, number, 0, key, value)
        assert record is not None
        records[partition] = record
    assert producer.flush(120) == 0
    return records


def reached_over_rest(lab: Lab, connector: str, records: dict[str, OffsetRecord]) -> dict[str, bool]:
    """Change the offset of each partition over REST, and see by the topic whether it went to the stored key."""
    for number, record in enumerate(records.values()):
        change = {"partition": record.partition.as_dict(), "offset": {"changed": number}}
        lab.connect.request("PATCH", f"/connectors/{connector}/offsets", {"offsets": [change]})
    written = {(message.key(), message.value()) for message in lab.broker.messages(lab.connect.offsets_topic)}
    return {
        partition: (record.key, b'{"changed":%d}' % number) in written
        for number, (partition, record) in enumerate(records.items())
    }


@pytest.mark.parametrize("partitions", [ORDERS, VALUES], ids=["field order", "values"])
def test_rest_changes_the_stored_key_of_those_partitions_that_it_is_said_to_reach(
    lab: Lab, stopped: Trial, partitions: Sequence[str]
) -> None:
    records = store(lab, stopped.name, partitions)
    reached = reached_over_rest(lab, stopped.name, records)
    assert reached == {partition: is_addressable(record) for partition, record in records.items()}
    assert set(reached.values()) == {True, False}


@pytest.mark.parametrize("partitions", [ORDERS, VALUES], ids=["field order", "values"])
def test_rest_lists_a_partition_that_it_does_not_reach_without_its_offset(
    lab: Lab, stopped: Trial, partitions: Sequence[str]
) -> None:
    right: dict[Partition, list[Offset]] = {}
    for record in store(lab, stopped.name, partitions).values():
        reached = right.setdefault(record.partition, [])
        if is_addressable(record):
            assert record.offset is not None
            reached.append(record.offset)

    def is_listed() -> bool:
        listed = {entry.partition: entry.offset for entry in replies.offsets(stopped.cluster.offsets(stopped.name))}
        # Of two keys that differ in the order within one bucket either may be shown.
        return listed.keys() == right.keys() and all(
            offset in right[partition] if right[partition] else offset is None for partition, offset in listed.items()
        )

    # What is new may be missing or without its offset for a moment.
    await_condition(is_listed, lambda: f"REST to list {right}; it lists {stopped.cluster.offsets(stopped.name)}")


def test_numbers_that_connect_reads_otherwise_are_not_reached(lab: Lab, stopped: Trial) -> None:
    records = store(lab, stopped.name, MISREAD)
    assert [is_addressable(record) for record in records.values()] == [False] * len(MISREAD)
    for partition, record in records.items():
        body = f'{{"offsets":[{{"partition":{partition},"offset":{{"changed":1}}}}]}}'
        url = f"{stopped.cluster.urls[0]}/connectors/{stopped.name}/offsets"
        requests.patch(url, data=body, headers={"Content-Type": "application/json"}, timeout=120)
        assert decoded(lab.offset_records(lab.connect.offsets_topic)[record.key]) == record.offset
