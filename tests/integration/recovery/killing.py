# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset in a process of its own that is killed at one of its steps, without a chance to clean up."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset
from integration.recovery.tasks import Result, run_task
from lab.waiting import LIMIT_SECONDS

CONTEXT = multiprocessing.get_context("forkserver")
# Each killed process is a fork of one that has imported everything.
CONTEXT.set_forkserver_preload([__name__])


def reset_killed_at(step: int, options: Mapping[str, Any]) -> Result | None:
    """Run a reset that is killed just before its ``step``-th step (from 1); return its result if it has fewer steps.

    A step is a request to Connect or Stripe, or a file that appears or disappears. When the process dies before the next
    step, the change of the last request is done.
    """
    receiving, sending = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_run, args=(step, dict(options), sending))
    process.start()
    sending.close()
    try:
        result: Result | None = receiving.recv()
    except EOFError:
        result = None
    process.join(LIMIT_SECONDS)
    receiving.close()
    assert process.exitcode == (-signal.SIGKILL if result is None else 0)
    return result


def _run(step: int, options: Mapping[str, Any], sending: Any) -> None:
    steps = _Steps(step)
    requests.Session.request = steps.counted(requests.Session.request)  # type: ignore[method-assign]
    os.replace = steps.counted(os.replace)
    os.unlink = steps.counted(os.unlink)
    sending.send(run_task(offset_reset, **options))


class _Steps:
    def __init__(self, last: int) -> None:
        self._left = last
        self._lock = threading.Lock()

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                self._left -= 1
                if self._left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call
