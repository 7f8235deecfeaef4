# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths of a connector's calls, and the verbs that Connect takes there."""

from __future__ import annotations

from urllib.parse import quote

from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import Call
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    NotConnect,
    NotFound,
    Unsupported,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.sending import Sender
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

# A name that no connector has.
PROBE = "connectops.recovery"


def connector_path(name: str, *rest: str) -> str:
    """The path of a call about a connector. Raises InputError for a name that cannot be in a path."""
    # HTTP libraries resolve dots in a path, encoded or not, and would address something else.
    if name in ("", ".", ".."):
        raise InputError(f'"{name}" cannot be used as the name of a connector over REST: check the name.')
    return "/".join(("/connectors", quote(name, safe=""), *rest))


def allowed_verbs(sender: Sender, resource: str) -> frozenset[str]:
    """The verbs, in upper case, of ``/connectors/<name>/<resource>``; none before Connect had it. Raises ConnectError."""
    # The answer lists the verbs of the route, so the connector does not have to exist.
    path, expected = f"/connectors/any/{resource}", frozenset({200, 204})
    call = Call("OPTIONS", path, expected=expected, since="", wants_json=False)
    try:
        reply = sender.send(call)
    except Unsupported:
        return frozenset()
    if "Allow" not in reply.headers:
        raise NotConnect(
            f"{reply.url} does not list the allowed methods in its answer to {call}: "
            "something in front of Kafka Connect removes them; let OPTIONS through there.",
            **call.facts(reply.url),
        )
    return frozenset(verb.strip().upper() for verb in reply.headers["Allow"].split(","))


def tells_offsets(sender: Sender) -> bool:
    """Whether Connect has the call for offsets, if a gateway does not pass on the question for the allowed verbs."""
    try:
        sender.send(Call("GET", connector_path(PROBE, "offsets"), connector=PROBE, since="3.5"))
    except NotFound:
        return True
    except Unsupported:
        return False
    return True
