# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the end of the workers' logs: of files, of the systemd journal, and of what a command prints."""

from __future__ import annotations

import heapq
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.log_lines import CONTINUED, moment_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import (
    COMMAND_SECONDS,
    WorkerLogOptions,
)

_TAIL_BYTES = 8 * 1024 * 1024
_QUOTED_BYTES = 300
_CHUNK_BYTES = 65_536
_DRAIN_SECONDS = 5.0


@dataclass(frozen=True)
class WorkerLogs:
    """``lines``: entries of all logs in the order of their moments. ``problems``: a sentence for each log that was not read."""

    lines: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class _NotRead(Exception):
    """A log could not be read. The text is a sentence that says why."""


def read_worker_logs(
    options: WorkerLogOptions, tail_bytes: int = _TAIL_BYTES, command_seconds: float = COMMAND_SECONDS
) -> WorkerLogs:
    """The last ``tail_bytes`` of each log. What is not UTF-8 is replaced.

    Entries without moments come where their log stands in the options. Raises InputError for a file that cannot be read; what
    the journal or the command do not give is a problem.
    """
    texts = [_tail_of_file(path, tail_bytes) for path in options.files]
    problems: list[str] = []
    for unit in options.units:
        try:
            texts.append(_journal(unit, tail_bytes, command_seconds))
        except _NotRead as problem:
            problems.append(str(problem))
    if options.command:
        try:
            texts.append(_output(options.command, "worker_log_command", tail_bytes, command_seconds))
        except _NotRead as problem:
            problems.append(str(problem))
    entries = heapq.merge(*(_entries(text) for text in texts), key=lambda entry: entry[0])
    return WorkerLogs(tuple(line for _moment, lines in entries for line in lines), tuple(problems))


def _tail_of_file(path: str, tail_bytes: int) -> list[str]:
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - tail_bytes))
            # A log that is being written has no fixed end.
            lines = file.read(tail_bytes).decode("utf-8", errors="replace").split("\n")
    except OSError as error:
        raise InputError(
            f"The log file {path} cannot be read ({error.strerror}): name a readable file of a Connect worker's log."
        ) from None
    return lines[1:] if size > tail_bytes else lines


def _journal(unit: str, tail_bytes: int, seconds: float) -> list[str]:
    """The journal of a unit in the form of a log file."""
    fields = "--output-fields=MESSAGE"
    command = ["journalctl", "--unit", unit, "--output=json", fields, "--quiet", "--no-pager", "--lines=100000"]
    lines = [
        text for line in _output(command, f"worker_log_units: {unit}", tail_bytes, seconds) for text in _entry(line)
    ]
    if not lines:
        raise _NotRead(
            f"worker_log_units: the journal has no readable entry of the unit {unit}: check its name, and that the user who runs"
            " the task may read the journal (group systemd-journal)."
        )
    return lines


def _entry(line: str) -> list[str]:
    """The lines of one entry of the journal. Its own moment comes before each that does not go on with an entry."""
    try:
        found = json.loads(line)
        message, microseconds = found["MESSAGE"], int(found["__REALTIME_TIMESTAMP"])
        moment = datetime.fromtimestamp(microseconds / 1e6, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        # What is not UTF-8 comes as numbers, and what is too large as null.
        text = message if isinstance(message, str) else bytes(message).decode("utf-8", errors="replace")
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return []
    return [line if CONTINUED.match(line) else f"[{moment}] {line}" for line in text.split("\n")]


def _output(command: Sequence[str], what: str, tail_bytes: int, seconds: float) -> list[str]:
    """The last lines that a command prints; ``what`` names it in the sentence of _NotRead."""
    try:
        process = _Command(command)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise _NotRead(
            f"{what}: {quoted(command[0])} cannot be started ({why}): write the program and each of its arguments as an entry of"
            " a list."
        ) from None
    output, complaints = _Drain(process.stdout, tail_bytes), _Drain(process.stderr, _QUOTED_BYTES)
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise _NotRead(
            f"{what}: {quoted(command[0])} did not end within {seconds:g} s, so its output was not used: let it print less."
        ) from None
    finally:
        process.end()
        for drain in (output, complaints):
            # A process that has left the group may keep its end of the pipe open.
            drain.join(_DRAIN_SECONDS)
    if status != 0:
        said = " ".join(" ".join(complaints.lines()).split())
        raise _NotRead(
            f"{what}: {quoted(command[0])} ended with status {status} ({quoted(said).rstrip('.') or 'it says nothing'}): run"
            " the command by hand on the host that runs the task."
        )
    return output.lines()


class _Command(subprocess.Popen[bytes]):
    """A command in a process group of its own, so that all that it starts ends with it."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        super().__init__(list(command), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True)

    def end(self) -> None:
        with suppress(PermissionError, ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()


class _Drain(threading.Thread):
    """Reads a pipe to its end, so that the command is never stopped by a full one, and keeps the last bytes."""

    def __init__(self, pipe: Any, tail_bytes: int) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._tail_bytes = tail_bytes
        self._kept = bytearray()
        self._is_cut = False
        self.start()

    def run(self) -> None:
        with self._pipe as pipe:
            while chunk := pipe.read1(_CHUNK_BYTES):
                self._kept += chunk
                if len(self._kept) > self._tail_bytes + _CHUNK_BYTES:
                    del self._kept[: -self._tail_bytes]
                    self._is_cut = True

    def lines(self) -> list[str]:
        tail = self._kept[-self._tail_bytes :]
        lines = tail.decode("utf-8", errors="replace").split("\n")
        return lines[1:] if self._is_cut or len(tail) < len(self._kept) else lines


def _entries(lines: list[str]) -> Iterator[tuple[float, list[str]]]:
    """Entries with the moment they begin with; lines without one belong to the entry before them."""
    entry: list[str] = []
    latest = 0.0
    for line in lines:
        moment = moment_of(line)
        if moment is not None and entry:
            yield latest, entry
            entry = []
        if moment is not None:
            latest = moment
        entry.append(line)
    if entry:
        yield latest, entry
