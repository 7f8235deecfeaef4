# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and journals in a compacted Kafka topic, which every control node sees and which outlives them all.

One document is one record. Its key is the path that its file would have in a folder:
``<cluster label>/<connector>/<name>``. A run that changes a connector writes by a transactional id of that connector.
This id fences an earlier run that was presumed dead: Kafka refuses everything that it still writes.
"""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.backups.documents import (
    JOURNAL,
    SAMPLES,
    DocumentStore,
    Unreadable,
    connector_of,
    part_of_path,
)
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import Journal
from ansible_collections.connectops.recovery.plugins.module_utils.errors import (
    InputError,
    RecoveryError,
    UnknownOutcome,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.compacted_topic import LastValues, TopicState
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import Fenced, KafkaFailed
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.writing import NewRecord, Writer
from ansible_collections.connectops.recovery.plugins.module_utils.options.paths import IN_TOPIC

# How much larger a record is than its value: its key, its time, the head of its batch.
_OVERHEAD_BYTES = 2_000


class BackupTopic:
    """The documents of all connectors of one cluster in a topic that is already checked. Several threads may use it.

    ``is_live`` False: the topic is read once. ``values`` are those of the keys that begin with the cluster's label.
    """

    def __init__(self, connection: Connection, name: str, state: TopicState, cluster: str, *, is_live: bool) -> None:
        self.connection = connection
        self.name = name
        self.state = state
        self.is_live = is_live
        self.folder = part_of_path(cluster)
        self.values = LastValues(connection, name if state.exists else None, f"{self.folder}/".encode())
        self._was_read = False

    def refresh(self) -> None:
        """Read what is new. Raises KafkaFailed."""
        if self.is_live or not self._was_read:
            self.values.refresh()
            self._was_read = True

    def connectors(self) -> list[str]:
        """The connectors that have documents. Raises KafkaFailed."""
        self.refresh()
        texts: dict[str, list[str]] = {}
        for key in self.values.live_keys():
            _cluster, _slash, rest = key.decode(errors="replace").partition("/")
            texts.setdefault(rest.partition("/")[0], []).append((self.values.get(key) or b"").decode(errors="replace"))
        return sorted(connector_of(part, found) for part, found in texts.items())


class TopicStore(DocumentStore):
    """The backups and the journal of one connector of one cluster in a topic. A :class:`~.store.BackupStore`."""

    def __init__(self, topic: BackupTopic, cluster_id: str | None, connector: str) -> None:
        super().__init__(cluster_id, connector)
        self._topic = topic
        self._folder = f"{topic.folder}/{part_of_path(connector)}"
        self._writer: Writer | None = None
        # The contents that the journal may have as far as this run knows; any other is another run's. Empty until the
        # first look.
        self._known_journals: set[bytes | None] = set()

    @property
    def place(self) -> str:
        return f"the topic {self._topic.name}"

    def shown(self, name: str) -> str:
        return f"{IN_TOPIC}{self._topic.name}/{self._folder}/{name}"

    def _names(self) -> list[str]:
        self._topic.refresh()
        prefix = self._key("")
        return [key[len(prefix) :].decode() for key in self._topic.values.live_keys() if key.startswith(prefix)]

    def _read(self, name: str) -> str | None:
        self._topic.refresh()
        return self._text_at(self._key(name))

    def _read_shown(self, shown: str) -> str | None:
        start = f"{IN_TOPIC}{self._topic.name}/"
        if not shown.startswith(start):
            raise InputError(
                f"backup_file: {shown} is not in the topic of backup_topic: give a name that begins with {start}, or set"
                " backup_topic to the other topic."
            )
        self._topic.refresh()
        return self._text_at(shown.removeprefix(start).encode())

    @property
    def _where_missing(self) -> str:
        return ""

    def _text_at(self, key: bytes) -> str | None:
        value = self._topic.values.get(key)
        try:
            return None if value is None else value.decode()
        except UnicodeDecodeError:
            raise Unreadable("not text") from None

    def _how_to_delete(self, name: str) -> str:
        return f"write a record with the key {self._key(name).decode()} and no value to the topic {self._topic.name}"

    def _cannot_write(self, name: str, why: str) -> RecoveryError:
        return RecoveryError(f"{name} cannot be written to {self.place} ({why}): nothing was changed.")

    def _check_size(self, size: int) -> None:
        largest = self._topic.state.largest_bytes
        if size + _OVERHEAD_BYTES > largest:
            raise RecoveryError(
                f"The backup of connector '{self._connector}' has {size} bytes, more than the topic {self._topic.name} takes"
                f" ({largest}): raise max.message.bytes of the topic, or leave out backup_topic to back up to a folder."
            )

    # -----------------------------------------------------------------------------------------------------------------
    # Writing

    def _write(self, name: str, text: str) -> None:
        if name == SAMPLES:
            self._send_beside(name, text.encode())
        else:
            self._send(name, text.encode())

    def _send_beside(self, name: str, value: bytes) -> None:
        """Write a record that is not part of a change with a separate id: it must not fence a run that changes the connector."""
        key = self._key(name)
        self._topic.connection.renew()
        with Writer(self._topic.connection, f"{self._transactional_id}/{name}") as writer:
            writer.write([NewRecord(self._topic.name, key, value)])
        self._topic.refresh()
        if self._topic.values.get(key) != value:
            raise RecoveryError(
                f"{self.shown(name)} differs from what was written: another program writes to this key. Find that program, then"
                " run again."
            )

    def _delete(self, name: str) -> None:
        if self._read(name) is not None:
            self._send(name, None)

    def _send(self, name: str, value: bytes | None) -> None:
        """Write a record, and read the topic until the record appears. Raises RecoveryError when it is missing, or may be."""
        self._refuse_if_taken()
        key = self._key(name)
        unknown: RecoveryError | None = None
        known_before = self._known_journals
        if name == JOURNAL:
            # The record may exist from now on, even if the topic cannot be read afterwards.
            self._known_journals = {*known_before, value}
        try:
            self._open_writer().write([NewRecord(self._topic.name, key, value)])
        except Fenced:
            raise
        except (KafkaFailed, UnknownOutcome) as error:
            # Another attempt needs a working producer.
            self.close()
            if isinstance(error, KafkaFailed):
                self._known_journals = known_before
                raise
            unknown = error
        self._topic.refresh()
        if self._topic.values.get(key) != value:
            raise unknown or RecoveryError(
                f"{self.shown(name)} differs from what was written: another program writes to this key. Nothing more was changed."
                " Find that program, then run again."
            )
        if name == JOURNAL:
            self._known_journals = {value}

    def _refuse_if_taken(self) -> None:
        """Refuse to write if another run has begun or ended a change of the connector since this run looked."""
        self._topic.refresh()
        now = self._topic.values.get(self._key(JOURNAL))
        if not self._known_journals:
            self._known_journals = {now}
        elif now not in self._known_journals:
            raise RecoveryError(
                f"Another run has begun or ended a change of connector '{self._connector}' meanwhile ({self.shown(JOURNAL)}):"
                " this run writes nothing more; look at the connector, then run again."
            )

    def current(self) -> Journal | None:
        found = super().current()
        self._known_journals = {self._topic.values.get(self._key(JOURNAL))}
        return found

    def _open_writer(self) -> Writer:
        if self._writer is None:
            self._topic.connection.renew()
            self._writer = Writer(self._topic.connection, self._transactional_id)
        return self._writer

    @property
    def _transactional_id(self) -> str:
        return f"connectops.recovery/{self._folder}"

    def close(self) -> None:
        """End the producer of the connector."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _key(self, name: str) -> bytes:
        return f"{self._folder}/{name}".encode()
