# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets that are written to the topics: in Connect's order, read back, and undone by the run that wrote them only."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import TopicKey
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, UnknownOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.offset_access import RestOffsets
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.topic_offsets import TopicOffsets
from unit.fake_cluster import FakeCluster, FakeConnector
from unit.fake_topics import FakeTopics

OWN, COMMON = "c-offsets", "connect-offsets"
PST, ROME, NEWS = (Partition.of({"b": zone, "a": 0}) for zone in ("PST", "Rome", "News"))
CONNECTOR = Connector("c", "source", "STOPPED", "", (), {})


def key(partition: Partition) -> bytes:
    """In an order that REST does not build."""
    return f'["c",{{"b":"{partition.get("b")}","a":0}}]'.encode()


def change(partition: Partition, before: int | None, after: int | None) -> OffsetChange:
    value = None if before is None else b'{"n": %d}' % before
    places = tuple(TopicKey(topic, 1, key(partition), value, topic == COMMON) for topic in (OWN, COMMON))
    offsets = [None if number is None else {"n": number} for number in (before, after)]
    return OffsetChange(partition, offsets[0], offsets[1], places)


CHANGES = (change(PST, 1, 5), change(ROME, 2, None), change(NEWS, None, 6))


@pytest.fixture
def topics() -> FakeTopics:
    stored = {(topic, 1, key(one)): b'{"n": %d}' % n for topic in (OWN, COMMON) for one, n in ((PST, 1), (ROME, 2))}
    return FakeTopics({OWN: 5, COMMON: 5}, dict(stored))


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(FakeConnector(state="STOPPED"))


@pytest.fixture
def offsets(cluster: FakeCluster, topics: FakeTopics) -> TopicOffsets:
    return TopicOffsets(RestOffsets(cluster, "c", cluster.sleep), topics, CONNECTOR, cluster.sleep)


def test_tombstones_go_to_the_copy_first_and_values_go_there_last(topics: FakeTopics, offsets: TopicOffsets) -> None:
    offsets.write(CHANGES)
    assert topics.written == [
        [(COMMON, None)],
        [(OWN, b'{"n":5}'), (OWN, None), (OWN, b'{"n":6}')],
        [(COMMON, b'{"n":5}'), (COMMON, b'{"n":6}')],
    ]
    assert offsets.stored() == {PST: {"n": 5}, NEWS: {"n": 6}}


def test_the_bytes_of_before_come_back(topics: FakeTopics, offsets: TopicOffsets) -> None:
    before = dict(topics.values)
    offsets.write(CHANGES)
    offsets.undo()
    assert {place: value for place, value in topics.values.items() if value is not None} == before
    assert topics.values[OWN, 1, key(NEWS)] is None


@pytest.mark.parametrize("acts", range(4))
def test_a_write_that_was_confirmed_in_part_is_settled_by_reading(
    topics: FakeTopics, offsets: TopicOffsets, acts: int
) -> None:
    topics.faults, topics.acts = [None, UnknownOutcome("not confirmed.")], acts
    offsets.write(CHANGES)
    assert offsets.stored() == {PST: {"n": 5}, NEWS: {"n": 6}}


def test_nothing_is_taken_back_that_was_refused(topics: FakeTopics, offsets: TopicOffsets) -> None:
    before = dict(topics.values)
    topics.faults = [None, KafkaFailed("refused.")]
    with pytest.raises(KafkaFailed):
        offsets.write(CHANGES)
    offsets.undo()
    assert topics.values == before
    assert topics.written[-1] == [(COMMON, b'{"n": 2}')], "only the copy's tombstone had been written"


def test_a_key_that_somebody_else_writes_is_named_and_left(topics: FakeTopics, offsets: TopicOffsets) -> None:
    topics.overwritten = {(OWN, 1, key(PST)): b'{"n":99}'}
    with pytest.raises(RecoveryError, match=r"The offset of a=0 b=PST of connector 'c' was written to c-offsets, but"):
        offsets.write(CHANGES)
    with pytest.raises(
        RecoveryError, match=r"The offset of a=0 b=PST of connector 'c' is neither .* it stays as it is\.$"
    ):
        offsets.undo()
    assert topics.values[OWN, 1, key(PST)] == b'{"n":99}'
    assert topics.values[OWN, 1, key(ROME)] == b'{"n": 2}'


def test_what_rest_reaches_goes_over_rest_first_and_both_are_taken_back(
    cluster: FakeCluster, topics: FakeTopics, offsets: TopicOffsets
) -> None:
    orders = Partition.of({"table": "orders"})
    cluster.store("c", {orders: {"id": 1}})
    topics.faults = [KafkaFailed("refused.")]
    with pytest.raises(KafkaFailed):
        offsets.write((OffsetChange(orders, {"id": 1}, {"id": 2}), *CHANGES))
    assert cluster.by_name["c"].offsets == {orders: {"id": 2}}
    offsets.undo()
    assert cluster.by_name["c"].offsets == {orders: {"id": 1}}


@pytest.fixture
def of_rest() -> OffsetChange:
    """A change under the key that REST builds."""
    orders = Partition.of({"table": "orders"})
    place = TopicKey(OWN, 1, b'["c",{"table":"orders"}]', None)
    return OffsetChange(orders, None, {"id": 2}, (place,))


def test_what_connect_can_show_must_be_shown_by_connect(
    cluster: FakeCluster, offsets: TopicOffsets, of_rest: OffsetChange
) -> None:
    with pytest.raises(
        RecoveryError, match="was written to c-offsets, but Connect does not show it: set offsets_topic"
    ):
        offsets.write((of_rest,))
    cluster.store("c", {of_rest.partition: {"id": 2}})
    offsets.write((of_rest,))


def test_both_failures_of_an_undo_are_told(
    cluster: FakeCluster, topics: FakeTopics, offsets: TopicOffsets, of_rest: OffsetChange
) -> None:
    orders = OffsetChange(Partition.of({"table": "bills"}), None, {"id": 1})
    offsets.write((orders, *CHANGES))
    cluster.broken["offsets"] = RecoveryError("Connect is gone.")
    topics.view_fault = KafkaFailed("Kafka is gone.")
    with pytest.raises(RecoveryError, match=r"^Kafka is gone\. Connect is gone\.$"):
        offsets.undo()
