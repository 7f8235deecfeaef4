# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that arrive while connectors are being changed: the first one undoes the change, a second one abandons it.

Python runs signal handlers in the main thread only, and connectors are changed in others. So a handler notes the signal, and
each change asks for it before each call and in each wait.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.report import steps
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

# SIGALRM is how Ansible ends a task after its ``timeout``; without a handler of Ansible's it is not ours to handle.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(RecoveryError):
    """The work was ended by a signal."""


class Interruption:
    """Notes the signals that would end the process while its ``with`` block runs; afterwards they do so again.

    ``alert`` shows a person one sentence at once.
    """

    def __init__(self, alert: Callable[[str], None]) -> None:
        self._alert = alert
        self._earlier: dict[int, Any] = {}
        self._first: int | None = None
        self._cause = ""
        self.is_final = False

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (*_ENDING, signal.SIGALRM):
                earlier = signal.getsignal(number)
                # One that is ignored, as SIGHUP under nohup, stays so.
                if callable(earlier) or (earlier is signal.SIG_DFL and number in _ENDING):
                    self._earlier[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, earlier in self._earlier.items():
            signal.signal(number, earlier)

    @property
    def cause(self) -> str:
        """The first interruption, such as ``SIGTERM``; empty when there was none."""
        return self._cause

    def begin(self, connector: str) -> None:
        """Raise RecoveryError when the change of this connector must not begin any more."""
        if self._cause:
            raise RecoveryError(
                f"The change of connector '{connector}' was interrupted ({self._cause}) before it began: nothing was changed."
            )

    def of(self, connector: str) -> Callable[[bool], None]:
        """What the deadline of one connector's change asks. It raises :class:`Interrupted` to end the change.

        A change on its way back (the argument) continues until the second signal.
        """

        def interrupt(may_be_unmarked: bool) -> None:
            if self._cause and not may_be_unmarked:
                raise Interrupted(f"The change of connector '{connector}' was interrupted ({self._cause}).")
            if self.is_final:
                raise Interrupted(f"The return of connector '{connector}' was interrupted as well ({self._cause}).")

        return interrupt

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._first in (None, signal.SIGALRM):
            self._first = number
            self._cause = "the task's timeout" if number == signal.SIGALRM else signal.Signals(number).name
            self._alert(steps.interrupted(self._cause))
        elif number == self._first and not self.is_final:
            # Another signal than the first is Ansible's own: after Ctrl-C it sends SIGTERM to its workers.
            self.is_final = True
