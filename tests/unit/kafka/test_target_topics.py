# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the topics that a connector delivers to before a change; of what may not be looked at it is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.preflight import TargetTopic
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors, target_topics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.target_topics import BrokerTopics
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions
from unit.kafka.fake import FakeConnection, Place, Topics

SMALL, LARGE = (b"k", b"1"), (b"k", b"123456789")
TOPICS: Topics = {"t": {0: [LARGE] * 2 + [SMALL], 1: []}, "u": {0: [SMALL]}}

Look = Callable[..., tuple[TargetTopic, ...]]


class Brokers(FakeConnection):
    cluster_id = "kafka-1"
    undescribed: Sequence[str] = ()
    closed = 0

    def partitions_of(self, topic: str, client: Any = None) -> list[int]:
        if topic in self.undescribed:
            raise errors.topic_denied(self.options, f"the topic {topic}", topic)
        return super().partitions_of(topic, client)

    def partitions_by_topic(self, *, led: bool = False) -> dict[str, list[int]]:
        found = super().partitions_by_topic(led=led)
        return {topic: numbers for topic, numbers in found.items() if topic not in self.undescribed}

    def replicas_of(self, topic: str) -> int:
        return 3

    def metadata(self, topic: str | None = None, client: Any = None) -> None:
        """Nobody looks at it."""

    def close(self) -> None:
        Brokers.closed += 1


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """Looks at the topics with these names; the brokers have those of ``topics``."""
    monkeypatch.setattr(Brokers, "closed", 0)

    def look(
        *names: str,
        topics: Topics | None = None,
        workers_cluster: str = "kafka-1",
        undescribed: Sequence[str] = (),
        settings: Mapping[str, Mapping[str, str]] | None = None,
        groups_denied: Sequence[str] = (),
        begins: Mapping[Place, int] | None = None,
        **more: Any,
    ) -> tuple[TargetTopic, ...]:
        there = TOPICS if topics is None else topics
        brokers = Brokers(there, not_compacted=list(there), **more)
        brokers.undescribed = undescribed
        brokers.admin.settings = settings or {}
        brokers.admin.groups_denied = groups_denied
        brokers.admin.begins = begins or {}
        monkeypatch.setattr(target_topics, "Connection", lambda _options: brokers)
        return BrokerTopics(KafkaOptions(("kafka-1:9092",)), workers_cluster).look(names)

    return look


def test_each_topic_is_described_in_the_order_of_the_names(look: Look) -> None:
    settings = {"t": {"retention.ms": "604800999", "retention.bytes": "5000"}}
    commits = {"later": {("t", 1): 0}, "both": {("t", 0): 3, ("u", 0): 1}, "elsewhere": {("v", 0): 9}}
    assert look("u", "t", settings=settings, commits=commits) == (
        TargetTopic("u", True, (TopicEnd("u", 0, 1),), "delete", None, None, ("both",), 0, 3, 1, 2),
        TargetTopic(
            "t",
            True,
            (TopicEnd("t", 0, 3), TopicEnd("t", 1, 0)),
            "delete",
            604_800,
            5_000,
            ("both", "later"),
            replicas=3,
            records=3,
            record_bytes=7,
        ),
    )
    assert Brokers.closed == 1


def test_a_topic_that_does_not_exist_ends_where_it_will_begin_and_has_nothing(look: Look) -> None:
    assert look("new", commits={"g": {("new", 0): 4}}) == (TargetTopic("new", False, (TopicEnd("new", 0, 0),)),)


def test_a_topic_that_may_not_be_described_is_not_taken_for_a_missing_one(look: Look) -> None:
    with pytest.raises(errors.AccessDenied, match='not allowed to read the topic "t"'):
        look("u", "t", undescribed=["t"])
    assert Brokers.closed == 1


def test_brokers_that_are_not_those_of_the_workers_are_refused(look: Look) -> None:
    with pytest.raises(errors.KafkaFailed, match=r"has the cluster id kafka-1, .* with the id kafka-2"):
        look("t", workers_cluster="kafka-2")
    assert Brokers.closed == 1


# How long they keep records


@pytest.mark.parametrize(
    ("settings", "seconds", "size", "is_compacted"),
    [
        ({"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}, None, None, False),
        ({"cleanup.policy": "delete", "retention.ms": "0", "retention.bytes": "0"}, 0, 0, False),
        ({"cleanup.policy": "compact", "retention.ms": "60000", "retention.bytes": "7"}, None, None, True),
        ({"cleanup.policy": "compact,delete", "retention.ms": "60000", "retention.bytes": "7"}, 60, 7, True),
    ],
)
def test_limits_count_where_records_are_deleted(
    look: Look, settings: Mapping[str, str], seconds: int | None, size: int | None, *, is_compacted: bool
) -> None:
    (found,) = look("t", settings={"t": settings})
    assert (found.retention_seconds, found.retention_bytes, found.is_compacted) == (seconds, size, is_compacted)


def test_settings_that_may_not_be_read_are_unknown_and_the_rest_is_known(look: Look) -> None:
    (found,) = look("t", settings_denied=True)
    assert (found.as_data()["cleanup_policy"], found.retention_seconds) == (None, None)
    assert (found.exists, found.records) == (True, 3)


# Who reads them


def test_groups_that_were_not_looked_at_are_counted(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = {f"g{number}": {("t", 0): 1} for number in range(5)}
    (found,) = look("t", commits=commits, groups_denied=["g1"])
    assert (found.groups, found.groups_omitted) == (("g0", "g2", "g3", "g4"), 1)
    monkeypatch.setattr(target_topics, "_MOST_GROUPS", 3)
    (found,) = look("t", commits=commits, groups_denied=["g1"])
    assert (found.groups, found.groups_omitted) == (("g0", "g2"), 3)


# How much they hold


def test_only_what_is_not_deleted_yet_is_counted_and_measured(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    begins = {("t", 0): 1}
    (found,) = look("t", begins=begins)
    assert (found.records, found.record_bytes) == (2, 6)
    monkeypatch.setattr(target_topics, "_SAMPLED_RECORDS", 1)
    (found,) = look("t", begins=begins)
    assert (found.records, found.record_bytes) == (2, 2), "the newest ones of each topic partition are measured"


def test_a_topic_without_records_has_no_size(look: Look) -> None:
    (found,) = look("t", topics={"t": {0: [SMALL]}}, begins={("t", 0): 1})
    assert (found.records, found.record_bytes) == (0, None)


def test_records_that_may_not_be_read_are_counted_and_not_measured(look: Look) -> None:
    denied, read = look("t", "u", denied=["t"])
    assert [(one.records, one.record_bytes) for one in (denied, read)] == [(3, None), (1, 2)]
