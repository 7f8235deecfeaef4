# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which value of a key counts; tests/integration does the rest with real brokers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import compacted_topic
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.compacted_topic import LastValues
from unit.kafka.fake import FakeConnection, Message

KEY = b"eu-1/c/journal"


class Topic:
    """A topic whose messages have the times of their writers' clocks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._partitions: dict[int, list[tuple[bytes | None, bytes | None] | None]] = {0: []}
        self._times: dict[tuple[int, int], float] = {}
        monkeypatch.setattr(compacted_topic, "written_at", self._time_of)

    def _time_of(self, message: Message) -> float:
        return self._times[message.partition(), message.offset()]

    def write(self, value: bytes | None, at: float, partition: int = 0) -> None:
        messages = self._partitions.setdefault(partition, [])
        self._times[partition, len(messages)] = at
        messages.append((KEY, value))

    def values(self) -> LastValues:
        return LastValues(FakeConnection({"t": self._partitions}), "t", b"eu-1/")


def read_by(readers: Sequence[LastValues]) -> list[bytes | None]:
    for reader in readers:
        reader.refresh()
    return [reader.get(KEY) for reader in readers]


def test_a_later_record_counts_whatever_the_clock_of_its_writer_says(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = Topic(monkeypatch)
    reader = topic.values()
    topic.write(b"of a host whose clock is ahead", 1040.0)
    assert read_by([reader]) == [b"of a host whose clock is ahead"]
    topic.write(b"later", 1010.0)
    assert read_by([reader, topic.values()]) == [b"later", b"later"]
    topic.write(None, 1009.0)
    assert read_by([reader, topic.values()]) == [None, None]
    assert reader.live_keys() == []


def test_of_two_topic_partitions_the_time_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key moves when some are added to the topic; what it had before stays in the other one."""
    topic = Topic(monkeypatch)
    reader = topic.values()
    topic.write(b"before", 1000.0, partition=1)
    assert read_by([reader]) == [b"before"]
    topic.write(b"after", 1010.0, partition=0)
    assert read_by([reader, topic.values()]) == [b"after", b"after"]
    topic.write(b"older", 1005.0, partition=1)
    assert read_by([reader, topic.values()]) == [b"after", b"after"]
