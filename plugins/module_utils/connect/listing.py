# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All connectors of a cluster: by one call if it returns everything, otherwise by calls for single connectors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import Call
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    OF_THE_CLUSTER,
    REFUSALS,
    ConnectError,
    NoStatusYet,
    NotFound,
    raise_if_all,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.routes import PROBE, connector_path
from ansible_collections.connectops.recovery.plugins.module_utils.connect.sending import Sender
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Status
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

Parsed = TypeVar("Parsed")


def names(sender: Sender) -> list[str]:
    """See :meth:`~.client.ConnectClient.names`."""
    call = Call("GET", "/connectors")
    found = sender.read(call, replies.names)
    if not found:
        # A worker that is still reading its config topic lists nothing. A call that waits for its herder thread
        # returns only after that, whether or not the connector exists.
        with contextlib.suppress(NotFound):
            sender.send(Call("GET", connector_path(PROBE), connector=PROBE))
        found = sender.read(call, replies.names)
    return sorted(found)


def connectors(sender: Sender) -> dict[str, Connector]:
    """See :meth:`~.client.ConnectClient.connectors`."""
    found = {}
    listed = names(sender)
    expanded = expanded_connectors(sender) if listed else {}
    refused: dict[str, ConnectError] = {}
    for name in listed:
        with contextlib.suppress(NotFound):  # it was deleted since it was listed
            found[name] = expanded[name] if name in expanded else _single(sender, name, refused)
    raise_if_all(refused, found)
    return found


def expanded_connectors(sender: Sender) -> dict[str, Connector]:
    """The connectors that one call for all returns completely.

    Usually these are all connectors. There are none when a connector without its plugin makes the call fail, when a
    gateway keeps only one of the two parameters, and before Kafka 2.3.
    """
    call = Call("GET", "/connectors?expand=info&expand=status", since="2.3")
    try:
        return sender.read(call, replies.connectors)
    except OF_THE_CLUSTER:
        raise
    except ConnectError:
        return {}


def _single(sender: Sender, name: str, refused: dict[str, ConnectError]) -> Connector:
    """One connector as its own calls show it; adds a refused connector to ``refused``. Raises :class:`NotFound`."""
    problems: list[str] = []

    def part(parse: Callable[[Any], Parsed], *rest: str) -> Parsed | None:
        """The answer to one call; None if Connect cannot answer it for this connector."""
        try:
            return sender.read(Call("GET", connector_path(name, *rest), connector=name), parse)
        except REFUSALS as error:
            refused.setdefault(name, error)
            problems.append(error.sentence)
            return None
        except (*OF_THE_CLUSTER, NotFound):
            raise
        except (ConnectError, InputError) as error:  # the latter for a name that cannot be in a path
            problems.append(error.sentence)
            return None

    info = part(replies.info)
    # A connector without its plugin still has a config.
    kind, config = info if info is not None else ("unknown", part(replies.config, "config") or {})
    try:
        status = part(replies.status, "status") or Status(state="UNKNOWN")
    except NoStatusYet:
        status = Status()
    known = Connector.of(name, status.type if kind == "unknown" else kind, config, status)
    return replace(known, problem=problems[0] if problems else None)
