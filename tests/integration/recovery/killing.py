# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset in a process of its own: one that is killed at one of its steps, one that somebody interferes with, one of two."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset
from integration.recovery.tasks import Result, run_task
from lab.waiting import LIMIT_SECONDS

CONTEXT = multiprocessing.get_context("forkserver")
# Each killed process is a fork of one that has imported everything.
CONTEXT.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class At:
    """What is done just before the ``step``-th step (from 1) of a process; ``of_window``: counted from the stop on."""

    step: int
    act: Callable[[], None]
    of_window: bool = False


class RunningReset:
    """A reset in a process of its own. A step is a request to Connect or Stripe, or a file that appears or disappears.

    ``ahead_seconds``: how far its clock, and that of the workers as it sees it, is ahead.
    """

    def __init__(self, options: Mapping[str, Any], at: At | None = None, ahead_seconds: float = 0.0) -> None:
        self._receiving, sending = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=_run, args=(dict(options), sending, at, ahead_seconds))
        self._process.start()
        sending.close()

    def result(self) -> Result | None:
        """Its result, once it has ended, with ``was_reached``: whether it came to the step; None when it was killed."""
        if not self._receiving.poll(LIMIT_SECONDS):
            self._process.kill()
            raise AssertionError(f"The run has not ended after {LIMIT_SECONDS} s.")
        try:
            result: Result | None = self._receiving.recv()
        except EOFError:
            result = None
        self._process.join(LIMIT_SECONDS)
        self._receiving.close()
        killed = (-signal.SIGKILL, -signal.SIGTERM)
        assert self._process.exitcode in (killed if result is None else (0,))
        return result


def reset_killed_at(step: int, options: Mapping[str, Any]) -> Result | None:
    """Run a reset that is killed just before its ``step``-th step; return its result if it has fewer steps.

    When the process dies before the next step, the change of the last request is done.
    """
    return RunningReset(options, At(step, kill)).result()


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _run(options: Mapping[str, Any], sending: Any, at: At | None, ahead_seconds: float) -> None:
    steps = None if at is None else _Steps(at)
    if steps is not None:
        adapter = requests.adapters.HTTPAdapter
        adapter.send = steps.counted(adapter.send)  # type: ignore[method-assign]
        os.replace = steps.counted(os.replace)
        os.unlink = steps.counted(os.unlink)
    offset_reset.workers_now = lambda cluster, now: (now + ahead_seconds, ())  # type: ignore[assignment]
    result = run_task(offset_reset, **options)
    sending.send({**result, "was_reached": steps is not None and steps.was_reached})


def _url(argument: Any) -> str:
    return str(getattr(argument, "url", argument))


class _Steps:
    def __init__(self, at: At) -> None:
        self._left = at.step
        self.was_reached = False
        self._at = at
        self._is_counting = not at.of_window
        # Of the thread that acts: somebody who interferes sends requests of their own.
        self._lock = threading.RLock()

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                if self._is_counting:
                    self._left -= 1
                    if self._left == 0:
                        self.was_reached = True
                        self._at.act()
            answer = function(*arguments, **options)
            # One that Connect refuses during a rebalance is sent again: the window is not open yet.
            if _url(arguments[-1]).endswith("/stop") and answer.ok:
                self._is_counting = True
            return answer

        return call
