# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which topics belong to a Connect cluster: found from their contents, where the options do not name them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    TopicNotFound,
    topic_settings_denied,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.offsets_topic import (
    StoredConnector,
    connector_of_key,
    read_config_topic,
    read_offsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.reading import (
    TopicPartition,
    first_messages,
    list_offsets,
)

# How many records of each topic partition show what a topic is.
_SAMPLE = 50
_NEVER_CONNECT = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})
_CONFIG_KEYS = (b"connector-", b"commit-", b"task-", b"target-state-", b"session-key")


class TopicFinder:
    """Finds the topics of a cluster by its connectors. The topics on the brokers are sampled once, when first needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._options = connection.options
        self._samples: dict[str, list[bytes]] | None = None

    def find_config_topic(self, connectors: Collection[str] = ()) -> str:
        """The config topic of the cluster that has the given connectors: the option, or the topic that holds most of them.

        Without connectors, those that have offsets in the topic of the option ``offsets_topic``. The only config topic on
        the brokers is never taken for that alone: it may be another cluster's. Raises TopicNotFound where it is unclear.
        """
        if self._options.config_topic:
            return self._options.config_topic
        names = set(connectors)
        if not names and self._options.offsets_topic:
            names = self._connectors_in(self._options.offsets_topic, None)
        counts = {topic: len(set(known) & names) for topic, known in self._config_topics().items()} if names else {}
        return self._chosen(counts, names, "config_topic", "configurations")

    def find_offsets_topic(self, connectors: Collection[str]) -> str:
        """The worker-global offsets topic of the cluster that has the given connectors: the option, or the topic found.

        Where the config topic may be read, its configurations show which topics are connectors' own. A cluster none of whose
        connectors has stored an offset yet cannot be found. Raises TopicNotFound where it is unclear.
        """
        if self._options.offsets_topic:
            return self._options.offsets_topic
        if not connectors:
            return self._chosen({}, connectors, "offsets_topic", "offsets")
        clusters = self._config_topics()
        dedicated = {stored.offsets_topic for known in clusters.values() for stored in known.values()}
        candidates = {
            topic: names
            for topic, keys in self._sampled().items()
            if topic not in dedicated
            and (names := {name for key in keys if (name := connector_of_key(key)) is not None})
        }
        # A connector that never stored an offset is found by the connectors of its cluster that did.
        same_cluster = {name for known in clusters.values() if set(known) & set(connectors) for name in known}
        counts: dict[str, int] = {}
        for names in filter(None, (set(connectors), same_cluster)):
            counts = {topic: self._count(topic, seen, names, len(candidates)) for topic, seen in candidates.items()}
            if any(counts.values()):
                break
        return self._chosen(counts, connectors, "offsets_topic", "offsets")

    def status_topics(self) -> list[str]:
        """The topics in which workers of any cluster keep the states of connectors and tasks."""
        return [topic for topic, keys in self._sampled().items() if any(key.startswith(b"status-") for key in keys)]

    def _count(self, topic: str, seen: set[str], names: set[str], candidates: int) -> int:
        """How many of the names a topic holds; the only candidate is not read if its sample shows one of them."""
        if candidates == 1 and seen & names:
            return len(seen & names)
        return len(self._connectors_in(topic, names))

    def _connectors_in(self, topic: str, names: Collection[str] | None) -> set[str]:
        read = read_offsets(self._connection, topic, names)
        return {record.connector for record in read.records}

    def _chosen(self, counts: Mapping[str, int], names: Collection[str], option: str, what: str) -> str:
        """The topic that holds most of the named connectors; ``counts``: how many of them each topic holds."""
        most = max(counts.values(), default=0)
        best = sorted(topic for topic, count in counts.items() if count == most > 0)
        if len(best) == 1:
            return best[0]
        brokers = self._options.brokers
        of = f"{what} of {' or '.join(sorted(names)[:3])}"
        if not names:
            problem = f"No connector shows which topic on {brokers} is the {option} of this cluster"
        elif not best:
            problem = f"No readable topic on {brokers} holds {of}"
        else:
            problem = f"The topics {' and '.join(best)} on {brokers} all hold {of}"
        setting = f"{'offset' if option == 'offsets_topic' else 'config'}.storage.topic"
        raise TopicNotFound(f"{problem}: set {option} to the {setting} of the workers.", nearest=best)

    def _config_topics(self) -> dict[str, dict[str, StoredConnector]]:
        return {
            topic: read_config_topic(self._connection, topic)
            for topic, keys in self._sampled().items()
            if any(key.startswith(_CONFIG_KEYS) for key in keys) and len(self._connection.partitions_of(topic)) == 1
        }

    def _sampled(self) -> dict[str, list[bytes]]:
        """Some keys of each compacted topic that may be read."""
        if self._samples is None:
            # A topic partition without a leader cannot be read now, and is most likely not of a topic of Connect's.
            numbers = self._connection.partitions_by_topic(led=True)
            names = self._compacted(sorted(set(numbers) - _NEVER_CONNECT))
            samples: dict[str, list[bytes]] = {topic: [] for topic in names}
            partitions = [TopicPartition(topic, number) for topic in names for number in numbers[topic]]
            starts = list_offsets(self._connection, partitions, "earliest")
            for partition, messages in first_messages(self._connection, starts, _SAMPLE).items():
                samples[partition.topic] += [message.key() or b"" for message in messages]
            self._samples = samples
        return self._samples

    def _compacted(self, topics: Sequence[str]) -> list[str]:
        if not topics:
            return []
        connection, admin = self._connection, self._connection.library.admin
        resources = [admin.ConfigResource(admin.ResourceType.TOPIC, topic) for topic in topics]
        futures = connection.admin.describe_configs(
            resources, request_timeout=connection.remaining("the settings of the topics")
        )
        found, denied = connection.results({resource.name: future for resource, future in futures.items()})
        if denied and not found:
            raise topic_settings_denied(self._options)
        return sorted(topic for topic, settings in found.items() if "compact" in settings["cleanup.policy"].value)
