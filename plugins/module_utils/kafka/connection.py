# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to Kafka: its settings, the cluster's metadata, the time limit, and what goes wrong with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

from ansible_collections.connectops.recovery.plugins.module_utils.kafka import errors
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

# The library's own types say that each part of an error may be None.
KafkaError = Any

# Called with a topic, how many of its positions have been passed, and how many there are to pass.
Progress = Callable[[str, int, int], None]

K = TypeVar("K")
V = TypeVar("V")

# Brokers that have returned no metadata in this time will not do so: the address is wrong, or a firewall drops packets.
_REACH_SECONDS = 10.0
# When all brokers refuse the connection, most often the port is wrong: report that soon.
_REFUSED_SECONDS = 1.0
_PAUSE_SECONDS = 0.1

_SILENT = logging.getLogger(__name__)
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class Connection:
    """The connection to the brokers of one Kafka cluster, for one task.

    The time limit of ``options.timeout_seconds`` starts now. Most methods may raise a
    :class:`~.errors.KafkaFailed`. Raises ImportError without ``confluent_kafka``.

    ``library`` is the module ``confluent_kafka``; ``consumer`` and ``admin`` are its clients. ``progress`` is called about
    once a second while a whole topic is read.
    """

    def __init__(self, options: KafkaOptions, progress: Progress | None = None) -> None:
        import confluent_kafka.admin

        self.library: Any = confluent_kafka
        self.codes: Any = confluent_kafka.KafkaError
        self.options = options
        self.progress = progress
        self._deadline = time.monotonic() + options.timeout_seconds
        self._problems: dict[int, str] = {}
        self._reached = False
        self.consumer = self.new_consumer()
        self.admin: Any = confluent_kafka.admin.AdminClient(self._settings())

    def close(self) -> None:
        """Close all connections."""
        self.consumer.close()

    # -----------------------------------------------------------------------------------------------------------------
    # Metadata

    @property
    def cluster_id(self) -> str:
        """The id of the Kafka cluster, the same as Connect's workers return."""
        return str(self.metadata().cluster_id)

    def partitions_by_topic(self, *, led: bool = False) -> dict[str, list[int]]:
        """The topic partitions of every topic that may be described; with ``led``, only those that have a leader."""
        return {
            name: sorted(number for number, found in topic.partitions.items() if found.leader >= 0 or not led)
            for name, topic in self.metadata().topics.items()
        }

    def partitions_of(self, topic: str, client: Any = None) -> list[int]:
        """The topic partitions of one topic. Raises TopicNotFound and AccessDenied. ``client``: see :meth:`metadata`."""
        found = self.metadata(topic, client).topics[topic]
        if found.error is not None:
            raise self.failure(found.error, f"the topic {topic}", topic=topic)
        return sorted(found.partitions)

    def replicas_of(self, topic: str) -> int:
        """How many replicas each of its topic partitions has, the most of any. Raises as :meth:`partitions_of`."""
        found = self.metadata(topic).topics[topic]
        if found.error is not None:
            raise self.failure(found.error, f"the topic {topic}", topic=topic)
        return max((len(one.replicas) for one in found.partitions.values()), default=0)

    def unwritable(self, topics: Sequence[str]) -> list[str]:
        """The topics that this user may not write to, as far as the brokers return this. Raises TopicNotFound."""
        admin = self.library.admin
        futures = self.admin.describe_topics(
            self.library.TopicCollection(list(topics)),
            include_authorized_operations=True,
            request_timeout=self.remaining("the permissions for topics"),
        )
        found, failed = self.results(futures)
        for topic, error in failed.items():
            raise self.failure(error, f"the topic {topic}", topic=topic)
        return [
            topic
            for topic in topics
            if not {admin.AclOperation.WRITE, admin.AclOperation.ALL}.intersection(
                found[topic].authorized_operations or [admin.AclOperation.ALL]
            )
        ]

    def metadata(self, topic: str | None = None, client: Any = None) -> Any:
        """The metadata of one topic or of all, once a broker has returned it; to ``client``, None for ``consumer``."""
        client = client or self.consumer
        began = time.monotonic()
        # Short at first, so that a problem with the connection is noticed soon.
        patience = 0.25
        while True:
            try:
                answer = client.list_topics(topic, timeout=min(patience, self.remaining("the list of topics")))
            except self.library.KafkaException as failure:
                error = failure.args[0]
            else:
                if not self._reached:
                    # With several servers, one that does not answer does not matter.
                    self._reached = True
                    self._problems.clear()
                return answer
            # Nothing is assigned while metadata is requested, so no message is lost.
            client.poll(0)
            self.raise_lasting_problem()
            waited = time.monotonic() - began
            refused = self.codes._ALL_BROKERS_DOWN in self._problems and waited >= _REFUSED_SECONDS
            if not self._reached and (refused or waited >= _REACH_SECONDS):
                raise errors.unreachable(self.options, self._reported())
            if error.code() not in (self.codes._TRANSPORT, self.codes._TIMED_OUT, self.codes._ALL_BROKERS_DOWN):
                raise self.failure(error, "the list of topics")
            patience *= 2

    def results(self, futures: Mapping[K, Future[V]]) -> tuple[dict[K, V], dict[K, KafkaError]]:
        """Wait for the admin client's requests: the answers, and the errors of those that failed."""
        found: dict[K, V] = {}
        failed: dict[K, KafkaError] = {}
        for key, future in futures.items():
            while key not in found and key not in failed:
                try:
                    found[key] = future.result(timeout=_PAUSE_SECONDS)
                except FutureTimeout:
                    self.admin.poll(0)
                    self.raise_lasting_problem()
                    self.remaining("the brokers' answers")
                except self.library.KafkaException as failure:
                    failed[key] = failure.args[0]
        return found, failed

    # -----------------------------------------------------------------------------------------------------------------
    # Time and problems

    def renew(self) -> None:
        """Let the time limit start again, for the next of several things that each may take as long."""
        self._deadline = time.monotonic() + self.options.timeout_seconds

    def remaining(self, what: str) -> float:
        """Seconds until the time limit. Raises TimedOut, which says that ``what`` was being read."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise self._timed_out(what)
        return seconds

    def raise_lasting_problem(self) -> None:
        """Raise a problem that waiting does not solve; the library itself would retry forever."""
        for code in (self.codes._AUTHENTICATION, self.codes._SSL):
            if code in self._problems:
                raise self._not_accepted(code, self._problems[code])

    def failure(
        self, error: KafkaError, what: str, *, topic: str | None = None, group: str | None = None
    ) -> errors.KafkaFailed:
        """The exception for an error of the library; ``what`` was to be read."""
        code, codes = error.code(), self.codes
        reported = self.text_of(error)
        if code in (codes._AUTHENTICATION, codes._SSL):
            return self._not_accepted(code, reported)
        if code in (codes.UNKNOWN_TOPIC_OR_PART, codes._UNKNOWN_TOPIC, codes._UNKNOWN_PARTITION):
            return errors.no_such_topic(self.options, topic or "", self.partitions_by_topic())
        if code == codes.TOPIC_AUTHORIZATION_FAILED:
            return errors.topic_denied(self.options, what, topic)
        if code == codes.GROUP_AUTHORIZATION_FAILED:
            return errors.group_denied(self.options, group)
        if code in (codes._TIMED_OUT, codes.REQUEST_TIMED_OUT):
            return self._timed_out(what)
        return errors.failed(self.options, what, reported, topic)

    def text_of(self, error: KafkaError) -> str:
        """An error of the library as messages quote it."""
        return errors.library_text(error.str(), self.options)

    def _on_error(self, error: KafkaError) -> None:
        self._problems[error.code()] = self.text_of(error)

    def _not_accepted(self, code: int, reported: str) -> errors.KafkaFailed:
        if code == self.codes._SSL:
            return errors.tls_failed(self.options, reported)
        return errors.login_refused(self.options, reported)

    def _timed_out(self, what: str) -> errors.TimedOut:
        return errors.timed_out(self.options, what, self._reported())

    def _reported(self) -> str:
        """What was reported about the connections, without the library's summary of it."""
        summary = self.codes._ALL_BROKERS_DOWN
        return "; ".join(dict.fromkeys(text for code, text in self._problems.items() if code != summary))

    # -----------------------------------------------------------------------------------------------------------------
    # The library's clients

    def new_consumer(self, **settings: Any) -> Any:
        """Create another consumer with additional ``settings`` of the library. The caller must close it."""
        return self.library.Consumer(
            {
                **self._settings(),
                # The library requires the name of a group; assign() alone joins none.
                "group.id": "connectops.recovery",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "allow.auto.create.topics": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                # The end of a topic partition is known from a fetch that finds nothing, which waits as long as this.
                "fetch.wait.max.ms": 10,
                # When its queue is full the library pauses for a second by default: most of the time of a reading.
                "fetch.queue.backoff.ms": 1,
                "queued.max.messages.kbytes": 8_192,
                "fetch.max.bytes": 8_388_608,
                **settings,
            }
        )

    def new_producer(self, **settings: Any) -> Any:
        """Create a producer with additional ``settings`` of the library; see :mod:`.writing`, the only user of it."""
        return self.library.Producer(
            {
                **self._settings(),
                "allow.auto.create.topics": False,
                # A broken producer is reported by an exception; without this also on standard error, at any log level.
                "logger": _SILENT,
                **settings,
            }
        )

    def _settings(self) -> dict[str, Any]:
        options = self.options
        settings = {
            "bootstrap.servers": ",".join(options.bootstrap_servers),
            "client.id": "connectops.recovery",
            "security.protocol": options.security_protocol,
            "sasl.mechanism": options.sasl_mechanism,
            "sasl.username": options.sasl_username,
            "sasl.password": options.sasl_password,
            "ssl.ca.location": options.ca_path,
            "ssl.certificate.location": options.client_cert,
            "ssl.key.location": options.client_key or options.client_cert,
            "enable.ssl.certificate.verification": None if options.validate_certs else False,
            "error_cb": self._on_error,
            # The library would write to standard error; what matters arrives by the callback.
            "log_level": 0,
        }
        return {name: value for name, value in settings.items() if value is not None}
