# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which offsets a task will read, and how each change is written: over REST, or under which keys in which topics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition, StoredOffset
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.partitioner import (
    topic_partition_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import (
    OffsetRecord,
    TopicView,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange, WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.route import (
    misplaced,
    refuse_unreachable,
    routed,
    unread,
    with_topics,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from unit.core.offsets_topic.test_findings import COMMON, OWN, PST, PST_KEY, TURNED_KEY, record

ROME_KEY = '{"timezone":"Rome","report_type":"t"}'
ROME = {"timezone": "Rome", "report_type": "t"}
TURNED, OF_REST = f'["c",{TURNED_KEY}]'.encode(), f'["c",{PST_KEY}]'.encode()
TOPIC_PARTITIONS = 5


def usual(key: bytes) -> int:
    return topic_partition_of(key, TOPIC_PARTITIONS)


def view(*records: OffsetRecord, own: bool = False) -> TopicView:
    topics = {OWN: TOPIC_PARTITIONS, COMMON: TOPIC_PARTITIONS} if own else {COMMON: TOPIC_PARTITIONS}
    return TopicView(records, topics)


def connector(rest: Sequence[tuple[dict[str, Any], Any]] = (), own: bool = False) -> Connector:
    offsets = tuple(StoredOffset(Partition.of(fields), offset) for fields, offset in rest)
    return Connector("c", "source", "RUNNING", "", (), {"offsets.storage.topic": OWN} if own else {}, offsets)


def seen(of: Connector) -> dict[str, Any]:
    return {str(entry.partition): entry.offset for entry in of.offsets}


# What the task will read


def test_the_topic_knows_the_offset_that_rest_lists_as_null() -> None:
    rest = connector([(PST, None), (ROME, {"end": 5})])
    found = with_topics(rest, view(record(TURNED_KEY, 3), record(ROME_KEY, 4)), is_topic_alone=False)
    assert seen(found) == {"report_type=t timezone=PST": {"end": 3}, "report_type=t timezone=Rome": {"end": 5}}
    refuse_unreachable(found)


@pytest.mark.parametrize(
    "records, expected",
    [
        pytest.param([record(PST_KEY, 1), record(TURNED_KEY, 2, 1)], {"end": 2}, id="another key is the newest"),
        pytest.param([record(PST_KEY, 1, 1), record(TURNED_KEY, 2)], {"end": 1}, id="that of REST is the newest"),
        pytest.param([record(PST_KEY, 1), record(TURNED_KEY, None, 1)], {"end": 1}, id="the other one is deleted"),
    ],
)
def test_of_two_keys_the_newest_counts_whatever_rest_shows(records: list[OffsetRecord], expected: Any) -> None:
    found = with_topics(connector([(PST, {"end": 1})]), view(*records), is_topic_alone=False)
    assert seen(found) == {"report_type=t timezone=PST": expected}


def test_a_partition_that_rest_does_not_list_is_added() -> None:
    found = with_topics(connector(), view(record(PST_KEY, 1), record(TURNED_KEY, None, 1)), is_topic_alone=False)
    assert seen(found) == {"report_type=t timezone=PST": {"end": 1}}


def test_what_is_deleted_or_not_read_is_no_offset() -> None:
    held = view(record(TURNED_KEY, None, topic=OWN), record(ROME_KEY, 7), own=True)
    found = with_topics(connector([(PST, None), (ROME, None)], own=True), held, is_topic_alone=False)
    assert found.offsets == ()
    (warning,) = unread(held)
    assert warning.startswith(
        f"report_type=t timezone=Rome has an offset in {COMMON} and none in {OWN}, the topic that"
    )


def test_the_topics_alone_may_count() -> None:
    found = with_topics(connector([(PST, {"end": 9})]), view(record(ROME_KEY, 4)), is_topic_alone=True)
    assert seen(found) == {"report_type=t timezone=Rome": {"end": 4}}


@pytest.mark.parametrize(
    "of, words",
    [
        (
            connector([(PST, None)]),
            "(its fields are in another order) and a reset would change nothing: set kafka_boot",
        ),
        (connector([(PST, None)], own=True), f"or its offset is not in the connector's own topic {OWN})"),
        (
            with_topics(connector([(PST, None)]), view(), is_topic_alone=False),
            f"and {COMMON} hold no record of it; nothing was changed: set offsets_topic",
        ),
    ],
    ids=["without topics", "an own topic", "not in the topic"],
)
def test_a_null_that_nothing_explains_is_refused(of: Connector, words: str) -> None:
    with pytest.raises(RecoveryError) as caught:
        refuse_unreachable(of)
    assert words in caught.value.message
    assert "Connect lists report_type=t timezone=PST without an offset" in caught.value.message


# How it is written


def keys_of(
    held: TopicView, fields: dict[str, Any] = PST, after: Any = None, write_to: WriteTo = "auto", **others: Any
) -> list[tuple[Any, ...]]:
    of = with_topics(connector(), held, is_topic_alone=False)
    (change,) = routed([OffsetChange(Partition.of(fields), None, after)], of, write_to, **others)
    return [(one.topic, one.topic_partition, one.key, one.value, one.is_copy) for one in change.topic_keys]


NEW = {"end": 8}


def test_what_rest_reaches_goes_over_rest_unless_the_topic_is_asked_for() -> None:
    held = view(record(PST_KEY, 1, topic_partition=usual(OF_REST)))
    assert keys_of(held, after=NEW) == []
    assert keys_of(held, after=NEW, write_to="topic") == [(COMMON, usual(OF_REST), OF_REST, b'{"end": 1}', False)]


@pytest.mark.parametrize(
    "usually, elsewhere, written",
    [
        pytest.param(None, 1, {"elsewhere"}, id="elsewhere alone"),
        pytest.param(2, 1, {"usually", "elsewhere"}, id="in both"),
        pytest.param("deleted", 1, {"usually", "elsewhere"}, id="deleted where Connect writes"),
        pytest.param(2, "deleted", {"usually", "elsewhere"}, id="deleted elsewhere"),
        pytest.param(None, "deleted", {"elsewhere"}, id="deleted elsewhere alone"),
    ],
)
def test_a_key_that_another_topic_partition_has_is_written_to_each_that_has_it(
    usually: Any, elsewhere: Any, written: set[str]
) -> None:
    numbers = {"usually": usual(OF_REST), "elsewhere": (usual(OF_REST) + 1) % TOPIC_PARTITIONS}
    held = view(
        *(
            record(PST_KEY, None if end == "deleted" else end, topic_partition=numbers[place])
            for place, end in (("usually", usually), ("elsewhere", elsewhere))
            if end is not None
        )
    )
    of = with_topics(connector(), held, is_topic_alone=False)
    changes = routed([OffsetChange(Partition.of(PST), None, NEW)], of, "auto")
    assert {one.topic_partition for one in changes[0].topic_keys} == {numbers[place] for place in written}
    (sentence,) = misplaced(changes, held.topics)
    assert f"its key is in the topic partition {numbers['elsewhere']} of {COMMON}" in sentence


def test_a_copy_in_another_topic_partition_is_not_what_the_connector_reads() -> None:
    elsewhere = (usual(OF_REST) + 1) % TOPIC_PARTITIONS
    read = record(PST_KEY, 1, topic=OWN, topic_partition=usual(OF_REST))
    assert keys_of(view(read, record(PST_KEY, 1, topic_partition=elsewhere), own=True), after=NEW) == []


def test_without_topics_all_goes_over_rest() -> None:
    change = OffsetChange(Partition.of(PST), None, NEW)
    assert routed([change], connector(), "auto") == (change,)


def test_a_key_that_rest_does_not_build_is_written_where_it_is() -> None:
    held = view(record(TURNED_KEY, 1, topic_partition=usual(TURNED)))
    for after in (NEW, None):
        assert keys_of(held, after=after) == [(COMMON, usual(TURNED), TURNED, b'{"end": 1}', False)]


def test_all_keys_of_a_partition_are_written_in_all_topic_partitions_that_have_them() -> None:
    held = view(
        record(PST_KEY, 1, topic_partition=1),
        record(TURNED_KEY, 2, 2, topic_partition=2),
        record(TURNED_KEY, None, topic_partition=3),
    )
    found = {(number, key) for _topic, number, key, _value, _is_copy in keys_of(held, after=NEW)}
    assert found == {(1, OF_REST), (2, TURNED), (3, TURNED)}
    deleted = {(number, key) for _topic, number, key, _value, _is_copy in keys_of(held, after=None)}
    assert deleted == {(1, OF_REST), (2, TURNED)}, "there is nothing to delete in the third"


def test_a_copy_is_written_as_well_and_deleted_only_where_there_is_one() -> None:
    held = view(record(TURNED_KEY, 1, topic=OWN, topic_partition=usual(TURNED)), own=True)
    own = (OWN, usual(TURNED), TURNED, b'{"end": 1}', False)
    assert keys_of(held, after=NEW) == [own, (COMMON, usual(TURNED), TURNED, None, True)]
    assert keys_of(held, after=None) == [own]


@pytest.mark.parametrize(
    "held, backed_up, key",
    [
        pytest.param(view(record(TURNED_KEY, None)), (), TURNED, id="of the tombstone"),
        pytest.param(view(record(PST_KEY, None)), (record(TURNED_KEY, 1),), TURNED, id="of the backup"),
        pytest.param(view(record(TURNED_KEY, 1), own=True), (), TURNED, id="of the copy"),
        pytest.param(view(), (record(TURNED_KEY, 1),), TURNED, id="of the backup alone"),
    ],
)
def test_a_deleted_partition_comes_back_under_the_key_that_is_known(
    held: TopicView, backed_up: tuple[OffsetRecord, ...], key: bytes
) -> None:
    assert {one[2] for one in keys_of(held, after=NEW, backed_up=backed_up)} == {key}


def test_a_partition_that_is_nowhere_goes_over_rest_or_where_connect_would_put_it() -> None:
    assert keys_of(view(record(ROME_KEY, 1)), after=NEW) == []
    assert keys_of(view(), after=NEW, write_to="topic") == [(COMMON, usual(OF_REST), OF_REST, None, False)]


def test_a_key_that_nothing_shows_is_refused_for_a_connector_that_builds_other_keys_than_rest() -> None:
    with pytest.raises(RecoveryError, match="nothing shows the key of report_type=t timezone=Rome: restore a backup"):
        keys_of(view(record(TURNED_KEY, 1)), ROME, after=NEW)


def test_a_key_of_the_backup_that_rest_cannot_reach_is_refused_without_topics() -> None:
    change = OffsetChange(Partition.of(PST), None, NEW)
    with pytest.raises(RecoveryError, match=r"the backup has report_type=t timezone=PST under .* set kafka_bootstrap"):
        routed([change], connector(), "auto", [record(TURNED_KEY, 1)])


def test_a_partition_without_fields_is_written_to_the_topic_and_refused_without_topics() -> None:
    key = b'["c",{}]'
    assert keys_of(view(record("{}", 1, topic_partition=usual(key))), {}, after=NEW) == [
        (COMMON, usual(key), key, b'{"end": 1}', False)
    ]
    with pytest.raises(RecoveryError, match=r"^Connector 'c': the partition {} has no fields, .* set kafka_bootstrap"):
        routed([OffsetChange(Partition.of({}), {"end": 1}, NEW)], connector(), "auto")


def test_a_key_in_an_unusual_topic_partition_is_told() -> None:
    elsewhere = (usual(TURNED) + 1) % TOPIC_PARTITIONS
    of = with_topics(connector(), view(record(TURNED_KEY, 1, topic_partition=elsewhere)), is_topic_alone=False)
    changes = routed([OffsetChange(Partition.of(PST), {"end": 1}, NEW)], of, "auto")
    (sentence,) = misplaced(changes, {COMMON: TOPIC_PARTITIONS})
    assert f"its key is in the topic partition {elsewhere} of {COMMON}" in sentence
    assert f"would have put it into {usual(TURNED)}" in sentence
