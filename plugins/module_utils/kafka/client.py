# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to Kafka. Only reads: no group is joined, nothing is committed, no topic is created."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.judge import SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import java_hash_code
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import scrubbed
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean, nearest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

# The library's own types say of everything in a message that it may be None.
Message = Any
KafkaError = Any

# How many offsets have been passed, and how many there are to pass.
Progress = Callable[[int, int], None]

K = TypeVar("K")
V = TypeVar("V")

# Metadata that has not come in this time will not come: a wrong address, or a firewall.
_REACH_SECONDS = 10.0
# All brokers refuse the connection: most often a wrong port, which is to be told soon.
_REFUSED_SECONDS = 1.0
# A transaction of an exactly-once connector is open for some milliseconds; one that is open for longer hangs.
_TRANSACTION_SECONDS = 2.0
# A topic that is new or whose broker is restarted has another leader soon.
_LEADERLESS_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_PROGRESS_SECONDS = 1.0
_MOST_MESSAGES_AT_ONCE = 1_000
# What a look at a topic reads of each of its topic partitions to tell what it is.
_SAMPLE = 50

_GROUP_OFFSETS = "__consumer_offsets"
_NEVER_CONNECT = frozenset({_GROUP_OFFSETS, "__transaction_state", "__share_group_state"})
_CONFIG_KEYS = (b"connector-", b"commit-", b"task-", b"target-state-", b"session-key")
# A name that every writer of JSON spells alike, so that it can be looked for in a key that is not decoded.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._ -]+")
_LIBRARY_WORDS = re.compile(
    r"(?:\w+://)?(?P<broker>[^/\s]+)/(?:bootstrap|\d+): (?P<words>.*?)(?: \(after \d+ms in state [^()]*(?:\([^()]*\))?[^()]*\))?",
    re.DOTALL,
)


# ---------------------------------------------------------------------------------------------------------------------
# What can go wrong


class KafkaFailed(RecoveryError):
    """Kafka could not do what it was asked. Facts where known: ``topic`` (str), ``group`` (str)."""


class Unreachable(KafkaFailed):
    """No broker could be connected to: refused, unknown host name, or no answer in time."""


class TlsFailed(KafkaFailed):
    """The TLS handshake failed: certificate not trusted, wrong name, client certificate refused, or no TLS at all."""


class AccessDenied(KafkaFailed):
    """The login is wrong, or it may not do this."""


class TopicNotFound(KafkaFailed):
    """There is no such topic, or it could not be told which one it is. Further facts: ``nearest`` (list of str)."""


class TimedOut(KafkaFailed):
    """The time for all that the task does with Kafka was used up."""


# ---------------------------------------------------------------------------------------------------------------------
# What is read


@dataclass(frozen=True)
class OffsetsTopic:
    """The last record of every key of an offsets topic; the same key in two topic partitions is two records.

    ``records`` are in order of topic partition and position, tombstones included. ``scanned``: how many records were
    read. ``malformed``: last records that Connect would skip. ``ends``: by topic partition, the end that was
    recorded at the start; nothing from there on was looked at. ``held_back``: by topic partition, how many positions
    before that end are hidden by a transaction that stays open; Connect cannot read them either.
    """

    topic: str
    records: tuple[OffsetRecord, ...]
    scanned: int
    malformed: int
    ends: Mapping[int, int]
    held_back: Mapping[int, int]


@dataclass(frozen=True)
class StoredConnector:
    """A connector as its cluster's config topic has it; ``config`` has secrets in clear.

    ``target_state`` is what is wanted, in Connect's own words: STARTED, PAUSED or STOPPED.
    """

    config: Mapping[str, str] = field(repr=False)
    target_state: str = "STARTED"

    @property
    def offsets_topic(self) -> str | None:
        """The offsets topic of its own, if it has one."""
        return self.config.get("offsets.storage.topic") or None


class _Place(NamedTuple):
    topic: str
    number: int


class _Span(NamedTuple):
    """What is read of a topic partition: positions from ``begin`` to before ``stop``; it ended with ``end``."""

    begin: int
    stop: int
    end: int


# ---------------------------------------------------------------------------------------------------------------------


