# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run knows of its journal in a topic, after calls that fail. The rest is tested with brokers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.backups.topic import BackupTopic, TopicStore
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.compacted_topic import TopicState
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed
from faults.kafka_in_memory import BACKUP_TOPIC, COMMIT, READ, KafkaInMemory, Values
from unit.fake_cluster import FakeCluster, Fault

JOURNAL = Journal("d9aa21c64d60", "RUNNING", "the backup", 1_795_413_600.0, "1")
FAILURE = KafkaFailed("The brokers failed at it: no.")


@pytest.fixture(name="kafka")
def brokers() -> Iterator[KafkaInMemory]:
    kafka = KafkaInMemory(FakeCluster())
    kafka.ensure(BACKUP_TOPIC, may_make=True)
    with kafka.instead_of_brokers():
        yield kafka


def store_of(kafka: KafkaInMemory) -> TopicStore:
    """That of a new run."""
    topic = BackupTopic(kafka, BACKUP_TOPIC, TopicState(True, 10_000), "eu-1", is_live=True)  # type: ignore[arg-type]
    topic.values = Values(kafka, BACKUP_TOPIC)  # type: ignore[assignment]
    store = TopicStore(topic, "kafka-1", "c")
    store.current()
    return store


def test_a_journal_that_was_written_and_not_read_back_is_still_the_own_one(kafka: KafkaInMemory) -> None:
    store = store_of(kafka)
    kafka.cluster.next_faults[READ] = [None, Fault(FAILURE)]
    with pytest.raises(KafkaFailed):
        store.begin(JOURNAL)
    later = replace(JOURNAL, may_be_unmarked=True)
    store.begin(later)
    assert store.current() == later


def test_a_journal_that_was_not_written_is_not_taken_for_the_own_one(kafka: KafkaInMemory) -> None:
    store_of(kafka).begin(JOURNAL)
    store = store_of(kafka)
    kafka.cluster.next_faults[COMMIT] = [Fault(FAILURE)]
    with pytest.raises(KafkaFailed):
        store.end()
    store_of(kafka).end()
    with pytest.raises(RecoveryError, match="Another run has begun or ended a change of connector 'c' meanwhile"):
        store.begin(JOURNAL)
