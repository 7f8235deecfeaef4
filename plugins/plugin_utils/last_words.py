# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task within the controller says while its run is being ended.

From ansible-core 2.18 on a worker process has no terminal: what it shows goes through its parent, which stops listening once
it is interrupted, or is gone. So the parent's standard error is opened before anything is changed.
"""

from __future__ import annotations

import contextlib
import os
from types import TracebackType

from ansible.utils.display import Display


class LastWords:
    """Shows sentences on the standard error of ansible-playbook, while its ``with`` block runs."""

    def __init__(self) -> None:
        self._stream: int | None = None

    def __enter__(self) -> LastWords:
        # Linux only; elsewhere the sentences take the usual way, on which they may get lost.
        with contextlib.suppress(OSError):
            self._stream = os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            os.close(self._stream)

    def __call__(self, sentence: str) -> None:
        if self._stream is None:
            Display().display(sentence, stderr=True)
            return
        with contextlib.suppress(OSError):
            os.write(self._stream, f"{sentence}\n".encode())