class KafkaClient:
    """The brokers of one Kafka cluster for the length of one task.

    The deadline of ``options.timeout_seconds`` begins with the client. Every method may raise a :class:`KafkaFailed`.
    ``progress`` is called about once a second while a topic is read. Raises ImportError without ``confluent_kafka``.
    """

    def __init__(self, options: KafkaOptions, progress: Progress | None = None) -> None:
        import confluent_kafka.admin

        self._kafka: Any = confluent_kafka
        self._codes: Any = confluent_kafka.KafkaError
        self._options = options
        self._progress = progress
        self._deadline = time.monotonic() + options.timeout_seconds
        self._trouble: dict[int, str] = {}
        self._reached = False
        self._samples: dict[str, list[bytes]] | None = None
        self._consumer = self._new_consumer()
        self._admin = self._new_admin()

    def __enter__(self) -> KafkaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._consumer.close()

    # -----------------------------------------------------------------------------------------------------------------
    # Reads

    @property
    def cluster_id(self) -> str:
        """The id of the Kafka cluster, as Connect's workers give it, too."""
        return str(self._metadata().cluster_id)

    def read_offsets(self, topic: str, connectors: Collection[str] | None = None) -> OffsetsTopic:
        """Read an offsets topic to the end that it has now; of the given connectors only, None for all.

        Memory is bounded by the live keys of these connectors. A record of another connector counts as ``scanned``
        alone.
        """
        messages, scanned, spans = self._last_messages(topic, wanted=_may_concern(connectors))
        decoded = [_record(message) for message in messages]
        return OffsetsTopic(
            topic,
            tuple(record for record in decoded if record and (connectors is None or record.connector in connectors)),
            scanned,
            decoded.count(None),
            ends={number: span.end for number, span in spans.items()},
            held_back={number: span.end - span.stop for number, span in spans.items() if span.stop < span.end},
        )

    def read_config_topic(self, topic: str) -> dict[str, StoredConnector]:
        """The connectors that a cluster's config topic has, by name and in order of it. Needs no Connect worker."""
        configs: dict[str, dict[str, str]] = {}
        states: dict[str, str] = {}
        # The other keys are of no interest, and one of them holds the key that the workers sign with.
        for message in self._last_messages(topic, wanted=lambda key: key.startswith((b"connector-", b"target-state-")))[
            0
        ]:
            key, value = (message.key() or b"").decode(errors="replace"), _object(message.value())
            if key.startswith("connector-") and isinstance(value.get("properties"), dict):
                properties = value["properties"].items()
                configs[key.removeprefix("connector-")] = {
                    name: str(text) for name, text in properties if text is not None
                }
            elif key.startswith("target-state-"):
                # The second field came with STOPPED, which older workers are shown as PAUSED.
                states[key.removeprefix("target-state-")] = str(
                    value.get("state.v2") or value.get("state") or "STARTED"
                )
        return {name: StoredConnector(configs[name], states.get(name, "STARTED")) for name in sorted(configs)}

    def group_positions(self, group: str, topics: Collection[str] = ()) -> tuple[SinkPosition, ...]:
        """How far a consumer group is, by topic and topic partition.

        Of each topic that the group has committed to, and of those of ``topics`` that exist, every topic partition is
        told. When a commit was made is known only where ``__consumer_offsets`` may be read; since when records wait, and that
        none does, only where their topic may be.
        """
        committed = self._committed(group)
        partitions = self._partitions_by_topic()
        places = [
            _Place(topic, number)
            for topic in sorted({place.topic for place in committed} | set(topics))
            for number in partitions.get(topic, ())
        ]
        begins, ends = self._list_offsets(places, "earliest"), self._list_offsets(places, "latest")
        times = self._commit_times(group, partitions) if committed else {}
        nexts = {place: max(begins[place], committed.get(place, 0)) for place in places}
        waiting = self._first_messages({place: at for place, at in nexts.items() if at < ends[place]}, 1)
        return tuple(
            SinkPosition(
                *place,
                committed.get(place),
                # The marker behind a transaction's last record is never committed, and is no record that waits.
                committed[place] if place in committed and waiting.get(place) == [] else ends[place],
                times.get(place),
                _moment(waiting[place][0]) if waiting.get(place) else None,
            )
            for place in places
        )

    # -----------------------------------------------------------------------------------------------------------------
    # Which topics are the cluster's

    def find_config_topic(self, connectors: Collection[str]) -> str:
        """The config topic of the cluster that has the given connectors: the option, else found by what is in it.

        Without connectors the brokers must have one config topic only. Raises :class:`TopicNotFound` where it remains
        unclear.
        """
        if self._options.config_topic:
            return self._options.config_topic
        held = {topic: len(set(known) & set(connectors)) for topic, known in self._config_topics().items()}
        return self._chosen(held, connectors, "config_topic", "configurations")

    def find_offsets_topic(self, connectors: Collection[str]) -> str:
        """The worker-global offsets topic of the cluster that has the given connectors: the option, else found.

        Connectors' own offsets topics are told from it by the configurations, where the config topic may be read. A cluster
        none of whose connectors has stored an offset yet cannot be found. Raises :class:`TopicNotFound` where it remains
        unclear.
        """
        if self._options.offsets_topic:
            return self._options.offsets_topic
        clusters = self._config_topics()
        dedicated = {stored.offsets_topic for known in clusters.values() for stored in known.values()}
        candidates = {
            topic: names
            for topic, keys in self._sampled().items()
            if topic not in dedicated and (names := {record.connector for key in keys if (record := _key_record(key))})
        }
        # A connector that never stored an offset is found by those of its cluster that did.
        same_cluster = {name for known in clusters.values() if set(known) & set(connectors) for name in known}
        held: dict[str, int] = {}
        for names in filter(None, (set(connectors), same_cluster)):
            held = {topic: self._count_held(topic, seen, names, len(candidates)) for topic, seen in candidates.items()}
            if any(held.values()):
                break
        return self._chosen(held or dict.fromkeys(candidates, 0), connectors, "offsets_topic", "offsets")

    def _count_held(self, topic: str, seen: set[str], names: set[str], candidates: int) -> int:
        """How many of the names a topic holds; the only candidate need not be read where the sample shows one of them."""
        if candidates == 1 and seen & names:
            return len(seen & names)
        return len({record.connector for record in self.read_offsets(topic, names).records})

    def _chosen(self, held: Mapping[str, int], connectors: Collection[str], option: str, what: str) -> str:
        most = max(held.values(), default=0)
        best = sorted(topic for topic, count in held.items() if count == most)
        if len(best) == 1 and (most or not connectors):
            return best[0]
        setting = f"{'offset' if option == 'offsets_topic' else 'config'}.storage.topic"
        of = f"{what} of {' or '.join(sorted(connectors)[:3])}" if connectors else f"{what} of connectors"
        if not best or (connectors and not most):
            words = f"No topic on {self._options.brokers} that can be read holds {of}"
        else:
            words = f"The topics {' and '.join(best)} on {self._options.brokers} all hold {of}"
        raise TopicNotFound(f"{words}: set {option} to the {setting} of the workers.", nearest=best)

    def _config_topics(self) -> dict[str, dict[str, StoredConnector]]:
        return {
            topic: self.read_config_topic(topic)
            for topic, keys in self._sampled().items()
            if any(key.startswith(_CONFIG_KEYS) for key in keys) and len(self._topic_partitions(topic)) == 1
        }

    def _sampled(self) -> dict[str, list[bytes]]:
        """Some keys of each compacted topic that may be read."""
        if self._samples is None:
            # What no broker leads now cannot be read, and most likely is no topic of Connect's.
            partitions = self._partitions_by_topic(led=True)
            names = self._compacted(sorted(set(partitions) - _NEVER_CONNECT))
            self._samples = {topic: [] for topic in names}
            places = [_Place(topic, number) for topic in names for number in partitions[topic]]
            for place, messages in self._first_messages(self._list_offsets(places, "earliest"), _SAMPLE).items():
                self._samples[place.topic] += [message.key() or b"" for message in messages]
        return self._samples

    def _compacted(self, topics: Sequence[str]) -> list[str]:
        if not topics:
            return []
        resources = [self._kafka.admin.ConfigResource(self._kafka.admin.ResourceType.TOPIC, topic) for topic in topics]
        futures = self._admin.describe_configs(resources, request_timeout=self._remaining("the topics' settings"))
        found, denied = self._results({resource.name: future for resource, future in futures.items()})
        if denied and not found:
            raise AccessDenied(
                f"{self._user} may not see the settings of topics of Kafka at {self._options.brokers}, so Connect's topics "
                "cannot be found: set offsets_topic and config_topic, or allow it DescribeConfigs on the topics."
            )
        return sorted(topic for topic, settings in found.items() if "compact" in settings["cleanup.policy"].value)

    # -----------------------------------------------------------------------------------------------------------------
    # Consumer groups

    def _committed(self, group: str) -> dict[_Place, int]:
        what = f"the offsets of the group {group}"
        self._metadata()
        futures = self._admin.list_consumer_group_offsets(
            [self._kafka.ConsumerGroupTopicPartitions(group)], request_timeout=self._remaining(what)
        )
        found, failed = self._results(futures)
        for error in failed.values():
            raise self._failure(error, what, group=group)
        return {
            _Place(entry.topic, entry.partition): entry.offset
            for answer in found.values()
            for entry in answer.topic_partitions
            if entry.offset >= 0
        }

    def _commit_times(self, group: str, partitions: Mapping[str, Sequence[int]]) -> dict[_Place, float]:
        """When (epoch seconds) the group committed, from the one topic partition where the broker keeps its commits."""
        count = len(partitions.get(_GROUP_OFFSETS, ()))
        if not count:
            return {}
        name = group.encode()
        head = struct.pack(">h", len(name)) + name
        # Version 0 was written by brokers before 0.9; both have the same fields.
        heads = (b"\0\1" + head, b"\0\0" + head)
        try:
            messages = self._last_messages(
                _GROUP_OFFSETS,
                wanted=lambda key: key.startswith(heads),
                only=_hash_of_group(group) % count,
            )[0]
        except (AccessDenied, TopicNotFound):
            return {}
        times: dict[_Place, float] = {}
        for message in messages:
            if message.value() is not None:
                rest = message.key()[2 + len(head) :]
                (length,) = struct.unpack_from(">h", rest)
                (number,) = struct.unpack_from(">i", rest, 2 + length)
                times[_Place(rest[2 : 2 + length].decode(), number)] = _moment(message)
        return times

    # -----------------------------------------------------------------------------------------------------------------
    # Reading topics

    def _last_messages(
        self, topic: str, *, wanted: Callable[[bytes], Any] = lambda key: True, only: int | None = None
    ) -> tuple[list[Message], int, dict[int, _Span]]:
        """The last message of each key that is wanted, by topic partition and position; the count of those read."""
        numbers = self._topic_partitions(topic)
        spans = self._spans([_Place(topic, number) for number in numbers if only in (None, number)])
        stops = {place.number: span.stop for place, span in spans.items()}
        last: dict[int, dict[bytes, Message]] = {number: {} for number in stops}
        scanned = 0
        # Nothing but this is done for each message: what is not the last of its key is never looked at again.
        for batch in self._batches(self._consumer, spans, f"the topic {topic}"):
            for message in batch:
                number = message.partition()
                if message.offset() < stops[number]:
                    scanned += 1
                    key = message.key() or b""
                    known = last[number]
                    if key in known or wanted(key):
                        known[key] = message
        messages = [
            message for number in sorted(last) for message in sorted(last[number].values(), key=lambda m: m.offset())
        ]
        return messages, scanned, {place.number: span for place, span in spans.items()}

    def _first_messages(self, starts: Mapping[_Place, int], count: int) -> dict[_Place, list[Message]]:
        """The first messages from a position on, at least ``count`` where there are so many.

        What may not be read is left out. Aborted messages are among them, transaction markers are not.
        """
        ends = self._list_offsets(list(starts), "latest")
        spans = {place: _Span(start, ends[place], ends[place]) for place, start in starts.items()}
        found: dict[_Place, list[Message]] = {place: [] for place in starts}
        denied: set[_Place] = set()
        # There may be thousands of topic partitions, of each of which only little is of interest.
        settings = {"isolation.level": "read_uncommitted", "fetch.message.max.bytes": 16_384}
        consumer = self._new_consumer(**settings)
        try:
            for batch in self._batches(
                consumer, spans, "the beginnings of topics", lambda place: len(found[place]) >= count, denied
            ):
                for message in batch:
                    found[_Place(message.topic(), message.partition())].append(message)
        finally:
            consumer.close()
        return {place: messages for place, messages in found.items() if place not in denied}

    def _batches(
        self,
        consumer: Any,
        spans: Mapping[_Place, _Span],
        what: str,
        enough: Callable[[_Place], bool] = lambda place: False,
        denied: set[_Place] | None = None,
    ) -> Iterator[list[Message]]:
        """Messages until every span is passed, or ``enough`` of it was read; some at or behind its stop may be among them.

        What may not be read is added to ``denied``; without that it is a failure.
        """
        reached = {place: span.begin for place, span in spans.items()}
        waiting = {place for place, span in spans.items() if span.begin < span.stop}
        total = sum(spans[place].stop - spans[place].begin for place in waiting)
        told = time.monotonic()
        consumer.assign([self._kafka.TopicPartition(*place, spans[place].begin) for place in waiting])
        try:
            while waiting:
                self._remaining(what)
                left = sum(spans[place].stop - reached[place] for place in waiting)
                batch = consumer.consume(min(_MOST_MESSAGES_AT_ONCE, left), _PAUSE_SECONDS)
                events = [message for message in batch if message.error() is not None]
                done = self._ended(events, what, denied)
                yield [message for message in batch if message.error() is None] if events else batch
                if not batch:
                    self._raise_hard_trouble()
                for position in consumer.position([self._kafka.TopicPartition(*place) for place in waiting]):
                    place = _Place(position.topic, position.partition)
                    reached[place] = max(reached[place], position.offset)
                    if reached[place] >= spans[place].stop or enough(place):
                        done.add(place)
                waiting -= done
                if done and waiting:
                    consumer.incremental_unassign([self._kafka.TopicPartition(*place) for place in done])
                if self._progress and time.monotonic() - told >= _PROGRESS_SECONDS:
                    told = time.monotonic()
                    self._progress(total - sum(spans[place].stop - reached[place] for place in waiting), total)
        finally:
            consumer.unassign()

    def _ended(self, events: Sequence[Message], what: str, denied: set[_Place] | None) -> set[_Place]:
        """The topic partitions of which no more will come; raises what else the library has to tell.

        By the event of its end a span is passed whose last positions hold no message, or are lost since they were listed.
        """
        ended = set()
        for event in events:
            error = event.error()
            place = _Place(event.topic(), event.partition())
            if error.code() == self._codes._PARTITION_EOF:
                ended.add(place)
            elif error.code() == self._codes.TOPIC_AUTHORIZATION_FAILED and denied is not None:
                denied.add(place)
                ended.add(place)
            # The library asks for the coordinator of its group, for which nothing here has any use.
            elif error.code() != self._codes.GROUP_AUTHORIZATION_FAILED:
                raise self._failure(error, what, topic=event.topic())
        return ended

    def _spans(self, places: Sequence[_Place]) -> dict[_Place, _Span]:
        """What there is to read now. What an open transaction hides is waited for a while, then left out."""
        begins = self._list_offsets(places, "earliest")
        ends = self._list_offsets(places, "latest")
        give_up = time.monotonic() + _TRANSACTION_SECONDS
        while True:
            stable = self._list_offsets(places, "latest", committed_only=True)
            if all(stable[place] >= ends[place] for place in places) or time.monotonic() >= give_up:
                return {place: _Span(begins[place], min(ends[place], stable[place]), ends[place]) for place in places}
            time.sleep(_PAUSE_SECONDS)

    def _list_offsets(self, places: Sequence[_Place], which: str, *, committed_only: bool = False) -> dict[_Place, int]:
        if not places:
            return {}
        specs, levels = self._kafka.admin.OffsetSpec, self._kafka.IsolationLevel
        spec = specs.earliest() if which == "earliest" else specs.latest()
        give_up = time.monotonic() + _LEADERLESS_SECONDS
        answers: dict[_Place, Any] = {}
        while True:
            futures = self._admin.list_offsets(
                {self._kafka.TopicPartition(*place): spec for place in places if place not in answers},
                isolation_level=levels.READ_COMMITTED if committed_only else levels.READ_UNCOMMITTED,
                request_timeout=self._remaining("the ends of the topics"),
            )
            found, failed = self._results({_Place(key.topic, key.partition): future for key, future in futures.items()})
            answers.update(found)
            if not failed:
                return {place: answers[place].offset for place in places}
            passing = (self._codes.NOT_LEADER_FOR_PARTITION, self._codes.LEADER_NOT_AVAILABLE)
            for place, error in failed.items():
                if error.code() not in passing or time.monotonic() >= give_up:
                    raise self._failure(error, f"the ends of the topic {place.topic}", topic=place.topic)
            time.sleep(_PAUSE_SECONDS)

    # -----------------------------------------------------------------------------------------------------------------
    # Metadata

    def _partitions_by_topic(self, *, led: bool = False) -> dict[str, list[int]]:
        """The topic partitions of every topic that may be described; with ``led``, those that have a leader."""
        return {
            name: sorted(number for number, found in topic.partitions.items() if found.leader >= 0 or not led)
            for name, topic in self._metadata().topics.items()
        }

    def _topic_partitions(self, topic: str) -> list[int]:
        found = self._metadata(topic).topics[topic]
        if found.error is not None:
            raise self._failure(found.error, f"the topic {topic}", topic=topic)
        return sorted(found.partitions)

    def _metadata(self, topic: str | None = None) -> Any:
        began = time.monotonic()
        # Short at first, so that what goes wrong with the connection is heard of soon.
        patience = 0.25
        while True:
            try:
                answer = self._consumer.list_topics(topic, timeout=min(patience, self._remaining("the list of topics")))
            except self._kafka.KafkaException as failure:
                error = failure.args[0]
            else:
                if not self._reached:
                    # One of several servers that did not answer is of no account.
                    self._reached = True
                    self._trouble.clear()
                return answer
            # Nothing is assigned while metadata is asked for, so that there is no message to lose.
            self._consumer.poll(0)
            self._raise_hard_trouble()
            waited = time.monotonic() - began
            refused = self._codes._ALL_BROKERS_DOWN in self._trouble and waited >= _REFUSED_SECONDS
            if not self._reached and (refused or waited >= _REACH_SECONDS):
                raise self._unreachable()
            if error.code() not in (
                self._codes._TRANSPORT,
                self._codes._TIMED_OUT,
                self._codes._ALL_BROKERS_DOWN,
            ):
                raise self._failure(error, "the list of topics")
            patience *= 2

    def _results(self, futures: Mapping[K, Future[V]]) -> tuple[dict[K, V], dict[K, KafkaError]]:
        """What was answered, and what failed."""
        found: dict[K, V] = {}
        failed: dict[K, KafkaError] = {}
        for key, future in futures.items():
            while key not in found and key not in failed:
                try:
                    found[key] = future.result(timeout=_PAUSE_SECONDS)
                except FutureTimeout:
                    self._admin.poll(0)
                    self._raise_hard_trouble()
                    self._remaining("the brokers' answers")
                except self._kafka.KafkaException as failure:
                    failed[key] = failure.args[0]
        return found, failed

    # -----------------------------------------------------------------------------------------------------------------
    # Time and trouble

    def _remaining(self, what: str) -> float:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise self._timed_out(what)
        return seconds

    def _on_error(self, error: KafkaError) -> None:
        self._trouble[error.code()] = self._library_words(error)

    def _raise_hard_trouble(self) -> None:
        """Raise what no waiting will heal; the library itself would try again for ever."""
        for code in (self._codes._AUTHENTICATION, self._codes._SSL):
            if code in self._trouble:
                raise self._trouble_failure(code, self._trouble[code])

    def _trouble_failure(self, code: int, words: str) -> KafkaFailed:
        brokers = self._options.brokers
        if code != self._codes._SSL:
            return AccessDenied(
                f"Kafka at {brokers} does not accept the login ({words}): check kafka_sasl_mechanism, "
                "kafka_sasl_username and kafka_sasl_password."
            )
        return TlsFailed(_tls_sentence(brokers, words))

    def _unreachable(self) -> KafkaFailed:
        words = self._trouble_words()
        if "SSL" in words:
            return TlsFailed(_tls_sentence(self._options.brokers, words))
        return Unreachable(
            f"No Kafka broker can be reached at {self._options.brokers} ({words or 'no usable answer'}): check "
            "kafka_bootstrap_servers and kafka_security_protocol, and whether brokers listen there."
        )

    def _trouble_words(self) -> str:
        """What was heard of the connections, without the library's summary of it."""
        summary = self._codes._ALL_BROKERS_DOWN
        return "; ".join(dict.fromkeys(words for code, words in self._trouble.items() if code != summary))

    def _timed_out(self, what: str) -> KafkaFailed:
        trouble = self._trouble_words()
        return TimedOut(
            f"Kafka at {self._options.brokers} did not give all of {what} within kafka_timeout "
            f"({self._options.timeout_seconds:g} s){f' ({trouble})' if trouble else ''}: set a longer one, and check "
            "that the addresses that the brokers advertise can be reached from here."
        )

    def _failure(
        self, error: KafkaError, what: str, *, topic: str | None = None, group: str | None = None
    ) -> KafkaFailed:
        code = error.code()
        brokers = self._options.brokers
        if code in (self._codes._AUTHENTICATION, self._codes._SSL):
            return self._trouble_failure(code, self._library_words(error))
        if code in (
            self._codes.UNKNOWN_TOPIC_OR_PART,
            self._codes._UNKNOWN_TOPIC,
            self._codes._UNKNOWN_PARTITION,
        ):
            topics = self._partitions_by_topic()
            hint = did_you_mean(topic or "", topics, "check its name.")
            message = f'Kafka at {brokers} has no topic "{topic}": {hint}'
            return TopicNotFound(message, topic=topic, nearest=nearest(topic or "", topics))
        if code == self._codes.TOPIC_AUTHORIZATION_FAILED:
            at = f'the topic "{topic}"' if topic else what
            return AccessDenied(
                f"{self._user} may not read {at} of Kafka at {brokers}: allow it Read and Describe on the topic, "
                "or name a user that may.",
                topic=topic,
            )
        if code == self._codes.GROUP_AUTHORIZATION_FAILED:
            return AccessDenied(
                f'{self._user} may not look at the consumer group "{group}" of Kafka at {brokers}: allow it Describe on '
                "the group.",
                group=group,
            )
        if code in (self._codes._TIMED_OUT, self._codes.REQUEST_TIMED_OUT):
            return self._timed_out(what)
        return KafkaFailed(f"Kafka at {brokers} did not give {what}: {self._library_words(error)}.", topic=topic)

    @property
    def _user(self) -> str:
        return f"The user {self._options.sasl_username}" if self._options.sasl_username else "This client"

    def _library_words(self, error: KafkaError) -> str:
        """The library's own words, without its internals, on one line."""
        words = scrubbed(error.str(), filter(None, (self._options.sasl_password,)))
        found = _LIBRARY_WORDS.fullmatch(words)
        if found:
            words = f"{found['broker']}: {found['words']}"
        return " ".join(words.split()).rstrip(".")

    # -----------------------------------------------------------------------------------------------------------------
    # The library

    def _new_consumer(self, **settings: Any) -> Any:
        return self._kafka.Consumer(
            {
                **self._common_settings(),
                # The library asks for the name of a group; with assign() alone none is joined.
                "group.id": "connectops.recovery",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "allow.auto.create.topics": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                # The end of a topic partition is known from a fetch that found nothing, which waits as long as this.
                "fetch.wait.max.ms": 10,
                # A full queue makes the library rest for a second by default, which is most of the time it takes.
                "fetch.queue.backoff.ms": 1,
                "queued.max.messages.kbytes": 8_192,
                "fetch.max.bytes": 8_388_608,
                **settings,
            }
        )

    def _new_admin(self) -> Any:
        return self._kafka.admin.AdminClient(self._common_settings())

    def _common_settings(self) -> dict[str, Any]:
        options = self._options
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
            # It would write to standard error; what matters comes by the callback.
            "log_level": 0,
        }
        return {name: value for name, value in settings.items() if value is not None}


