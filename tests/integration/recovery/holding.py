# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy in front of a worker that holds one call, so that something can happen while a change is under way."""

from __future__ import annotations

import threading
from types import TracebackType

from integration.recovery.worker_proxy import Answer, WorkerProxy
from lab.waiting import LIMIT_SECONDS


class HoldingProxy(WorkerProxy):
    """Passes calls on to a worker. The first read of offsets after they were written is held until :meth:`release`."""

    def __init__(self, worker_url: str) -> None:
        super().__init__(worker_url)
        self._held = threading.Event()
        self._released = threading.Event()
        self._was_written = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        super().__exit__(kind, error, trace)

    def await_held(self) -> None:
        """Return when the call is held."""
        assert self._held.wait(LIMIT_SECONDS), "the offsets were never written"

    def release(self) -> None:
        """Let the call go on."""
        self._released.set()

    def _instead(self, method: str, path: str) -> Answer | None:
        if path.endswith("/offsets") and method == "PATCH":
            self._was_written = True
        elif path.endswith("/offsets") and method == "GET" and self._was_written:
            self._held.set()
            self._released.wait(LIMIT_SECONDS)
        return None
