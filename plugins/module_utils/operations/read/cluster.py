# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as its REST API shows it and as its offsets topics show it, side by side.

Each of the two works without the other: the topics can be read while a worker is down or older than 3.5, and REST can be
read without access to Kafka. What one of them could not say is reported, never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError, NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, without_hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    SinkPosition,
    Snapshot,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.findings import (
    Finding,
    compare,
    offsets_from_records,
    with_commit_times,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import did_you_mean
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import (
    OTHER_CLUSTER,
    show_progress,
)
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import (
    KafkaFailed,
    TimedOut,
    TopicNotFound,
    demand_cluster,
    may_be_elsewhere,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import (
    read_offsets,
    read_snapshot,
    workers_now,
)
from ansible_collections.connectops.recovery.plugins.module_utils.options.kafka import KafkaOptions

# Kafka's own source connectors whose class names do not say what they are; MirrorMaker's settings name topics.
_SOURCE_CLASSES = frozenset({"MirrorCheckpointConnector", "MirrorHeartbeatConnector"})
# With it a sink connector may read another Kafka cluster than that of the workers.
_OTHER_CLUSTER_OF_SINK = "consumer.override.bootstrap.servers"


@dataclass(frozen=True)
class ClusterViews:
    """What was read of a cluster. Connectors' offsets carry the times at which they were stored where those are known.

    By name of the connector: ``records`` (its live offset records, tombstones included, of every topic that was read),
    ``findings`` (where REST and the topics disagree), ``sinks`` (how far a sink connector's group has come).
    ``sources`` says of each source, ``rest`` and ``topic``, whether it was read, or why not.
    """

    snapshot: Snapshot
    records: Mapping[str, tuple[OffsetRecord, ...]]
    findings: Mapping[str, tuple[Finding, ...]]
    sinks: Mapping[str, tuple[SinkPosition, ...]]
    sources: Mapping[str, Mapping[str, Any]]
    warnings: tuple[str, ...]


def read_views(
    client: Cluster,
    kafka_options: KafkaOptions | None,
    names: Sequence[str],
    now: float,
    progress: Callable[[str], None],
) -> ClusterViews:
    """Read the named connectors, or all of the cluster, from both sources. Raises RecoveryError when neither can be read.

    ``now`` is epoch seconds; ``progress`` is called with a sentence on how far a long read has come.
    """
    if kafka_options is None:
        snapshot, warnings = _over_rest(client, names, now, with_offsets=True)
        return ClusterViews(snapshot, {}, {}, {}, {"rest": _READ, "topic": _NOT_ASKED}, warnings)
    try:
        snapshot, warnings = _over_rest(client, names, now, with_offsets=client.supports("GET", "offsets"))
    except NotFound:
        raise
    except ConnectError as error:
        if not (names or kafka_options.config_topic or kafka_options.offsets_topic):
            # The only config topic on the brokers may be another cluster's.
            raise RecoveryError(
                f"{error.sentence} Set connectops_config_topic to the config.storage.topic of the workers, so that the "
                f"connectors of this cluster can be read from Kafka at {kafka_options.brokers} instead."
            ) from None
        try:
            return _with_topics(client, None, error.sentence, kafka_options, names, now, progress)
        except KafkaFailed as failure:
            raise RecoveryError(f"{error.sentence} {failure.sentence}") from None
    try:
        views = _with_topics(client, snapshot, None, kafka_options, names, now, progress)
    except KafkaFailed as failure:
        sources = {"rest": _READ, "topic": {"read": False, "problem": failure.sentence}}
        return ClusterViews(
            snapshot, {}, {}, {}, sources, (*warnings, f"The offsets topic was not read: {failure.sentence}")
        )
    return replace(views, warnings=(*warnings, *views.warnings))


def _over_rest(
    client: Cluster, names: Sequence[str], now: float, *, with_offsets: bool
) -> tuple[Snapshot, tuple[str, ...]]:
    """The snapshot, as of the worker's time, and warnings."""
    snapshot = read_snapshot(client, names, now, with_offsets=with_offsets)
    now, warnings = workers_now(client, now)
    return replace(snapshot, read_at=now), warnings


_READ: Mapping[str, Any] = {"read": True, "problem": None}
_NOT_ASKED: Mapping[str, Any] = {"read": False, "problem": None}


@dataclass(frozen=True)
class _Topics:
    """What was read of Kafka. ``common`` is the workers' offsets topic; ``read`` describes each topic that was read.

    ``unread``: why the topic of a connector's own could not be read; such a connector is not in ``records``.
    """

    common: str | None
    records: Mapping[str, list[OffsetRecord]]
    unread: Mapping[str, str]
    sinks: Mapping[str, tuple[SinkPosition, ...]]
    read: Sequence[Mapping[str, Any]]
    warnings: Sequence[str]


def _with_topics(
    client: Cluster,
    snapshot: Snapshot | None,
    rest_problem: str | None,
    options: KafkaOptions,
    names: Sequence[str],
    now: float,
    say: Callable[[str], None],
) -> ClusterViews:
    """Both views, or that of the topics alone where ``snapshot`` is None because of ``rest_problem``.

    Raises KafkaFailed, also where the brokers are not those of the workers.
    """
    has_rest_offsets = snapshot is not None and client.supports("GET", "offsets")
    warnings = []
    with KafkaClient(options, show_progress(say)) as kafka:
        demand_cluster(kafka, options, "" if snapshot is None else snapshot.cluster_id)
        if snapshot is None:
            snapshot = _snapshot_of_topics(kafka, names, now)
            warnings.append(f"{rest_problem} The offsets come from the topic; states and tasks are not known.")
        elif not has_rest_offsets:
            warnings.append(
                f"Kafka Connect {snapshot.version} cannot list offsets over REST (that needs 3.5), so they are read"
                " from the topic."
            )
        topics = _read_topics(kafka, snapshot)
    findings = {}
    connectors = []
    for connector in snapshot.connectors:
        if connector.name not in topics.records:
            problem = connector.problem if has_rest_offsets else topics.unread.get(connector.name, connector.problem)
            connectors.append(replace(connector, problem=problem))
            continue
        mine = tuple(topics.records[connector.name])
        read_from = connector.own_offsets_topic or str(topics.common)
        here = [record for record in mine if record.topic == read_from]
        in_topic = offsets_from_records(here)
        if connector.type == "unknown" and mine:
            # Only source connectors store offsets there.
            connector = replace(connector, type="source")
        if has_rest_offsets and connector.problem is None:
            findings[connector.name] = _settled(client, connector, mine, read_from)
            connectors.append(replace(connector, offsets=_merged(with_commit_times(connector.offsets, here), in_topic)))
        else:
            findings[connector.name] = compare(connector.name, None, mine, read_from)
            connectors.append(replace(connector, offsets=in_topic, problem=None))
            if connector.problem is not None:
                warnings.append(f"{connector.problem} The offsets of '{connector.name}' come from the topic.")
    return ClusterViews(
        snapshot=replace(snapshot, connectors=tuple(connectors)),
        records={name: tuple(of) for name, of in topics.records.items()},
        findings=findings,
        sinks=topics.sinks,
        sources={
            "rest": {"read": rest_problem is None, "problem": rest_problem},
            "topic": {"read": True, "problem": None, "topics": list(topics.read)},
        },
        warnings=(*warnings, *topics.warnings),
    )


def _read_topics(kafka: KafkaClient, snapshot: Snapshot) -> _Topics:
    """The offsets of the source connectors, from the common topic and from those of their own; sinks' positions."""
    warnings: list[str] = []
    unread: dict[str, str] = {}
    sources = []
    for connector in snapshot.connectors:
        # One of unknown type may be a source.
        if connector.type != "sink" and connector.config.get(OTHER_CLUSTER):
            unread[connector.name] = may_be_elsewhere(connector.name, OTHER_CLUSTER).sentence
        elif connector.type != "sink":
            sources.append(connector)
    warnings += unread.values()
    common = None
    if sources:
        try:
            common = kafka.find_offsets_topic([connector.name for connector in sources])
        except TopicNotFound as failure:
            if any(connector.is_source for connector in sources):
                raise
            warnings.append(failure.sentence)
    wanted: dict[str, list[str]] = {}
    for connector in sources:
        for topic in filter(None, (common, connector.own_offsets_topic)):
            wanted.setdefault(topic, []).append(connector.name)
    records: dict[str, list[OffsetRecord]] = {connector.name: [] for connector in sources}
    read = []
    for topic, of in wanted.items():
        try:
            found = kafka.read_offsets(topic, of)
        except KafkaFailed as failure:
            # Without time nothing else can be read either.
            if topic == common or isinstance(failure, TimedOut):
                raise
            # It is these connectors' own: the common topic would show offsets that they do not read.
            unread.update(dict.fromkeys(of, failure.sentence))
            warnings.append(f"The offsets topic of {', '.join(of)} was not read: {failure.sentence}")
            continue
        hidden = sum(found.hidden_by_transaction.values())
        read.append(
            {"topic": topic, "scanned": found.scanned, "malformed": found.malformed, "hidden_by_transaction": hidden}
        )
        if hidden:
            warnings.append(
                f"An open transaction hides the last {hidden} positions of {topic}: records written there cannot be read yet."
            )
        for record in found.records:
            records[record.connector].append(record)
    sinks = {}
    for connector in snapshot.connectors:
        if connector.type == "sink" and connector.config.get(_OTHER_CLUSTER_OF_SINK):
            warnings.append(
                f"The group of sink connector '{connector.name}' was not read: it has the setting"
                f" {_OTHER_CLUSTER_OF_SINK}, so it may use another Kafka cluster than the workers."
            )
        elif connector.type == "sink":
            try:
                sinks[connector.name] = kafka.group_positions(_group_of(connector), _topics_of(connector))
            except KafkaFailed as failure:
                warnings.append(f"The group of sink connector '{connector.name}' was not read: {failure.sentence}")
    known = {name: of for name, of in records.items() if name not in unread}
    return _Topics(common, known, unread, sinks, read, warnings)


def _merged(rest: Iterable[StoredOffset], in_topic: Iterable[StoredOffset]) -> tuple[StoredOffset, ...]:
    """What the connector will read: where REST lists a partition whose key it cannot build, the topic knows its offset."""
    by_partition = {entry.partition: entry for entry in in_topic}
    return tuple(by_partition.get(entry.partition, entry) if entry.offset is None else entry for entry in rest)


def _settled(
    client: Cluster, connector: Connector, records: tuple[OffsetRecord, ...], read_from: str
) -> tuple[Finding, ...]:
    """The findings that are still there when REST is asked once more: what moved in between does not count."""
    findings = compare(connector.name, connector.offsets, records, read_from)
    if any(finding.code == "rest_stale" for finding in findings):
        again = read_offsets(client, connector.name)
        findings = compare(connector.name, connector.offsets, records, read_from, again)
    return findings


def _snapshot_of_topics(kafka: KafkaClient, names: Sequence[str], now: float) -> Snapshot:
    """The connectors as the workers' own config topic has them: with their configs and target states, without their states."""
    known = kafka.read_config_topic(kafka.find_config_topic(names))
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, f"it has {len(known)} connectors.", limit=1)
            raise InputError(f"Connector '{name}' is not in the config topic of the cluster: {hint}")
    connectors = tuple(
        Connector(
            name=name,
            type=_type_of(known[name].config),
            state="UNKNOWN",
            worker_id="",
            tasks=(),
            config=without_hold(known[name].config),
            hold_text=known[name].config.get(HOLD_KEY),
            target_state=known[name].target_state,
        )
        for name in dict.fromkeys(names or known)
    )
    return Snapshot(kafka.cluster_id, "", now, connectors)


def _type_of(config: Mapping[str, str]) -> str:
    """``source``, ``sink``, or ``unknown`` where the config alone does not say.

    Connect refuses a sink connector without topics. A source connector may have a setting of the same name.
    """
    if not any(config.get(setting, "").strip() for setting in ("topics", "topics.regex")):
        return "source"
    # The class may be given without its package and without the word "Connector".
    name = config.get("connector.class", "").rpartition(".")[2].removesuffix("Connector") + "Connector"
    is_source, is_sink = "Source" in name or name in _SOURCE_CLASSES, "Sink" in name
    if is_source == is_sink:
        return "unknown"
    return "source" if is_source else "sink"


def _group_of(connector: Connector) -> str:
    return connector.config.get("consumer.override.group.id") or f"connect-{connector.name}"


def _topics_of(connector: Connector) -> Collection[str]:
    return [topic.strip() for topic in connector.config.get("topics", "").split(",") if topic.strip()]
