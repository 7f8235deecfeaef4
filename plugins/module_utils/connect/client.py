# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka Connect's REST API: what can be read and what can be changed. ``sending`` repeats the calls until the deadline.

The call that deletes all offsets of a connector (``DELETE .../offsets``) is left out on purpose: it ignores its body.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

from ansible_collections.connectops.recovery.plugins.module_utils.connect import listing, replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.answers import (
    FOREIGN,
    Call,
    Failure,
    Reply,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.deadline import Deadline
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    OF_THE_CLUSTER,
    REFUSALS,
    AccessDenied,
    ConnectError,
    NoStatusYet,
    NotConnect,
    NotFound,
    TlsFailed,
    Unreachable,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.messages import (
    clean,
    maskable,
    not_found,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import (
    ClusterInfo,
    Plugin,
    Traces,
    Validation,
    WorkerAnswer,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.routes import (
    allowed_verbs,
    connector_path,
    tells_offsets,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.sending import Parsed, Sender, parsed
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Status, StoredOffset
from ansible_collections.connectops.recovery.plugins.module_utils.core.suggestions import nearest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions

# An address that does not answer for this long does not belong to a worker, or the worker is frozen.
_SILENCE_SECONDS = 3.0


class ConnectClient:
    """One Kafka Connect cluster for the length of one task. Several threads may use it.

    The deadline, ``options.timeout_seconds`` from now, begins with the client; :meth:`within` gives a piece of work
    another deadline. Every method may raise a :class:`ConnectError`; those that change something may also raise
    :class:`UnknownOutcome`.
    """

    def __init__(
        self,
        options: ConnectOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sender = Sender(options, clock, sleep)
        self._verbs: dict[str, frozenset[str]] = {}
        self._secret_keys: dict[str, frozenset[str] | None] = {}

    def __enter__(self) -> ConnectClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._sender.close()

    @property
    def clock_ahead_seconds(self) -> float:
        """How far this machine's clock is ahead of the clock of the worker that answered last; 0 before any answer."""
        return self._sender.clock_ahead_seconds

    def within(self, deadline: Deadline) -> Cluster:
        """The same cluster, over the same connections, with another deadline. Only the first client is closed."""
        other = copy.copy(self)
        other._sender = self._sender.within(deadline)
        return other

    def within_share(self, part: float) -> Cluster:
        """:meth:`within` a ``part`` (0 to 1) of the remaining time, for calls that may use up all of that part."""
        return self.within(self._sender.deadline.share(part))

    def remaining_seconds(self) -> float:
        """Time left until the deadline, never negative."""
        return self._sender.deadline.remaining_seconds()

    def extend(self, seconds: float) -> None:
        """Begin the way back, for which at least ``seconds`` are left: no connector may stay stopped for lack of time."""
        self._sender.deadline.extend(seconds)

    def hide(self, values: Iterable[str]) -> None:
        """Replace these secret values by ``********`` in every message from now on; empty ones are ignored."""
        self._sender.hide(values)

    # -----------------------------------------------------------------------------------------------------------------
    # Reads

    def root(self) -> ClusterInfo:
        """Version and Kafka cluster id, which may be empty; raises :class:`NotConnect` for URLs of something else."""
        call = Call("GET", "/")
        reply = self._sender.send(call)
        try:
            return replies.cluster_info(reply.data)
        except replies.WRONG_SHAPE:
            raise NotConnect(
                f"{reply.url} answers in JSON, but not like Kafka Connect "
                "(GET / has no version and commit): check connect_url.",
                **call.facts(reply.url),
            ) from None

    def names(self) -> list[str]:
        """Names of all connectors, sorted."""
        return listing.names(self._sender)

    def connectors(self) -> dict[str, Connector]:
        """All connectors by name, sorted by name, without their offsets; their configs contain secrets in clear.

        If Connect cannot show all of a connector, its ``problem`` says so.
        """
        return listing.connectors(self._sender)

    def some_connectors(self, names: Collection[str]) -> dict[str, Connector]:
        """The named ones of :meth:`connectors`, by one call for the whole cluster; without those that it shows incompletely."""
        found = listing.expanded_connectors(self._sender)
        return {name: one for name, one in found.items() if name in names}

    def config(self, name: str) -> dict[str, str | None]:
        """The config as stored: placeholders are not resolved, literal secrets are in clear."""
        return self._read(Call("GET", connector_path(name, "config"), connector=name), replies.config)

    def status(self, name: str) -> Status:
        """The states of the connector and its tasks; raises :class:`NoStatusYet` for a connector that has no status yet."""
        return self._read(Call("GET", connector_path(name, "status"), connector=name), replies.status)

    def statuses(self, names: Collection[str]) -> dict[str, Status]:
        """:meth:`status` of these connectors, by one call for the whole cluster; without those that the answer lacks."""
        call = Call("GET", "/connectors?expand=status", since="2.3")
        return self._sender.read(call, lambda data: replies.statuses(data, names))

    def offsets(self, name: str) -> tuple[StoredOffset, ...]:
        """The offsets in Connect's order (Kafka 3.5); JSON integers stay integers."""
        call = Call("GET", connector_path(name, "offsets"), connector=name, since="3.5")
        return self._read(call, lambda data: replies.offsets(data["offsets"]))

    def active_topics(self, name: str) -> tuple[str, ...] | None:
        """The topics that the workers have seen the connector use (Kafka 2.5); None if they do not track or show them."""
        call = Call("GET", connector_path(name, "topics"), connector=name, since="2.5")
        try:
            return self._sender.read(call, lambda data: replies.topics(data, name))
        except AccessDenied:
            # Tracking is off.
            return None
        except OF_THE_CLUSTER:
            raise
        except ConnectError:
            return None

    def traces(self, name: str) -> Traces:
        """The status of the connector and its tasks with their whole traces, without the known secrets."""
        call = Call("GET", connector_path(name, "status"), connector=name)
        return self._read(call, lambda data: replies.traces(data, self._sender.secrets))

    def plugins(self) -> tuple[Plugin, ...]:
        """Class, type and version of each plugin of the worker that answers."""
        return self._read(Call("GET", "/connector-plugins"), replies.plugins)

    def secret_keys(self, plugin_class: str) -> frozenset[str] | None:
        """The keys that the class declares as PASSWORD (Kafka 3.2); None if Connect does not return them. Asked once
        per client.
        """
        if plugin_class not in self._secret_keys:
            call = Call("GET", f"/connector-plugins/{quote(plugin_class, safe='')}/config", since="3.2")
            try:
                self._secret_keys[plugin_class] = self._sender.read(call, replies.password_keys)
            except ConnectError:
                self._secret_keys[plugin_class] = None
        return self._secret_keys[plugin_class]

    def validate(self, plugin_class: str, config: Mapping[str, str | None]) -> Validation:
        """Let the plugin check a config, changing nothing; Connect does not report unknown keys.

        ``plugin_class`` is the full class name or its alias, and must be the one in ``config``.
        """
        path = f"/connector-plugins/{quote(plugin_class, safe='')}/config/validate"
        call = Call("PUT", path, body=dict(config), secrets=maskable(config))
        return self._sender.read(call, lambda data: replies.validation(data, config, self._sender.secrets))

    def supports(self, verb: str, resource: Literal["offsets", "config"]) -> bool:
        """Whether ``verb`` (as ``PATCH``) may be used on ``/connectors/<name>/<resource>``; asked once per client."""
        if resource not in self._verbs:
            try:
                self._verbs[resource] = allowed_verbs(self._sender, resource)
            except REFUSALS:
                if (verb.upper(), resource) != ("GET", "offsets"):
                    raise
                return tells_offsets(self._sender)
        return verb.upper() in self._verbs[resource]

    def worker_answer(self, worker_id: str, name: str, timeout_seconds: float) -> WorkerAnswer:
        """Ask the worker ``worker_id`` (``host:port``) itself for the connector ``name``; one exchange, never repeated.

        The worker's herder thread serves the call, so it answers only after it has ended its tasks. The call takes at most
        ``timeout_seconds`` and never longer than the deadline. Raises :class:`NotFound` when the worker does not know the
        connector and :class:`TimedOut` when the deadline has already passed.
        """
        call = Call("GET", connector_path(name), connector=name)
        # Credentials are sent there, so it must be an address and nothing else.
        if not re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d+", worker_id):
            return WorkerAnswer("unreachable", reason="its worker id is not host:port")
        outcome = self._sender.send_once(worker_id, call, timeout_seconds)
        if isinstance(outcome, Reply):
            return WorkerAnswer("answered", tasks=parsed(call, outcome, replies.task_numbers))
        if isinstance(outcome, Failure):
            if outcome.kind is Unreachable or outcome.patience is FOREIGN:
                return WorkerAnswer("unreachable", reason=outcome.reason)
            if outcome.status is not None or self.remaining_seconds() <= 0:
                return WorkerAnswer("busy", reason=outcome.reason)
            # A busy worker still serves this call, as its herder thread has no part in it.
            root = self._sender.send_once(worker_id, Call("GET", "/"), _SILENCE_SECONDS)
            is_silent = isinstance(root, Failure) and root.status is None
            return WorkerAnswer("silent" if is_silent else "busy", reason=outcome.reason)
        if isinstance(outcome, NotFound):
            raise outcome
        is_there = not isinstance(outcome, (TlsFailed, AccessDenied))
        return WorkerAnswer("busy" if is_there else "unreachable", reason=outcome.message)

    # -----------------------------------------------------------------------------------------------------------------
    # Changes. All of them can be repeated without harm, so a change that was not made, or that Connect failed to
    # forward to its leader, is sent again. A change whose answer was lost is not sent again: somebody may have changed
    # the state since.

    def put_config(self, name: str, config: Mapping[str, str | None]) -> bool:
        """Replace the whole config, keeping the state; True when the connector did not exist and was created."""
        call = Call(
            "PUT",
            connector_path(name, "config"),
            expected=frozenset({200, 201}),
            body=dict(config),
            connector=name,
            secrets=maskable(config),
            write=True,
        )
        return self._send_about(call).status == 201

    def patch_config(self, name: str, changes: Mapping[str, str | None]) -> None:
        """Set some keys, remove those with None, keep the other keys and the state (Kafka 3.8)."""
        if changes.get("name", name) != name:
            raise InputError(f'connector "{name}" cannot be renamed by a change of its config: leave out name.')
        call = Call(
            "PATCH",
            connector_path(name, "config"),
            body=dict(changes),
            connector=name,
            since="3.8",
            secrets=maskable(changes),
            write=True,
        )
        self._send_about(call)

    def stop(self, name: str) -> None:
        """Ask for STOPPED (Kafka 3.5); returns before the tasks have ended, and rebalances even if STOPPED already."""
        self._set_state(name, "stop", expected=204, since="3.5")

    def pause(self, name: str) -> None:
        """Ask for PAUSED; returns before the connector is paused."""
        self._set_state(name, "pause", expected=202)

    def resume(self, name: str) -> None:
        """Ask for RUNNING; returns before the connector runs."""
        self._set_state(name, "resume", expected=202)

    def alter_offsets(self, name: str, offsets: Sequence[Mapping[str, Any]]) -> str:
        """Set or (``"offset": None``) delete the offsets of these source partitions only (Kafka 3.6).

        Returns Connect's message. Raises :class:`NotStoppedYet` until the connector is STOPPED without tasks.
        """
        for entry in offsets:
            # Connect reads a missing key as null, which deletes the offset or writes an offset that no task reads.
            if set(entry) != {"partition", "offset"} or not entry["partition"]:
                raise InputError(
                    f'an offset to write for connector "{name}" lacks its partition or its offset, or has more than these: '
                    "give exactly these two; the offset null deletes it."
                )
        call = Call(
            "PATCH",
            connector_path(name, "offsets"),
            body={"offsets": [dict(entry) for entry in offsets]},
            connector=name,
            since="3.6",
            write=True,
        )
        data = self._send_about(call).data
        return clean(str(data["message"]), self._sender.secrets) if isinstance(data, dict) and "message" in data else ""

    # -----------------------------------------------------------------------------------------------------------------
    # How the calls are sent

    def _set_state(self, name: str, verb: str, *, expected: int, since: str | None = None) -> None:
        call = Call(
            "PUT",
            connector_path(name, verb),
            expected=frozenset({expected}),
            connector=name,
            since=since,
            write=True,
            wants_json=False,
        )
        self._send_about(call)

    def _read(self, call: Call, parse: Callable[[Any], Parsed]) -> Parsed:
        return parsed(call, self._send_about(call), parse)

    def _send_about(self, call: Call) -> Reply:
        """Send a call about a connector. If Connect does not find it, check that in the list and suggest similar names."""
        try:
            return self._sender.send(call)
        except NotFound as error:
            name, where = call.connector or "", ", ".join(self._sender.urls)
            try:
                names = self.names()
            except RecoveryError:
                raise error from None
            facts = {**error.facts, "connector": name}
            if name not in names:
                raise NotFound(not_found(name, where, names), **facts, nearest=nearest(name, names)) from None
            if isinstance(error, NoStatusYet):
                raise NoStatusYet(
                    f'connector "{name}" in the cluster at {where} has no status yet: '
                    "it was created a moment ago; ask again in a few seconds.",
                    **facts,
                    nearest=[],
                ) from None
        # It is listed: the worker that answered was still reading what the cluster contains.
        return self._sender.send(call)
