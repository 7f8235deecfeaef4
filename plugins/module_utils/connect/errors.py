# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with Kafka Connect, one exception for each kind that a caller treats differently."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError


class ConnectError(RecoveryError):
    """Kafka Connect could not do what it was asked; a requested change was not made.

    Facts where known: ``url`` (str), ``call`` (str, such as GET /connectors), ``status`` (int, HTTP).
    """


class Unreachable(ConnectError):
    """No worker accepted a connection: refused, unknown host name, or no connection in time."""


class TlsFailed(ConnectError):
    """The TLS handshake failed: certificate not trusted, wrong name, client certificate refused, or no TLS at all."""


class NotConnect(ConnectError):
    """Something answers, but it does not answer like Kafka Connect."""


class TimedOut(ConnectError):
    """The deadline of the whole task has passed."""


class AccessDenied(ConnectError):
    """The credentials are missing, wrong, or lack a permission."""


class NotFound(ConnectError):
    """The connector does not exist. Further facts: ``connector`` (str), ``nearest`` (list of str)."""


class NoStatusYet(NotFound):
    """The connector exists, but Connect has no status for it yet (within seconds after its creation)."""


class Unsupported(ConnectError):
    """This version of Kafka Connect does not support the call. Further fact where known: ``needs`` (str, a Kafka version)."""


class NotStoppedYet(ConnectError):
    """Offsets cannot be changed because the connector is not STOPPED or still has tasks."""


# The same for every connector of the cluster; anything else may be one connector's own problem.
OF_THE_CLUSTER = (AccessDenied, NotConnect, TimedOut, TlsFailed, Unreachable)
# The ones that a gateway may answer to calls for a single connector: permissions by name, a blocked name.
REFUSALS = (AccessDenied, NotConnect)


def raise_if_all(refused: Mapping[str, ConnectError], asked: Collection[str]) -> None:
    """Raise the first refusal if all connectors that were ``asked`` for are refused: then the cause is not one connector."""
    if refused and set(refused) >= set(asked):
        raise next(iter(refused.values()))


def is_surely_not_made(error: ConnectError) -> bool:
    """Whether this answer rules out a partly made change: Connect refused the change before it began."""
    status = error.facts.get("status")
    is_refused = isinstance(status, int) and 400 <= status < 500
    return is_refused or isinstance(error, (AccessDenied, NotFound, NotStoppedYet, TimedOut, Unreachable, Unsupported))
