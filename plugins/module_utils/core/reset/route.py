# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each offset of a plan is written: through Connect's REST API, or to the offsets topics under the bytes of its key.

Connect finds an offset by the bytes of its key. REST builds them in one way only, and answers 200 to a change that goes to
other bytes than those that the connector reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.findings import (
    offsets_from_records,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import (
    is_addressable,
    rest_key,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.partitioner import (
    topic_partition_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import (
    OffsetRecord,
    TopicKey,
    TopicView,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import OffsetChange, WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError


def with_topics(connector: Connector, view: TopicView, *, is_topic_alone: bool) -> Connector:
    """The connector with the offsets that its task will read, from REST and the topics; from these alone if asked for."""
    in_topic = {entry.partition: entry for entry in offsets_from_records(view.read_records)}
    if is_topic_alone:
        return replace(connector, offsets=tuple(in_topic.values()), in_topics=view)
    known = {record.partition for record in view.records}
    unreached = {record.partition for record in view.read_records if not is_addressable(record)}
    offsets = [
        # A null stands for a key that REST does not build, or for an offset that the connector does not read.
        in_topic.get(entry.partition, entry) if entry.offset is None or entry.partition in unreached else entry
        for entry in connector.offsets
        if entry.offset is not None or entry.partition in in_topic or entry.partition not in known
    ]
    listed = {entry.partition for entry in offsets}
    hidden = [entry for partition, entry in in_topic.items() if partition not in listed]
    return replace(connector, offsets=(*offsets, *hidden), in_topics=view)


def refuse_unreachable(connector: Connector) -> None:
    """Raise RecoveryError where REST lists a partition without its offset, and no topic shows under which key it is.

    A change over REST would be answered 200 and go to another key, and the connector would never read it.
    """
    nulls = ", ".join(str(entry.partition) for entry in connector.offsets if entry.offset is None)
    if not nulls:
        return
    said = f"Connector '{connector.name}': Connect lists {nulls} without an offset"
    if connector.in_topics is not None:
        raise RecoveryError(
            f"{said}, and {' and '.join(connector.in_topics.topics)} hold no record of it; nothing was changed: set "
            "offsets_topic to the offset.storage.topic of the workers."
        )
    own = connector.own_offsets_topic
    where = f", or its offset is not in the connector's own topic {own}" if own else ""
    raise RecoveryError(
        f"{said}, so its REST API cannot address the stored key (its fields are in another order{where}) and a reset would change"
        " nothing: set kafka_bootstrap_servers (the variable connectops_kafka_bootstrap_servers) and leave write_to at auto, so"
        " that it is written to the offsets topic."
    )


def routed(
    changes: Sequence[OffsetChange],
    connector: Connector,
    write_to: WriteTo,
    backed_up: Iterable[OffsetRecord] = (),
) -> tuple[OffsetChange, ...]:
    """The changes, each with the keys in the topics that it is written under, or without any where it goes through REST.

    All go through REST where the topics were not read, and to the topics with ``write_to`` topic. ``backed_up`` are the raw
    records of the backup that is restored: they know the keys of what has been deleted since. Raises RecoveryError where a key
    is not known, or REST cannot reach it and the topics were not read.
    """
    view = connector.in_topics
    records = _by_partition(backed_up)
    if view is None:
        _refuse_without_fields(changes, connector.name)
        _refuse_backed_up_keys(changes, connector, records)
        return tuple(changes)
    return tuple(
        _routed(
            change,
            connector.name,
            view,
            is_topic_alone=write_to == "topic",
            backed_up=records.get(change.partition, []),
        )
        for change in changes
    )


def misplaced(changes: Iterable[OffsetChange], topics: Mapping[str, int]) -> Iterator[str]:
    """A sentence for each key that is in another topic partition than the one that Connect would choose by default."""
    for change in changes:
        for key in change.topic_keys:
            usual = topic_partition_of(key.key, topics[key.topic])
            if key.topic_partition != usual:
                yield (
                    f"{change.partition}: its key is in the topic partition {key.topic_partition} of {key.topic}, and Kafka's"
                    f" default partitioner would have put it into {usual}: the offset is written where the key is; find out "
                    "which program wrote the key there."
                )


def unread(view: TopicView) -> Iterator[str]:
    """A sentence for each partition whose only offset is in the topic that the connector does not read."""
    read = {record.partition for record in view.read_records if record.offset is not None}
    for record in view.records:
        if record.offset is not None and record.partition not in read:
            yield (
                f"{record.partition} has an offset in {record.topic} and none in {view.read_topic}, the topic that this connector"
                " reads, so its task will start without one: use the strategy restore to set it."
            )


def _routed(
    change: OffsetChange, name: str, view: TopicView, *, is_topic_alone: bool, backed_up: Sequence[OffsetRecord]
) -> OffsetChange:
    records = _records_of(change.partition, view, backed_up)
    if records:
        keys = list(dict.fromkeys(record.key for record in records))
        is_reached = len(keys) == 1 and is_addressable(records[0]) and _is_where_connect_writes(keys[0], view)
    else:
        keys, is_reached = [rest_key(name, change.partition)], True
        _refuse_unknown_key(change.partition, name, view)
    if is_reached and change.partition.fields and not is_topic_alone:
        return change
    topic_keys = [one for key in keys for topic in view.topics for one in _topic_keys(key, topic, view, change.after)]
    return replace(change, topic_keys=tuple(topic_keys))


def _records_of(partition: Partition, view: TopicView, backed_up: Sequence[OffsetRecord]) -> Sequence[OffsetRecord]:
    """The records whose keys the task may look for: all live ones, since it is not known which key it builds.

    Without a live one: those of the backup, else those that were deleted, else those of the copy.
    """
    read = [record for record in view.read_records if record.partition == partition]
    copies = [record for record in view.records if record.partition == partition and record.topic != view.read_topic]
    return (
        [record for record in read if record.offset is not None]
        or [record for record in backed_up if record.offset is not None]
        or read
        or copies
    )


def _is_where_connect_writes(key: bytes, view: TopicView) -> bool:
    """Whether no other topic partition has the key, tombstones included: a worker may read that one last when it starts."""
    holders = {record.topic_partition for record in view.read_records if record.key == key}
    return holders <= {topic_partition_of(key, view.topics[view.read_topic])}


def _topic_keys(key: bytes, topic: str, view: TopicView, after: Offset | None) -> Iterator[TopicKey]:
    """Where the key is written in one topic: where it is, or where Connect would put it. A delete needs an offset to delete."""
    is_copy = topic != view.read_topic
    holders = [record for record in view.records if (record.topic, record.key) == (topic, key)]
    for record in holders:
        if after is not None or record.offset is not None:
            yield TopicKey(topic, record.topic_partition, key, record.value, is_copy)
    if not holders and after is not None:
        yield TopicKey(topic, topic_partition_of(key, view.topics[topic]), key, None, is_copy)


def _refuse_unknown_key(partition: Partition, name: str, view: TopicView) -> None:
    """A connector that builds other keys than REST builds the key of this partition in a way that nothing shows."""
    foreign = next((one for one in view.read_records if one.offset is not None and not is_addressable(one)), None)
    if foreign is not None:
        raise RecoveryError(
            f"Connector '{name}' stores {foreign.partition} under {foreign.key.decode()}, which is not the key that REST builds,"
            f" and nothing shows the key of {partition}: restore a backup that was taken with kafka_bootstrap_servers, or leave"
            " that partition out."
        )


def _refuse_without_fields(changes: Sequence[OffsetChange], name: str) -> None:
    """Over REST a partition without fields is not sent: it is what Connect makes of a mistyped request."""
    if any(not change.partition.fields for change in changes):
        raise RecoveryError(
            f"Connector '{name}': the partition {{}} has no fields, so its offset is not written over REST: set"
            " kafka_bootstrap_servers (the variable connectops_kafka_bootstrap_servers) and leave write_to at auto, so that it is"
            " written to the offsets topic, or leave that partition out."
        )


def _refuse_backed_up_keys(
    changes: Sequence[OffsetChange], connector: Connector, records: Mapping[Partition, Sequence[OffsetRecord]]
) -> None:
    for change in changes:
        stored = next((one for one in records.get(change.partition, ()) if not is_addressable(one)), None)
        if stored is not None:
            raise RecoveryError(
                f"Connector '{connector.name}': the backup has {change.partition} under {stored.key.decode()}, which REST cannot"
                " reach: set kafka_bootstrap_servers (the variable connectops_kafka_bootstrap_servers), so that it is written to"
                " the offsets topic."
            )


def _by_partition(records: Iterable[OffsetRecord]) -> dict[Partition, list[OffsetRecord]]:
    found: dict[Partition, list[OffsetRecord]] = {}
    for record in records:
        if record.offset is not None:
            found.setdefault(record.partition, []).append(record)
    return found
