# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call for what all connectors that are changed together read at the same time: their states, or configs and states.

Each of them would ask some twenty times a second otherwise while it waits for a state, and a worker that is asked so often ends
and starts its tasks later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar, Union, cast

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Status
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector

# Between the beginnings of two calls for a state that is waited for.
_PACE_SECONDS = 0.03
# The answer has all connectors of the cluster: this many take as long as one that is asked for alone.
_STATUSES_LIKE_ONE = 10
_CONNECTORS_LIKE_ONE = 3

T = TypeVar("T")
_YOUR_TURN = object()
# Receives the answer (None if there is none), or _YOUR_TURN: then this thread makes the call.
_Box = SimpleQueue[Union[T, None, object]]


class SharedReads:
    """Reads that the connectors changed by one task share. Several threads use it.

    ``changed`` connectors are changed at the same time, of ``all_of_cluster``. Where so few are that single calls are cheaper, or
    where Connect has once not answered for all, each is asked for alone. Every answer is of a call that began after it was asked
    for, and every method raises what the single calls raise.
    """

    def __init__(self, changed: int, all_of_cluster: int) -> None:
        def is_cheaper(like_one: int) -> bool:
            return changed > 1 and all_of_cluster <= changed * like_one

        self._statuses = _SharedCall(
            lambda cluster, names: cluster.statuses(names), _PACE_SECONDS, is_shared=is_cheaper(_STATUSES_LIKE_ONE)
        )
        self._connectors = _SharedCall(
            lambda cluster, names: cluster.some_connectors(names), 0.0, is_shared=is_cheaper(_CONNECTORS_LIKE_ONE)
        )

    def status(self, cluster: Cluster, name: str, sleep: Callable[[float], None]) -> Status:
        """The status of a connector that waits for one."""
        found = self._statuses.of(cluster, name, sleep)
        return cluster.status(name) if found is None else found

    def connector(self, cluster: Cluster, name: str, sleep: Callable[[float], None]) -> Connector:
        """A connector without its offsets. Its config is not newer than its state."""
        found = self._connectors.of(cluster, name, sleep)
        if found is None:
            return read_connector(cluster, name, with_offsets=False, sleep=sleep)
        cluster.hide(secret_values(found.config))
        return found

    def settings(self, cluster: Cluster, name: str, sleep: Callable[[float], None]) -> Connector:
        """A connector as its config has it: of its state nothing need be known."""
        found = self._connectors.of(cluster, name, sleep)
        return Connector.of(name, "unknown", cluster.config(name), Status()) if found is None else found


class _SharedCall(Generic[T]):
    """One kind of call, which returns data on several connectors. It begins at most once in ``pace_seconds``.

    One of those that wait makes the next call for all of them. Each has a separate box for its answer: twenty threads
    that wait for one lock slow each other down.
    """

    def __init__(
        self, ask: Callable[[Cluster, set[str]], Mapping[str, T]], pace_seconds: float, *, is_shared: bool
    ) -> None:
        self._ask = ask
        self._pace_seconds = pace_seconds
        self._is_shared = is_shared
        self._lock = threading.Lock()
        self._is_under_way = False
        self._began_at = -pace_seconds
        # Those that ask since the call that is under way has begun.
        self._waiting: dict[str, _Box[T]] = {}

    def of(self, cluster: Cluster, name: str, sleep: Callable[[float], None]) -> T | None:
        """None if the call for all does not return it."""
        if not self._is_shared:
            return None
        box: _Box[T] = SimpleQueue()
        with self._lock:
            self._waiting[name] = box
            if not self._is_under_way:
                self._is_under_way = True
                box.put(_YOUR_TURN)
        try:
            answer = box.get(timeout=cluster.remaining_seconds())
        except Empty:
            # The time is up; a single call will report that.
            self._withdraw(name, box)
            return None
        if answer is _YOUR_TURN:
            self._ask_for_all(cluster, sleep)
            answer = box.get()
        return cast("T | None", answer)

    def _ask_for_all(self, cluster: Cluster, sleep: Callable[[float], None]) -> None:
        asking: dict[str, _Box[T]] = {}
        found: Mapping[str, T] = {}
        try:
            sleep(max(0.0, self._began_at + self._pace_seconds - time.monotonic()))
            with self._lock:
                asking, self._waiting = self._waiting, {}
            self._began_at = time.monotonic()
            found = self._ask(cluster, set(asking))
        except ConnectError:
            # Each connector is asked for alone, and gets its own error.
            pass
        finally:
            with self._lock:
                self._is_shared = bool(found)
                if not found:
                    asking.update(self._waiting)
                    self._waiting = {}
                self._pass_on()
            for name, box in asking.items():
                box.put(found.get(name))

    def _withdraw(self, name: str, box: _Box[T]) -> None:
        with self._lock:
            self._waiting.pop(name, None)
            if not box.empty() and box.get() is _YOUR_TURN:
                self._pass_on()

    def _pass_on(self) -> None:
        """Let one of those that wait make the next call."""
        self._is_under_way = bool(self._waiting)
        if self._waiting:
            next(iter(self._waiting.values())).put(_YOUR_TURN)