def _tls_sentence(brokers: str, words: str) -> str:
    if "certificate verify failed" in words:
        return (
            f"The certificate of Kafka at {brokers} is not trusted, or made for another host: set kafka_ca_path to that "
            "of the CA that signed it, and write the brokers as the certificate has them."
        )
    return (
        f"TLS with Kafka at {brokers} failed ({words}): check kafka_security_protocol, and if the brokers ask for a "
        "certificate, kafka_client_cert."
    )


def _may_concern(connectors: Collection[str] | None) -> Callable[[bytes], Any]:
    """A quick test of an undecoded key that passes all keys of these connectors, and few others."""
    if connectors is None or not all(_PLAIN_NAME.fullmatch(name) for name in connectors):
        return lambda key: True
    return re.compile(b"|".join(re.escape(f'"{name}"'.encode()) for name in sorted(connectors))).search


def _record(message: Message) -> OffsetRecord | None:
    return decode(
        message.topic(), message.partition(), message.offset(), _moment(message), message.key(), message.value()
    )


def _moment(message: Message) -> float:
    """When it was written, epoch seconds."""
    return float(message.timestamp()[1]) / 1000


def _key_record(key: bytes) -> OffsetRecord | None:
    return decode("", 0, 0, 0.0, key, None)


def _object(data: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads((data or b"").decode())
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _hash_of_group(group: str) -> int:
    """The absolute value of Java's hash code of a group's name, as brokers take it to choose the group's topic partition."""
    code = java_hash_code(group)
    signed = code - (1 << 32) if code >> 31 else code
    return 0 if signed == -(1 << 31) else abs(signed)
