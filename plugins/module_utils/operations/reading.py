# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading connectors from a cluster into the core's model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connect_client import ConnectClient, NoStatusYet
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Snapshot,
    connector_from_json,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values

_NULL_TRIES = 5
_NULL_PAUSE_SECONDS = 0.2


def read_connector(client: ConnectClient, name: str, *, with_offsets: bool) -> Connector:
    """One connector as it is now. Raises NotFound, which names the nearest connectors there are."""
    config = client.config(name)
    try:
        status = client.status(name)
    except NoStatusYet:
        # Its first status record is not written yet.
        status = {}
    offsets = read_offsets(client, name) if with_offsets else ()
    client.hide(secret_values(config))
    return connector_from_json(name, {"config": config}, status, offsets)


def read_offsets(client: ConnectClient, name: str) -> list[dict[str, Any]]:
    """The offsets as Connect lists them; null ones are looked at again, as one just deleted is shown so for a moment."""
    offsets = client.offsets(name)
    for _try in range(_NULL_TRIES):
        if all(entry["offset"] is not None for entry in offsets):
            break
        time.sleep(_NULL_PAUSE_SECONDS)
        offsets = client.offsets(name)
    return offsets


def read_snapshot(client: ConnectClient, names: Sequence[str], now: float) -> Snapshot:
    """The named connectors with their offsets, or all of the cluster for no names; ``now`` is epoch seconds."""
    root = client.root()
    replies = client.connectors()
    connectors = []
    for name in names or sorted(replies):
        if name not in replies:
            connectors.append(read_connector(client, name, with_offsets=True))
            continue
        reply = replies[name]
        client.hide(secret_values(reply.config))
        info = {"type": reply.type, "config": reply.config}
        connectors.append(connector_from_json(name, info, reply.status or {}, read_offsets(client, name)))
    return Snapshot(root.kafka_cluster_id, root.version, now, tuple(connectors))
