# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call for the statuses of all connectors that wait for a state at the same time.

Each of them would ask some twenty times a second otherwise, and a worker that is asked so often ends and starts its tasks later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ansible_collections.connectops.recovery.plugins.module_utils.connect.cluster import Cluster
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import ConnectError
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Status

# Between the beginnings of two calls.
_PACE_SECONDS = 0.03
_SLICE_SECONDS = 0.1
# The answer has all connectors of the cluster: this many take as long as one that is asked for alone.
_AS_QUICK_AS_ONE = 10


class SharedStatuses:
    """What the connectors that one task changes ask for together. Several threads use it.

    ``changed`` connectors are changed at the same time, of ``all_of_cluster``. Where so few are that single calls are cheaper, or
    where Connect has once not answered for all, each is asked for alone.
    """

    def __init__(self, changed: int, all_of_cluster: int) -> None:
        self._is_shared = changed > 1 and all_of_cluster <= changed * _AS_QUICK_AS_ONE
        self._changed = threading.Condition()
        # Each call has a number. None begins while one is under way.
        self._begun = self._ended = 0
        self._is_under_way = False
        self._began_at = -_PACE_SECONDS
        self._asked_for: set[str] = set()
        self._found: dict[str, tuple[int, Status]] = {}

    def status(self, cluster: Cluster, name: str, sleep: Callable[[float], None]) -> Status:
        """The status of a connector, from a call that begins after this one, as from ``cluster``. Raises what that raises."""
        found = self._from_shared(cluster, name, sleep) if self._is_shared else None
        return cluster.status(name) if found is None else found

    def _from_shared(self, cluster: Cluster, name: str, sleep: Callable[[float], None]) -> Status | None:
        """None where the call for all does not tell."""
        with self._changed:
            awaited = self._begun + 1
            self._asked_for.add(name)
            while self._is_under_way and self._ended < awaited and cluster.remaining_seconds() > 0:
                self._changed.wait(_SLICE_SECONDS)
            if self._ended < awaited and self._is_under_way:
                # The time is up, which a call of its own will say.
                return None
            is_mine = self._ended < awaited
            self._is_under_way = self._is_under_way or is_mine
        if is_mine:
            self._ask(cluster, sleep)
        number, status = self._found.get(name, (0, None))
        return status if number >= awaited else None

    def _ask(self, cluster: Cluster, sleep: Callable[[float], None]) -> None:
        found: dict[str, Status] = {}
        try:
            sleep(max(0.0, self._began_at + _PACE_SECONDS - time.monotonic()))
            with self._changed:
                self._begun += 1
                names, self._asked_for = self._asked_for, set()
            self._began_at = time.monotonic()
            found = cluster.statuses(names)
        except ConnectError:
            # Each asks for itself, and gets the error that is its own.
            pass
        finally:
            with self._changed:
                self._is_shared = bool(found)
                self._found.update({name: (self._begun, status) for name, status in found.items()})
                self._ended, self._is_under_way = self._begun, False
                self._changed.notify_all()
