# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading connectors from a cluster into the core's model."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.connect_client import ConnectClient, NotFound
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Snapshot,
    connector_from_json,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values


def read_connector(client: ConnectClient, name: str, *, with_offsets: bool) -> Connector:
    """One connector as it is now. Raises NotFound, which names the nearest connectors there are."""
    config = client.config(name)
    try:
        status = client.status(name)
    except NotFound:
        # Its first status record is not written yet.
        status = {}
    offsets = client.offsets(name) if with_offsets else ()
    client.hide(secret_values(config))
    return connector_from_json(name, {"config": config}, status, offsets)


def read_snapshot(client: ConnectClient, names: Sequence[str], now: float, *, with_offsets: bool) -> Snapshot:
    """The named connectors, or all of the cluster for no names; ``now`` is epoch seconds."""
    root = client.root()
    replies = client.connectors()
    connectors = []
    for name in names or sorted(replies):
        if name not in replies:
            connectors.append(read_connector(client, name, with_offsets=with_offsets))
            continue
        reply = replies[name]
        client.hide(secret_values(reply.config))
        offsets = client.offsets(name) if with_offsets else ()
        connectors.append(
            connector_from_json(name, {"type": reply.type, "config": reply.config}, reply.status or {}, offsets)
        )
    return Snapshot(root.kafka_cluster_id, root.version, now, tuple(connectors))
