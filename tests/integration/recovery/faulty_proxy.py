# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy in front of a real worker that answers some calls otherwise: late, cut short, not at all, in foreign words."""

from __future__ import annotations

import threading
from collections.abc import Callable

from integration.recovery.worker_proxy import Answer, WorkerProxy


class FaultyProxy(WorkerProxy):
    """Passes calls on to a worker, but for those for which ``answer`` returns something: method, path, and how many before.

    ``answered``: how many calls it has answered itself.
    """

    def __init__(self, worker_url: str, answer: Callable[[str, str, int], Answer | None]) -> None:
        super().__init__(worker_url)
        self.answered = 0
        self._answer = answer
        self._lock = threading.Lock()

    def _instead(self, method: str, path: str) -> Answer | None:
        with self._lock:
            answer = self._answer(method, path, self.answered)
            self.answered += answer is not None
            return answer
