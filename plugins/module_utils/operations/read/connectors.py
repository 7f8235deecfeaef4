# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading connectors from a cluster into the core's model."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    OF_THE_CLUSTER,
    REFUSALS,
    ConnectError,
    NoStatusYet,
    TimedOut,
    Unsupported,
    raise_if_all,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_seconds
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Snapshot,
    Status,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import WriteTo
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.route import with_topics
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.connector_topics import OffsetsTopics
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.errors import KafkaFailed

_NULL_TRIES = 5
_NULL_PAUSE_SECONDS = 0.2
_MOST_AT_ONCE = 8
# Of the time left, for the offsets of one connector: Connect may not answer for one whose own offsets topic cannot be read.
_SHARE_OF_TIME = 0.5
_CLOCK_TOLERANCE_SECONDS = 60


def workers_now(client: Cluster, now: float) -> tuple[float, tuple[str, ...]]:
    """The time by the clock of the worker that answered last, in epoch seconds. The verdicts use this clock.

    With a warning where ``now``, this machine's, differs by more than a minute.
    """
    ahead = client.clock_ahead_seconds
    if abs(ahead) < _CLOCK_TOLERANCE_SECONDS:
        return now, ()
    apart = f"{show_seconds(abs(round(ahead)))} {'ahead of' if ahead > 0 else 'behind'}"
    return now - ahead, (
        f"This machine's clock is {apart} that of Kafka Connect: Connect's clock is used for the verdicts.",
    )


def read_connector(
    client: Cluster, name: str, *, with_offsets: bool, sleep: Callable[[float], None] = time.sleep
) -> Connector:
    """One connector as it is now. Raises NotFound, which names the nearest connectors there are."""
    config = client.config(name)
    try:
        status = client.status(name)
    except NoStatusYet:
        # Its first status record is not written yet.
        status = Status()
    offsets = read_offsets(client, name, sleep) if with_offsets else ()
    client.hide(secret_values(config))
    return replace(Connector.of(name, status.type, config, status), offsets=offsets)


def read_offsets(client: Cluster, name: str, sleep: Callable[[float], None] = time.sleep) -> tuple[StoredOffset, ...]:
    """The offsets as Connect lists them; null ones are looked at again, as one just deleted is shown so for a moment."""
    offsets = client.offsets(name)
    for _try in range(_NULL_TRIES):
        if all(entry.offset is not None for entry in offsets):
            break
        sleep(_NULL_PAUSE_SECONDS)
        offsets = client.offsets(name)
    return offsets


def read_with_topics(
    client: Cluster,
    connector: Connector,
    topics: OffsetsTopics | None,
    write_to: WriteTo,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Connector, tuple[str, ...]]:
    """A connector with the offsets that its task will read, from REST and from the topics, and warnings.

    ``connector`` was read without them. ``topics`` None: they are not read. With ``write_to`` topic the offsets are those of
    the topics alone. Where the topics cannot be read, and REST shows all offsets, these must do; raises RecoveryError
    otherwise. Those of a sink are not read: they are its consumer group's, which no change here touches, and they move all the
    time.
    """
    name = connector.name
    if connector.type == "sink":
        return connector, ()
    if topics is None:
        return replace(connector, offsets=read_offsets(client, name, sleep)), ()
    is_topic_alone = write_to == "topic"
    # The topic knows what a null stands for, so REST is not asked again.
    connector = replace(connector, offsets=() if is_topic_alone else client.offsets(name))
    try:
        view = topics.view(connector)
    except KafkaFailed as failure:
        connector = replace(connector, offsets=read_offsets(client, name, sleep))
        if is_topic_alone or any(entry.offset is None for entry in connector.offsets):
            raise
        return connector, (f"The offsets topic of connector '{name}' was not read: {failure.sentence}",)
    return with_topics(connector, view, is_topic_alone=is_topic_alone), ()


def read_snapshot(client: Cluster, names: Sequence[str], now: float, *, with_offsets: bool = True) -> Snapshot:
    """The named connectors with their offsets, or all of the cluster for no names; ``now`` is epoch seconds.

    If Connect cannot return a connector's offsets, for example without its plugin, its ``problem`` says so.
    """
    root = client.root()
    known = client.connectors()
    refused: dict[str, ConnectError] = {}

    def read(name: str) -> Connector:
        connector = known.get(name)
        if connector is None:
            return read_connector(client, name, with_offsets=with_offsets)
        if not with_offsets or connector.problem is not None:
            return connector
        try:
            return replace(connector, offsets=read_offsets(client.within_share(_SHARE_OF_TIME), name))
        except (*REFUSALS, TimedOut) as error:
            refused[name] = error
            return replace(connector, problem=error.sentence)
        except (*OF_THE_CLUSTER, Unsupported):
            raise
        except (ConnectError, InputError) as error:
            return replace(connector, problem=error.sentence)

    for connector in known.values():
        client.hide(secret_values(connector.config))
    wanted = dict.fromkeys(names or sorted(known))
    with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
        connectors = tuple(pool.map(read, wanted))
    raise_if_all(refused, wanted)
    return Snapshot(root.kafka_cluster_id, root.version, now, connectors)
