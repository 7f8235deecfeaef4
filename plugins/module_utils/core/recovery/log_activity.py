# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the workers' logs say of a connector since a change: progress, failed polls, starts of its tasks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.log_lines import lines_of_connector, moment_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery

# Synchronised clocks differ by less than this.
CLOCK_SECONDS = 10.0
# The change is noted before the resume. A rebalance that Connect delays, by 5 minutes as a rule, may come before the start.
START_SECONDS = 600.0
# Connect's own words. Offsets are committed only for records that Kafka has accepted.
_STARTED = re.compile(r"Source task finished initialization and start")
_TASK = re.compile(r"(?:\|task-|\bid=\S*-)(\d{1,9})[]}]")
_COMMITTED = re.compile(r"Committing offsets for ([1-9]\d{0,18}) acknowledged messages")
_GENERATION = re.compile(r"Joined group at generation (\d{1,19})\b")
_ERROR = re.compile(r"\bERROR\b")


@dataclass
class LogActivity:
    """Counts of lines about one connector. Moments are epoch seconds, None where no line has one.

    ``begins_at``: the first line that counts; ``committed_at``, ``progress_at`` and ``failed_at``: the last line of each kind, as
    its number among the lines that count, 0 for none. ``starts``: of tasks, after the one that belongs to the change.
    ``generations``: of the workers' group, of which each rebalance begins a new one.
    """

    lines: int = 0
    begins_at: float | None = None
    ends_at: float | None = None
    commits: int = 0
    records: int = 0
    committed_at: int = 0
    progress: int = 0
    progress_at: int = 0
    failures: int = 0
    failed_at: int = 0
    timeouts: int = 0
    starts: int = 0
    generations: set[int] = field(default_factory=set)

    @property
    def rebalances(self) -> int:
        return max(0, len(self.generations) - 1)

    @property
    def is_moving(self) -> bool:
        """Whether a commit came after the last failed poll. Records that were made and not committed prove nothing."""
        return self.committed_at > self.failed_at

    def as_data(self) -> dict[str, Any]:
        return {
            "lines": self.lines,
            "first_at": self.begins_at,
            "last_at": self.ends_at,
            "commits": self.commits,
            "committed_records": self.records,
            "progress_lines": self.progress,
            "failed_polls": self.failures,
            "timeouts": self.timeouts,
            "task_starts": self.starts,
            "rebalances": self.rebalances,
        }


def read_activity(lines: Iterable[str], connector: str, delivery: Delivery, since: float | None) -> LogActivity:
    """What the lines say of a connector since a moment (epoch seconds); None: of all lines.

    Each task starts once because of the change: what is older than the first of these starts is left out. Where lines have no
    moments, everything counts from the last start of a task on.
    """
    reader = _Reader(delivery, since)
    for line in lines_of_connector(lines, connector):
        reader.take(line)
    return reader.found


class _Reader:
    def __init__(self, delivery: Delivery, since: float | None) -> None:
        self._since = since
        self._progress = re.compile(delivery.progress) if delivery.progress else None
        self._failure = re.compile(delivery.failure) if delivery.failure else _ERROR
        self._timeout = re.compile(delivery.timeout) if delivery.timeout else None
        self._latest: float | None = None
        self._started: set[str] = set()
        self.found = LogActivity()

    def take(self, line: str) -> None:
        moment = moment_of(line)
        if moment is not None:
            self._latest = moment
        is_start = bool(_STARTED.search(line))
        if is_start and self._is_at_the_change():
            self._started.add(_task_of(line))
            self.found = LogActivity()
        elif is_start and self._is_late_for_the_change(line):
            if not self._started:
                self.found = LogActivity()
            self._started.add(_task_of(line))
        elif self._is_older():
            return
        elif is_start:
            self.found.starts += 1
        self._count(line)

    def _is_at_the_change(self) -> bool:
        if self._since is None or self._latest is None:
            return True
        return abs(self._latest - self._since) <= CLOCK_SECONDS

    def _is_late_for_the_change(self, line: str) -> bool:
        """Whether it is the first start of its task after the change, although it took longer than clocks differ."""
        if self._since is None or self._latest is None or _task_of(line) in self._started:
            return False
        return 0 < self._latest - self._since <= START_SECONDS

    def _is_older(self) -> bool:
        """Whether the line is from before the change; once its start was seen, nothing that follows is."""
        if self._since is None or self._latest is None or self.found.lines:
            return False
        return self._latest < self._since

    def _count(self, line: str) -> None:
        found = self.found
        found.lines += 1
        found.begins_at = self._latest if found.begins_at is None else found.begins_at
        found.ends_at = self._latest
        if match := _COMMITTED.search(line):
            found.commits += 1
            found.records += int(match[1])
            found.committed_at = found.lines
        elif match := _GENERATION.search(line):
            found.generations.add(int(match[1]))
        elif self._progress is not None and self._progress.search(line):
            found.progress += 1
            found.progress_at = found.lines
        elif self._failure.search(line):
            found.failures += 1
            found.failed_at = found.lines
        elif self._timeout is not None and self._timeout.search(line):
            found.timeouts += 1


def _task_of(line: str) -> str:
    match = _TASK.search(line)
    return match[1] if match else ""
