# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker's log says of a Stripe reporting connector."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import without_keys
from ansible_collections.connectops.recovery.plugins.module_utils.core.log_lines import lines_of_connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted_log

_LOGGER = re.compile(r" \([\w.$]+(?::\d+)?\)(?: \[[^\[\]]*\])?\s*$")
_STARTED = re.compile(r"Task started with report types: \[.*?\] and timezones: \[(.*?)\]")
_DROPPED = re.compile(r"Error creating API client for timezone (.+?): (.*)")
_NO_CLIENT = re.compile(r"No API client found for timezone: (.+), skipping")
_POLL_BEGAN = re.compile(r"Current round ID: ")
_GENERATED = re.compile(r"Generated \d+ SourceRecords for report type: (\S+) and timezone: (.+?) \(report run: ")
# After a report whose file was gone; the line does not name the timezone.
_GENERATED_ANEW = re.compile(r"Generated \d+ SourceRecords .*\(new report run: (\w+)")
_COMPLETED = re.compile(r"Marked combination (.+?)\|(\S+) as completed in round ")
_RESUMING = re.compile(r"Resuming in-progress combination (.+?) (\S+) in round ")
_SKIPPED = re.compile(r"No interval start or end found for timezone (.+?) report type (\S+), skipping")
_POLL_FAILED = re.compile(r"Error while polling")
_EXCEPTION = re.compile(r"((?:[\w$]+\.)+[\w$]*(?:Exception|Error)[\w$]*)(?:: (.*))?")
_RUN_ID = re.compile(r"\bfrr_\w+")
_ABANDONED = re.compile(r"Graceful stop of task (.+)-(\d{1,9}) failed")


@dataclass(frozen=True)
class LogFailure:
    """A poll that failed, in the log's ``words``, which name the report run ``run_id`` or none.

    ``after``: the last partition of the walk that this poll got past; ``after_run``: a report run behind it that it got past
    as well, of a partition that the log does not name. ``resuming``: the partition whose open run it had begun to resume, and
    of which nothing more was heard.
    """

    run_id: str | None
    message: str
    after: ReportPartition | None
    resuming: ReportPartition | None = None
    after_run: str | None = None


@dataclass(frozen=True)
class LogFacts:
    """What is known about the task that started last, without what earlier tasks wrote.

    ``started_timezones``: those it started with; None where the log holds no start. ``dropped``: timezone to why its client
    was refused. ``failures``: oldest first. ``abandoned_tasks``: those that did not stop in time, of the whole log, since such
    a task goes on next to the one that started after it.
    """

    started_timezones: tuple[str, ...] | None = None
    dropped: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[LogFailure, ...] = ()
    abandoned_tasks: tuple[int, ...] = ()


def read_log(lines: Iterable[str], connector: str) -> LogFacts:
    """The facts about a connector in log lines, oldest first. In a log of several workers, the worker of the last start
    counts.

    Two tasks of one connector, or one that was abandoned and its successor, cannot be distinguished.
    """
    reader = _Reader(connector)
    for line in lines_of_connector(lines, connector):
        reader.take(line)
    return reader.facts()


class _Reader:
    def __init__(self, connector: str) -> None:
        self._connector = connector
        self._started: tuple[str, ...] | None = None
        self._dropped: dict[str, str] = {}
        self._abandoned: list[int] = []
        self._failures: list[LogFailure] = []
        self._has_failed = False
        self._after: ReportPartition | None = None
        self._resuming: ReportPartition | None = None
        self._after_run: str | None = None

    def facts(self) -> LogFacts:
        self._end_failure("")
        return LogFacts(
            started_timezones=self._started,
            dropped=self._dropped,
            failures=tuple(self._failures),
            abandoned_tasks=tuple(dict.fromkeys(self._abandoned)),
        )

    def take(self, line: str) -> None:
        if self._has_failed:
            exception = _EXCEPTION.search(line)
            self._end_failure(exception[2] or exception[1] if exception else "")
            if exception:
                return
        if _POLL_FAILED.search(line):
            self._has_failed = True
        elif _POLL_BEGAN.search(line):
            self._begin_poll()
        elif match := _GENERATED.search(line):
            self._get_past(ReportPartition(match[2], match[1]))
        elif match := _GENERATED_ANEW.search(line):
            if self._resuming is not None:
                self._get_past(self._resuming)
            else:
                self._after_run = match[1]
        elif match := _COMPLETED.search(line):
            self._get_past(ReportPartition(match[1], match[2]))
        elif match := _RESUMING.search(line):
            self._resuming = ReportPartition(match[1], match[2])
        elif match := _SKIPPED.search(line):
            self._get_past(ReportPartition(match[1], match[2]))
        else:
            self._take_of_tasks(line)

    def _take_of_tasks(self, line: str) -> None:
        if match := _STARTED.search(line):
            self._begin_task()
            self._started = tuple(one.strip() for one in match[1].split(",") if one.strip())
            # A client is refused before its task has started: what is said of the timezones that are missing stays.
            self._dropped = {zone: why for zone, why in self._dropped.items() if zone not in self._started}
        elif match := _DROPPED.search(line):
            self._dropped[match[1]] = quoted_log(without_keys(_LOGGER.sub("", match[2]))).rstrip(".")
        elif match := _NO_CLIENT.search(line):
            self._dropped.setdefault(match[1], "the task has no API client for it")
        elif (match := _ABANDONED.search(line)) and match[1] == self._connector:
            self._abandoned.append(int(match[2]))

    def _begin_task(self) -> None:
        self._failures.clear()
        self._begin_poll()

    def _begin_poll(self) -> None:
        self._after = None
        self._after_run = None
        self._resuming = None

    def _get_past(self, partition: ReportPartition) -> None:
        self._after = partition
        self._after_run = None
        self._resuming = None

    def _end_failure(self, words: str) -> None:
        """``words``: those of the exception, which stand on the line after the poll's; none where there is no such line."""
        if not self._has_failed:
            return
        self._has_failed = False
        words = quoted_log(without_keys(words)).strip() or "the log does not say why"
        run_id = _RUN_ID.search(words)
        self._failures.append(
            LogFailure(run_id[0] if run_id else None, words, self._after, self._resuming, self._after_run)
        )
        self._begin_poll()
