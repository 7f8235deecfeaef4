# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reads Kafka. It joins no group, commits nothing, writes nothing and creates no topic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import TracebackType

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import Arrivals, TopicEnd
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.task_history import StatusRecord
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection, Progress
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.deliveries import (
    arrivals,
    read_statuses,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.groups import group_positions
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import (
    OffsetsTopic,
    StoredConnector,
    read_config_topic,
    read_offsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topic_settings import topic_settings
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topics import TopicFinder
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions


class KafkaClient:
    """What can be read from the brokers of one Kafka cluster in one task.

    The time limit of ``options.timeout_seconds`` starts now and covers everything. Every method may raise a
    :class:`~.errors.KafkaFailed`. ``progress`` is called about once a second while a whole topic is read. Raises
    ImportError without ``confluent_kafka``.
    """

    def __init__(self, options: KafkaOptions, progress: Progress | None = None) -> None:
        self._connection = Connection(options, progress)
        self._topics = TopicFinder(self._connection)

    def __enter__(self) -> KafkaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    @property
    def cluster_id(self) -> str:
        """The id of the Kafka cluster, the same as Connect's workers return."""
        return self._connection.cluster_id

    def find_config_topic(self, connectors: Collection[str] = ()) -> str:
        """See :meth:`TopicFinder.find_config_topic`."""
        return self._topics.find_config_topic(connectors)

    def find_offsets_topic(self, connectors: Collection[str]) -> str:
        """See :meth:`TopicFinder.find_offsets_topic`."""
        return self._topics.find_offsets_topic(connectors)

    def read_offsets(self, topic: str, connectors: Collection[str] | None = None) -> OffsetsTopic:
        """See :func:`.offsets_topic.read_offsets`."""
        return read_offsets(self._connection, topic, connectors)

    def read_config_topic(self, topic: str) -> dict[str, StoredConnector]:
        """See :func:`.offsets_topic.read_config_topic`."""
        return read_config_topic(self._connection, topic)

    def arrivals(self, ends: Sequence[TopicEnd], record_field: str | None) -> tuple[Arrivals, ...]:
        """See :func:`.deliveries.arrivals`."""
        return arrivals(self._connection, ends, record_field)

    def statuses(self, connectors: Collection[str]) -> dict[str, list[StatusRecord]]:
        """See :func:`.deliveries.read_statuses`."""
        return read_statuses(self._connection, self._topics, connectors)

    def group_positions(self, group: str, topics: Collection[str] = ()) -> tuple[SinkPosition, ...]:
        """See :func:`.groups.group_positions`."""
        return group_positions(self._connection, group, topics)

    def topic_settings(self, topics: Collection[str]) -> dict[str, dict[str, str | None]]:
        """See :func:`.topic_settings.topic_settings`."""
        return topic_settings(self._connection, topics)
