# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the store for a task's backups, here only: a topic if ``backup_topic`` is set, otherwise a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from ansible_collections.connectops.recovery.plugins.module_utils.backups.documents import part_of_path
from ansible_collections.connectops.recovery.plugins.module_utils.backups.files import (
    FolderStore,
    backup_folder,
    connectors_in,
)
from ansible_collections.connectops.recovery.plugins.module_utils.backups.store import BackupStore
from ansible_collections.connectops.recovery.plugins.module_utils.backups.topic import BackupTopic, TopicStore
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.compacted_topic import TopicState, ensure_topic
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed, TopicNotFound
from ansible_collections.connectops.recovery.plugins.module_utils.options.backups import BackupOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions


class Stores:
    """The stores of all connectors of one cluster, for one task. Use it with ``with``. Several threads may use it.

    ``notes``: sentences for a person about the place.
    """

    def __init__(
        self, folder: Path, cluster: str, cluster_id: str | None, topic: BackupTopic | None, notes: Sequence[str] = ()
    ) -> None:
        self.notes = tuple(notes)
        self._folder = folder
        self._cluster = cluster
        self._cluster_id = cluster_id
        self._topic = topic

    def __enter__(self) -> Stores:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._topic is not None:
            self._topic.connection.close()

    @property
    def place(self) -> str:
        """Where the documents of the cluster are, as messages say it after the word ``in``."""
        if self._topic is None:
            return str(self._folder / part_of_path(self._cluster))
        return f"the topic {self._topic.name}"

    def of(self, connector: str) -> BackupStore:
        """The store of one connector; a task always gets the same object for it."""
        if self._topic is None:
            return FolderStore(self._folder, self._cluster, self._cluster_id, connector)
        return TopicStore(self._topic, self._cluster_id, connector)

    def connectors(self) -> list[str]:
        """The connectors of the cluster that have something in their store. Raises RecoveryError."""
        return connectors_in(self._folder, self._cluster) if self._topic is None else self._topic.connectors()


def check_folder(options: BackupOptions) -> None:
    """Raise InputError for a ``backup_dir`` that cannot be a folder. Nothing is read for it."""
    backup_folder(options.backup_dir)


def open_stores(
    options: BackupOptions, kafka: KafkaOptions | None, cluster_id: str | None, *, check_mode: bool
) -> Stores:
    """The stores for a change. Checks the topic, and creates it if it is missing and may be created.

    ``cluster_id`` is that of Kafka. Raises RecoveryError if a change could not be backed up there. With ``check_mode``
    a missing topic is not created; a note says that it will be.
    """
    if options.backup_topic is None or kafka is None:
        return Stores(backup_folder(options.backup_dir), options.cluster_label, cluster_id, None)
    connection = Connection(kafka)
    try:
        name = options.backup_topic
        state = ensure_topic(connection, name, may_make=options.backup_topic_create, check_mode=check_mode)
    except BaseException:
        connection.close()
        raise
    notes = (
        [] if state.exists else [f"The backup topic {name} does not exist yet: it will be created before the change."]
    )
    topic = BackupTopic(connection, name, state, options.cluster_label, is_live=True)
    return Stores(Path(), options.cluster_label, cluster_id, topic, notes)


def open_to_look(options: BackupOptions, kafka: KafkaOptions | None, cluster_id: str | None) -> Stores:
    """The stores for a task that only reads. Reads the topic once, now. Raises RecoveryError where it cannot be read.

    A topic that is missing and may be made counts as empty.
    """
    if options.backup_topic is None or kafka is None:
        return Stores(backup_folder(options.backup_dir), options.cluster_label, cluster_id, None)
    connection = Connection(kafka)
    state = TopicState(True, 0)
    try:
        try:
            connection.partitions_of(options.backup_topic)
        except TopicNotFound:
            if not options.backup_topic_create:
                raise
            state = TopicState(False, 0)
        topic = BackupTopic(connection, options.backup_topic, state, options.cluster_label, is_live=False)
        topic.refresh()
    except BaseException:
        connection.close()
        raise
    return Stores(Path(), options.cluster_label, cluster_id, topic)


def look_if_possible(options: BackupOptions, kafka: KafkaOptions | None, cluster_id: str | None) -> Stores:
    """The same for a task that does not depend on backups: if the topic cannot be read, a note says why.

    No backup and no journal is known then.
    """
    try:
        return open_to_look(options, kafka, cluster_id)
    except KafkaFailed as error:
        if options.backup_topic is None or kafka is None:
            raise
        note = f"{error.sentence} So it is not known whether a change is unfinished, or what earlier resets wrote."
        nothing = TopicState(False, 0)
        topic = BackupTopic(Connection(kafka), options.backup_topic, nothing, options.cluster_label, is_live=False)
        return Stores(Path(), options.cluster_label, cluster_id, topic, [note])
