# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing records: the only producer of the collection. A record is written only when all in-sync replicas have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connection import Connection, KafkaError

_POLL_SECONDS = 0.1
# For one call about a transaction; it is made again until the time limit.
_CALL_SECONDS = 1.0
# A transaction that is left open hides from Connect what is behind it in the topic, so it must not stay open for long.
_TRANSACTION_SECONDS = 10.0
# The broker decides what is too large for the topic, not the library.
_LARGEST_BYTES = 100_000_000


@dataclass(frozen=True)
class NewRecord:
    """A record to write. ``value`` None deletes the key where the topic is compacted.

    ``partition``: number of the topic partition; None: the one that a Java client would choose for the key.
    """

    topic: str
    key: bytes
    value: bytes | None = field(repr=False)
    partition: int | None = None


def write_records(connection: Connection, records: Sequence[NewRecord]) -> None:
    """Write records and return when all are acknowledged. Raises as :meth:`Writer.write`."""
    with Writer(connection) as writer:
        writer.write(records)


class Writer:
    """A producer for several writes. Its first write with a ``transactional_id`` fences every older one of the same id.

    Use it with ``with``, or close it.
    """

    def __init__(self, connection: Connection, transactional_id: str | None = None) -> None:
        self._connection = connection
        self._transactional_id = transactional_id
        self._producer = connection.new_producer(**_settings(connection, transactional_id))
        self._begun = False

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Discard what is not written yet. The connections end with the object."""
        # A broken producer says so again.
        with suppress(self._connection.library.KafkaException):
            self._producer.purge()
            self._producer.flush(0)

    def write(self, records: Sequence[NewRecord]) -> None:
        """Write records in their order and return when all are acknowledged; in a transaction, all of them or none.

        Raises KafkaFailed when none was written for certain: :class:`~.errors.Fenced` when a newer producer of the same
        transactional id is there. Raises UnknownOutcome when only some were written, or it is not known which: read the topic.
        """
        if not records:
            return
        topics = sorted({record.topic for record in records})
        self._begin(topics)
        if self._transactional_id is None:
            self._send(records)
        else:
            self._send_in_transaction(records)

    def _begin(self, topics: Sequence[str]) -> None:
        """What can be found wrong before a record leaves: the topics, the login, the permission for the transactional id."""
        try:
            for topic in topics:
                self._connection.partitions_of(topic, client=self._producer)
            if self._transactional_id is not None and not self._begun:
                self._repeat(self._producer.init_transactions)
                self._begun = True
        except self._connection.library.KafkaException as failure:
            raise self._failure(failure.args[0], topics[0]) from None

    def _send(self, records: Sequence[NewRecord]) -> None:
        sent = self._deliver(records)
        if sent.acknowledged == len(records):
            return
        topic = records[0].topic
        if sent.acknowledged == 0 and len(sent.errors) == len(records) and all(map(self._is_refusal, sent.errors)):
            raise self._failure(sent.errors[0], topic)
        reported = sent.problem or (self._connection.text_of(sent.errors[0]) if sent.errors else "")
        raise errors.unconfirmed(self._connection.options, topic, sent.acknowledged, len(records), reported)

    def _send_in_transaction(self, records: Sequence[NewRecord]) -> None:
        """The brokers abort what is not committed, so until the commit is sent nothing is written for certain."""
        topic = records[0].topic
        try:
            self._producer.begin_transaction()
            sent = self._deliver(records)
        except self._connection.library.KafkaException as failure:
            raise self._failure(failure.args[0], topic) from None
        if sent.acknowledged < len(records):
            self._abort()
            if sent.errors:
                raise self._failure(sent.errors[0], topic)
            raise errors.not_written(self._connection.options, topic, sent.problem)
        self._commit(topic, len(records))

    def _commit(self, topic: str, count: int) -> None:
        options = self._connection.options
        try:
            self._repeat(self._producer.commit_transaction)
        except self._connection.library.KafkaException as failure:
            error = failure.args[0]
            if not error.txn_requires_abort():
                raise errors.unconfirmed(options, topic, 0, count, self._connection.text_of(error)) from None
            self._abort()
            raise self._failure(error, topic) from None
        except errors.KafkaFailed as failure:
            raise errors.unconfirmed(options, topic, 0, count, failure.message.rstrip(".")) from None

    def _deliver(self, records: Sequence[NewRecord]) -> _Sent:
        """Send the records and wait until the fate of each is known, the connection is broken, or the time is up."""
        sent = _Sent()
        try:
            for record in records:
                place = {} if record.partition is None else {"partition": record.partition}
                self._producer.produce(record.topic, record.value, record.key, on_delivery=sent.note, **place)
            while sent.known < len(records):
                self._producer.poll(_POLL_SECONDS)
                self._connection.raise_lasting_problem()
                self._connection.remaining(f"the confirmation of topic {records[0].topic}")
        except self._connection.library.KafkaException as failure:
            # The producer is broken. Without the permission to write, it never gets as far as sending anything.
            sent.errors = [failure.args[0]] * (len(records) - sent.acknowledged)
        except errors.KafkaFailed as failure:
            sent.problem = failure.message.rstrip(".")
            self.close()
        return sent

    def _repeat(self, call: Callable[[float], None]) -> None:
        """Make a call that may be made again until it is answered. Raises KafkaException, or KafkaFailed when time is up."""
        while True:
            try:
                return call(min(_CALL_SECONDS, self._connection.remaining("the coordinator of transactions")))
            except self._connection.library.KafkaException as failure:
                if not failure.args[0].retriable():
                    raise
                self._producer.poll(0)
                self._connection.raise_lasting_problem()

    def _abort(self) -> None:
        """Abort as far as possible: the brokers themselves abort an abandoned transaction after a while."""
        with suppress(self._connection.library.KafkaException):
            self._producer.abort_transaction(_CALL_SECONDS)

    def _is_refusal(self, error: KafkaError) -> bool:
        """Whether the broker, or the library before it sent anything, has rejected the record."""
        codes = self._connection.codes
        return error.code() in (
            codes.TOPIC_AUTHORIZATION_FAILED,
            codes.CLUSTER_AUTHORIZATION_FAILED,
            codes.MSG_SIZE_TOO_LARGE,
            codes.RECORD_LIST_TOO_LARGE,
            codes.INVALID_RECORD,
            codes.POLICY_VIOLATION,
            codes.UNKNOWN_TOPIC_OR_PART,
            codes._UNKNOWN_TOPIC,
            codes._UNKNOWN_PARTITION,
        )

    def _failure(self, error: KafkaError, topic: str) -> errors.KafkaFailed:
        """The exception when nothing was written."""
        codes, options = self._connection.codes, self._connection.options
        if error.code() in (codes._FENCED, codes.PRODUCER_FENCED, codes.INVALID_PRODUCER_EPOCH):
            return errors.fenced(options, topic)
        if error.code() in (codes.TOPIC_AUTHORIZATION_FAILED, codes.CLUSTER_AUTHORIZATION_FAILED):
            return errors.write_denied(options, topic)
        if error.code() == codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            return errors.transactional_id_denied(options, str(self._transactional_id))
        if error.code() in (codes.MSG_SIZE_TOO_LARGE, codes.RECORD_LIST_TOO_LARGE):
            return errors.too_large(options, topic)
        return errors.not_written(options, topic, self._connection.text_of(error))


@dataclass
class _Sent:
    """What became of records: how many are acknowledged, the errors of others, and why the waiting ended early."""

    acknowledged: int = 0
    errors: list[KafkaError] = field(default_factory=list)
    problem: str = ""

    @property
    def known(self) -> int:
        return self.acknowledged + len(self.errors)

    def note(self, error: KafkaError | None, message: Any) -> None:
        """Called by the library once for each record."""
        if error is None:
            self.acknowledged += 1
        else:
            self.errors.append(error)


def _settings(connection: Connection, transactional_id: str | None) -> dict[str, Any]:
    seconds = connection.options.timeout_seconds
    settings: dict[str, Any] = {
        "acks": "all",
        "enable.idempotence": True,
        # That of Java's producer; the library's own default would put a key of Connect's into another topic partition.
        "partitioner": "murmur2_random",
        "linger.ms": 0,
        "message.max.bytes": _LARGEST_BYTES,
    }
    if transactional_id is not None:
        seconds = min(seconds, _TRANSACTION_SECONDS)
        settings["transactional.id"] = transactional_id
        settings["transaction.timeout.ms"] = _milliseconds(seconds)
    return {**settings, "message.timeout.ms": _milliseconds(seconds)}


def _milliseconds(seconds: float) -> int:
    # The library takes no transaction that may last for less than a second.
    return int(max(seconds, 1.0) * 1000)
