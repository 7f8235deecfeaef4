# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The offsets topics of single connectors: what they hold of one, and writing there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import TopicView
from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection, Progress
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import read_offsets
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.topics import TopicFinder
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord, write_records
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

# With it a connector may write to another Kafka cluster than that of the workers.
OTHER_CLUSTER = "producer.override.bootstrap.servers"


class OffsetsTopics(Protocol):
    """What a reset needs of the offsets topics of a cluster. Every method may raise RecoveryError."""

    def view(self, connector: Connector) -> TopicView:
        """What the topics hold of the connector now, committed records only."""

    def write(self, records: Sequence[NewRecord]) -> None:
        """Write records and return when all are acknowledged. Raises UnknownOutcome where some may be written."""

    def refuse_unwritable(self, topics: Iterable[str]) -> None:
        """Raise RecoveryError if one of the topics may not be written."""


class ConnectorTopics:
    """:class:`OffsetsTopics` on the brokers. Several threads may use it: each call has a connection and a time limit of its own.

    ``cluster_id``: the id of the Kafka cluster that the workers use, empty where it is not known.
    """

    def __init__(self, options: KafkaOptions, cluster_id: str, progress: Progress | None = None) -> None:
        self._options = options
        self._cluster_id = cluster_id
        self._progress = progress
        self._common: str | None = options.offsets_topic
        self._finding = threading.Lock()

    def view(self, connector: Connector) -> TopicView:
        """Raises KafkaFailed, also where it is unclear which topic it is, or a part of it cannot be read now."""
        if connector.config.get(OTHER_CLUSTER):
            raise errors.may_be_elsewhere(connector.name, OTHER_CLUSTER)
        with self._connected() as connection:
            topics = dict.fromkeys(
                filter(None, (connector.own_offsets_topic, self._common_topic(connection, connector.name)))
            )
            reads = [read_offsets(connection, topic, [connector.name]) for topic in topics]
        for read in reads:
            hidden = sum(read.hidden_by_transaction.values())
            if hidden:
                raise errors.KafkaFailed(
                    f"An open transaction hides the last {hidden} positions of {read.topic}, so what is stored there is not"
                    " known: wait until it has ended, or end it with kafka-transactions.sh, then run again.",
                    topic=read.topic,
                )
        return TopicView(
            tuple(record for read in reads for record in read.records),
            {read.topic: read.topic_partitions for read in reads},
        )

    def write(self, records: Sequence[NewRecord]) -> None:
        """Without a transaction: workers that do not run exactly-once would read the records of one that was aborted."""
        with self._connected() as connection:
            write_records(connection, records)

    def refuse_unwritable(self, topics: Iterable[str]) -> None:
        with self._connected() as connection:
            for topic in connection.unwritable(sorted(topics)):
                raise errors.write_denied(self._options, topic)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        connection = Connection(self._options, self._progress)
        try:
            errors.demand_cluster(connection, self._options, self._cluster_id)
            yield connection
        finally:
            connection.close()

    def _common_topic(self, connection: Connection, connector: str) -> str:
        """The workers' topic, looked for once."""
        with self._finding:
            if self._common is None:
                self._common = TopicFinder(connection).find_offsets_topic([connector])
            return self._common


def show_progress(say: Callable[[str], None]) -> Progress:
    """A function that says in words how far the reading of a topic has come."""
    return lambda topic, read, to_read: say(
        f"Read {read:,} of {to_read:,} records of {topic} ({100 * read // max(1, to_read)} %)"
    )
