# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run ask a service outside Connect: each question once, and not too fast, in all processes together.

Ansible handles each cluster in a process of its own, so what they share is in a folder of the run, which Ansible removes
when it ends. The folder holds answers without secrets; their file names are keyed hashes. A process locks a question while it
asks; the kernel frees the lock when the process dies. What cannot be kept or locked is asked as if nobody else were there.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import math
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

# An answer is not used for longer than this, even if nothing has changed since.
OLDEST_SECONDS = 120.0
# How long one look waits in total: for its turn, for others that ask the same, and after an answer that says "too fast".
PATIENCE_SECONDS = 30.0
# The services allow 25 or more at one endpoint. The connectors ask there too, and requests do not arrive as evenly as they leave.
MOST_PER_SECOND = 20
_LOCK_POLL_SECONDS = 0.01
_FOLDER = "connectops-answers"
_NO_TURNS: Mapping[str, Any] = {"taken": [], "not_before": 0.0}


class SharedAnswers:
    """The answers that one task may use. ``clock`` counts seconds alike in all processes of this machine.

    A task uses no answer that was requested before the previous task of its cluster ended: data read before a reset says nothing
    about the state after it.
    """

    def __init__(
        self,
        folder: Path | None = None,
        callers: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``callers``: all names of the cluster that the task is about. Without a folder nothing is shared, and no task waits."""
        self.clock = clock
        self.sleep = sleep
        self._folder = folder
        self._callers = tuple(callers)
        self._salt = self._common_salt()
        self._since = -math.inf
        self._looked: dict[str, float] = {}

    @classmethod
    @contextmanager
    def of_task(cls, run_folder: str | None, callers: Iterable[str]) -> Iterator[SharedAnswers]:
        """For the time of one task. ``run_folder`` None: the task is shipped, so its answers are for itself alone."""
        with ExitStack() as stack:
            folder = None
            with suppress(OSError):
                if run_folder is None:
                    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="connectops-")))
                else:
                    folder = Path(run_folder) / _FOLDER
                    folder.mkdir(mode=0o700, exist_ok=True)
            shared = cls(folder, callers)
            shared._begin()
            try:
                yield shared
            finally:
                shared._end()

    @contextmanager
    def look(self, connector: str) -> Iterator[Look]:
        """One look at what concerns a connector. A later one in the same task gets no answer that this one may have had."""
        now = self.clock()
        since = max(self._since, self._looked.get(connector, -math.inf), now - OLDEST_SECONDS)
        try:
            yield Look(self, since, now + PATIENCE_SECONDS)
        finally:
            self._looked[connector] = self.clock()

    @contextmanager
    def locked(self, kind: str, *what: str, until: float) -> Iterator[Entry]:
        """The entry of this name, which nobody else has meanwhile; one that keeps nothing if it is not free ``until`` then."""
        name = hmac.new(self._salt, "\0".join(what).encode(), hashlib.sha256).hexdigest()
        with ExitStack() as stack:
            file: TextIO | None = None
            with suppress(OSError):
                if self._folder is None:
                    raise FileNotFoundError
                descriptor = os.open(self._folder / f"{kind}-{name}", os.O_RDWR | os.O_CREAT, 0o600)
                opened = stack.enter_context(os.fdopen(descriptor, "r+", encoding="utf-8"))
                file = opened if self._is_free(opened, until) else None
            yield Entry(file)

    def _is_free(self, file: TextIO, until: float) -> bool:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if self.clock() >= until:
                    return False
            self.sleep(_LOCK_POLL_SECONDS)

    def _begin(self) -> None:
        now = self.clock()
        for caller in self._callers:
            with self.locked("task", caller, until=now + 1) as entry:
                last = entry.read() or ({} if entry.is_kept else {"ended": None})
                ended = last.get("ended", -math.inf)
                # Without an end: that task was killed, or is not over, or cannot be known. It may have changed something.
                self._since = max(self._since, now if ended is None else ended)
                entry.write({"ended": None})

    def _end(self) -> None:
        now = self.clock()
        for caller in self._callers:
            with self.locked("task", caller, until=now + 1) as entry:
                entry.write({"ended": now})

    def _common_salt(self) -> bytes:
        """The salt of the run, which the first of its tasks makes: the same key has the same name in this run only."""
        mine = secrets.token_bytes(32)
        if self._folder is None:
            return mine
        with suppress(OSError):
            draft = self._folder / f"salt-{secrets.token_hex(8)}"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(mine)
            with suppress(FileExistsError):
                # It appears whole, or not at all.
                os.link(draft, self._folder / "salt")
            draft.unlink()
            return (self._folder / "salt").read_bytes()
        return mine


class Entry:
    """One small file of JSON, whose lock its user has. Without a file nothing is kept."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    @property
    def is_kept(self) -> bool:
        return self._file is not None

    def read(self) -> Mapping[str, Any] | None:
        """None if nothing was kept, or a process has died while it wrote."""
        if self._file is None:
            return None
        try:
            self._file.seek(0)
            found = json.load(self._file)
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write(self, content: Mapping[str, Any]) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.seek(0)
                self._file.write(json.dumps(content))
                # Not before the write: some file systems wait for the disk when a file was emptied.
                self._file.truncate()


class Look:
    """One look: answers that were asked for after ``since`` may be used, and it waits no longer than until ``ends``."""

    def __init__(self, shared: SharedAnswers, since: float, ends: float) -> None:
        self._shared = shared
        self._since = since
        self._ends = ends

    def once(self, of: str, question: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        with self._shared.locked("answer", of, question, until=self._ends) as entry:
            found = entry.read()
            if found is not None and found["asked_at"] > self._since:
                answer: Mapping[str, Any] = found["answer"]
                return answer
            asked_at = self._shared.clock()
            answer = ask()
            entry.write({"asked_at": asked_at, "answer": answer})
            return answer

    def wait_for_turn(self, of: str, endpoint: str) -> bool:
        with self._turns(of, endpoint) as entry:
            found = entry.read() or _NO_TURNS
            taken = found["taken"][-MOST_PER_SECOND:]
            now = self._shared.clock()
            turn = max(now, found["not_before"])
            if len(taken) == MOST_PER_SECOND:
                turn = max(turn, taken[0] + 1)
            if turn > max(now, self._ends):
                return False
            entry.write({**found, "taken": [*taken, turn]})
        self._shared.sleep(max(0.0, turn - self._shared.clock()))
        return True

    def hold_back(self, of: str, endpoint: str, seconds: float) -> bool:
        until = self._shared.clock() + seconds
        with self._turns(of, endpoint) as entry:
            found = entry.read() or _NO_TURNS
            entry.write({**found, "not_before": max(until, found["not_before"])})
        if until > self._ends:
            return False
        self._shared.sleep(seconds)
        return True

    def _turns(self, of: str, endpoint: str) -> AbstractContextManager[Entry]:
        return self._shared.locked("turns", of, endpoint, until=self._ends)
