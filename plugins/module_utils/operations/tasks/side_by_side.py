# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work for several connectors at the same time, each in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, Union

from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, unexpected
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import say_nothing

T = TypeVar("T")
Say = Callable[[str], None]
_LOOK_SECONDS = 0.2
# Wait at most this long for abandoned work that is waiting for an answer.
_LAST_LOOKS = 10


@dataclass(frozen=True)
class _Ended(Generic[T]):
    name: str
    result: Union[T, RecoveryError, None] = None
    crash: BaseException | None = None


def nothing_is_left(name: str) -> RecoveryError | None:
    """All work is waited for."""
    return None


def side_by_side(
    names: Sequence[str],
    work: Callable[[str, Say], T],
    *,
    at_once: int,
    progress: Say = say_nothing,
    left: Callable[[str], RecoveryError | None] = nothing_is_left,
) -> dict[str, T | RecoveryError]:
    """Do the work for every name, for at most ``at_once`` at the same time, in the order of the names.

    Returns by name, in that order, the result or the RecoveryError, which also stands for an unexpected exception. A
    missing library, and anything that is not an Exception, is raised after all work has ended. ``work`` shows a line to
    a person by its second argument; ``progress`` gets these lines in this thread, one at a time. ``left`` is None until
    the work is to be left unfinished; then it is the error of such work.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in names:
        waiting.put(name)
    events: queue.SimpleQueue[str | _Ended[T]] = queue.SimpleQueue()
    for _number in range(min(at_once, len(names))):
        # A daemon, so that a process can end although its work is unfinished.
        threading.Thread(target=_do_all, args=(waiting, work, events), daemon=True).start()
    try:
        ended = _all_ended(names, events, progress, left)
    finally:
        # When this thread is interrupted, nothing more begins.
        while not waiting.empty():
            waiting.get()
    for name in names:
        crash = ended[name].crash
        if crash is not None:
            raise crash
    return {name: result for name in names if (result := ended[name].result) is not None}


def _do_all(
    waiting: queue.SimpleQueue[str], work: Callable[[str, Say], T], events: queue.SimpleQueue[str | _Ended[T]]
) -> None:
    while True:
        try:
            name = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            ended = _Ended(name, work(name, events.put))
        except RecoveryError as error:
            ended = _Ended(name, error)
        except ImportError as lacking:
            # It is the same for all of them.
            ended = _Ended(name, crash=lacking)
        except Exception as error:
            ended = _Ended(name, unexpected(name, error))
        except BaseException as crash:
            ended = _Ended(name, crash=crash)
        events.put(ended)


def _all_ended(
    names: Sequence[str],
    events: queue.SimpleQueue[str | _Ended[T]],
    progress: Say,
    left: Callable[[str], RecoveryError | None],
) -> dict[str, _Ended[T]]:
    ended: dict[str, _Ended[T]] = {}
    looks_left = _LAST_LOOKS
    while len(ended) < len(names) and looks_left:
        try:
            event = events.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            looks_left -= any(left(name) for name in names)
            continue
        if isinstance(event, str):
            progress(event)
        else:
            ended[event.name] = event
    return {name: ended[name] if name in ended else _Ended(name, left(name)) for name in names}
