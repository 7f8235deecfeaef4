# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk of the Stripe reporting connector: which requests it will make next from given offsets.

A model of one task from its start until it has nothing more to do, with every report run succeeding at once. Previews
rest on it, so its rules are those of the connector, traps included; ``docs/stripe-connector.md`` lists them with their
evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal, NamedTuple, Union

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
    java_number,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.rounds import Rounds
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import RunStatus
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS, show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import (
    hides_something,
    looks_masked,
    without_placeholders,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

MAX_WAIT = "stripe.report.max.wait.ms"
TYPES = "stripe.report.types"
DEFAULT_MAX_WAIT_MILLISECONDS = 300_000
DEFAULT_CRON = "0 0 0 * * ?"
_DEFAULT_MAX_INTERVAL_DAYS = 30
_TRIMMED = "".join(map(chr, range(ord(" ") + 1)))
# A stalled connector with a cron of seconds would make uselessly many requests; the count then says "more than".
MOST_REQUESTS = 20_000


@dataclass(frozen=True)
class WalkSettings:
    """The part of a connector's config that decides its walk. ``hides_types``: it may work on more than the
    ``report_types``.
    """

    rounds: Rounds
    report_types: tuple[str, ...]
    initial_loads: Mapping[str, int]
    max_interval_seconds: int
    max_wait_milliseconds: int = DEFAULT_MAX_WAIT_MILLISECONDS
    hides_types: bool = False

    @classmethod
    def read(cls, config: Mapping[str, str]) -> WalkSettings:
        """Raises InputError where the connector itself could not work with the config, or where that does not show a value."""
        days = _shown(config, "max.report.interval.days", str(_DEFAULT_MAX_INTERVAL_DAYS))
        number = java_number(trimmed(days), 32)
        if number is None or not 1 <= number <= 365:
            raise InputError(f"max.report.interval.days is '{days}': set it to 1 to 365 in the connector's config.")
        types = config.get(TYPES, "")
        wait = java_number(trimmed(_shown(config, MAX_WAIT, "")), 64)
        return cls(
            rounds=Rounds(_shown(config, "poll.cron", DEFAULT_CRON)),
            report_types=() if looks_masked(types) else items(without_placeholders(types), ","),
            initial_loads=_initial_loads(_shown(config, "stripe.report.initial.load.dates", "")),
            max_interval_seconds=number * DAY_SECONDS,
            # A negative one is valid: each wait is over at once.
            max_wait_milliseconds=DEFAULT_MAX_WAIT_MILLISECONDS if wait is None else wait,
            hides_types=hides_something(types),
        )


@dataclass(frozen=True)
class StripeState:
    """What Stripe says of one partition; times are epoch seconds.

    ``available_to`` is an assumption where ``asked`` is false: Stripe could not be asked. ``run_status`` is that of the
    open run, ``lost`` where Stripe does not know the run and ``file_lost`` where only its file is gone; ``run_created`` is
    when it was asked for, ``run_error`` Stripe's message on a failed one.
    """

    available_to: int
    asked: bool
    run_status: RunStatus = "unknown"
    available_start: int | None = None
    run_created: int | None = None
    run_error: str | None = None

    @property
    def data_start(self) -> int:
        """No data is before it; the epoch if Stripe does not return it."""
        return self.available_start or 0


class Request(NamedTuple):
    """One thing that the connector will ask of Stripe: a new report run, or the result of an open one.

    ``covers_end``: end of the rows that it delivers; ``end`` is what the connector will store as its end. Rows before
    ``first_row`` are not delivered from this report. Times are epoch seconds.
    """

    partition: ReportPartition
    round_id: int
    start: int
    end: int
    covers_end: int
    run_id: str | None = None
    first_row: int = 0

    @property
    def is_new_run(self) -> bool:
        return self.run_id is None

    def in_round(self, round_id: int) -> Request:
        """The same request in another round."""
        return Request(self.partition, round_id, self.start, self.end, self.covers_end, self.run_id, self.first_row)


@dataclass(frozen=True)
class Problem:
    """A step at which the connector would hang, or leave a partition out, permanently.

    ``code`` names the kind. ``scope``: ``partition``: only this one is left out; ``round``: the round never ends, though
    the other partitions finish it; ``poll``: every poll ends here, so that the partitions before it deliver nothing and
    those after it are not reached.
    """

    partition: ReportPartition
    round_id: int
    code: str
    reason: str
    scope: Literal["partition", "round", "poll"]

    @property
    def stops_all(self) -> bool:
        return self.scope != "partition"


Step = Union[Request, Problem]


@dataclass(frozen=True)
class Walk:
    """The steps of both kinds in the connector's order, and what the task knows of each partition when nothing moves any more."""

    requests: tuple[Request, ...]
    problems: tuple[Problem, ...]
    remembered: Mapping[ReportPartition, ReportOffset]


def worked_round(
    settings: WalkSettings,
    offsets: Mapping[ReportPartition, ReportOffset],
    partitions: tuple[ReportPartition, ...],
    now: float,
) -> int:
    """The round (epoch seconds) that a task with these offsets works on at ``now``."""
    return _worked_round(settings.rounds, [offsets.get(partition) for partition in partitions], now)


def _worked_round(rounds: Rounds, offsets: Iterable[ReportOffset | None], now: float) -> int:
    """The same for the offsets of the partitions in the order of the walk, None for one without."""
    current = rounds.last(now)
    last = None
    for offset in offsets:
        if offset is None:
            continue
        # The first partition decides the round for all.
        last = offset.round_id if last is None else last
        if last is not None and offset.round_id == last and not offset.processed:
            return last
    if last is None:
        return current
    return rounds.next(last) if last < current else current


def walk(
    settings: WalkSettings,
    stored: Mapping[ReportPartition, ReportOffset],
    partitions: tuple[ReportPartition, ...],
    stripe: Mapping[ReportPartition, StripeState],
    now: float,
) -> Walk:
    """What a task does that starts with the stored offsets, until nothing moves any more.

    ``partitions`` are those the task works on, sorted. A problem comes once. Ends after MOST_REQUESTS requests.
    """
    task = _Task(settings, [stored.get(partition) for partition in partitions], partitions, stripe, now)
    task.work()
    remembered = zip(partitions, task.offsets, strict=True)
    known = {partition: offset for partition, offset in remembered if offset is not None}
    return Walk(tuple(task.requests), tuple(task.problems), known)


class _Task:
    """A task at work: its steps so far, and the ``offsets`` that it remembers, in the order of the partitions."""

    def __init__(
        self,
        settings: WalkSettings,
        offsets: list[ReportOffset | None],
        partitions: tuple[ReportPartition, ...],
        stripe: Mapping[ReportPartition, StripeState],
        now: float,
    ) -> None:
        self.offsets = offsets
        self.requests: list[Request] = []
        self.problems: list[Problem] = []
        self._settings = settings
        self._partitions = partitions
        self._walked = [(partition, stripe[partition]) for partition in partitions]
        self._now = now
        self._current = settings.rounds.last(now)
        self._reported: set[tuple[ReportPartition, str]] = set()
        # The last round that all partitions began together, and what was asked for in it.
        self._new_round: int | None = None
        self._asked: list[Request] = []

    def work(self) -> None:
        """Poll until nothing moves any more, or until there are MOST_REQUESTS requests."""
        while len(self.requests) < MOST_REQUESTS:
            round_id = _worked_round(self._settings.rounds, self.offsets, self._now)
            if not any(offset is not None and offset.round_id == round_id for offset in self.offsets):
                self._new_round, self._asked = round_id, []
            worked, aborted = self._poll(round_id)
            if not worked:
                if round_id < self._current and not aborted:
                    self.problems += _held_by_the_first(self.offsets, self._partitions, round_id)
                return
            if round_id == self._new_round:
                self._repeat(round_id)

    def _poll(self, round_id: int) -> tuple[bool, bool]:
        """One poll; whether anything moved in it, and whether a problem ended it."""
        worked = False
        for index, (partition, stripe) in enumerate(self._walked):
            offset = self.offsets[index]
            if offset is not None and offset.is_done_in(round_id):
                continue
            step = next_step(self._settings, partition, offset, round_id, stripe)
            if isinstance(step, Problem):
                if (partition, step.reason) not in self._reported:
                    self._reported.add((partition, step.reason))
                    self.problems.append(step)
                if step.scope == "poll":
                    return worked, True
                continue
            # With nothing to ask for (start >= end) the partition is complete for the round, in memory only.
            last_chunk = step.end >= stripe.available_to
            self.offsets[index] = ReportOffset(step.end, step.end, None, None, round_id, last_chunk)
            worked = True
            if step.start < step.end:
                self.requests.append(step)
                self._asked.append(step)
                if len(self.requests) >= MOST_REQUESTS:
                    break
        return worked, False

    def _repeat(self, round_id: int) -> None:
        """Once a round that all began together is done: every later one has the same requests, as all start over in it."""
        done = [offset for offset in self.offsets if offset is not None and offset.is_done_in(round_id)]
        if len(done) < len(self.offsets):
            return
        while round_id < self._current and len(self.requests) + len(self._asked) < MOST_REQUESTS:
            round_id = self._settings.rounds.next(round_id)
            self.requests += [request.in_round(round_id) for request in self._asked]
        self.offsets = [offset._replace(round_id=round_id) for offset in done]


def _held_by_the_first(
    offsets: Sequence[ReportOffset | None], partitions: tuple[ReportPartition, ...], round_id: int
) -> Iterator[Problem]:
    """The first partition decides the round for all: when it is left out in one, none of them ever leaves it."""
    words = "no initial load date, so it is skipped in every round and keeps all other partitions in this round"
    for partition, offset in zip(partitions, offsets, strict=True):
        if offset is not None and offset.round_id is not None:
            if offset.round_id != round_id:
                yield Problem(partition, round_id, "no_initial_load", words, "round")
            return


def next_step(
    settings: WalkSettings, partition: ReportPartition, offset: ReportOffset | None, round_id: int, stripe: StripeState
) -> Step:
    """What a partition that is not finished in the round does when the walk comes to it; a request from A to A asks nothing."""
    first_row = 0
    run_id = None
    covers_end = None
    if offset is None or offset.round_id != round_id:
        start = settings.initial_loads.get(partition.report_type)
        if start is None:
            words = "no initial load date, so it is skipped in every round"
            return Problem(partition, round_id, "no_initial_load", words, "partition")
    elif offset.run_id:
        if offset.interval_start is None:
            words = "an open run without interval_start, so its round never finishes"
            return Problem(partition, round_id, "no_interval_start", words, "round")
        # With nothing left to fetch the run is not looked at.
        if offset.interval_start < stripe.available_to and stripe.run_status in ("pending", "failed", "lost"):
            words = f"the open run {offset.run_id} is {stripe.run_status}, which fails every poll"
            return Problem(partition, round_id, "run_without_result", words, "poll")
        start = offset.interval_start
        first_row = offset.next_row
        if stripe.run_status != "file_lost":
            run_id = offset.run_id
            covers_end = offset.interval_end
    elif offset.interval_end is None:
        words = "no interval_end, so its round never finishes"
        return Problem(partition, round_id, "no_interval_end", words, "round")
    else:
        start = offset.interval_end
        # An empty run id counts as none for the start alone: with something left to fetch, Stripe is asked for it.
        if offset.run_id is not None and start < stripe.available_to:
            return Problem(partition, round_id, "empty_run_id", "an empty report run id aborts every poll", "poll")
        first_row = offset.next_row
    end = min(stripe.available_to, start + settings.max_interval_seconds)
    if run_id is None and start < end and stripe.available_start is not None and start < stripe.available_start:
        words = f"Stripe has no data before {show_moment(stripe.available_start)} and refuses to begin at {show_moment(start)}"
        return Problem(partition, round_id, "before_data", words, "poll")
    return Request(partition, round_id, start, end, end if covers_end is None else covers_end, run_id, first_row)


def _shown(config: Mapping[str, str], key: str, default: str) -> str:
    """A setting's text. Raises InputError where a config provider has it, since all that follows from it is not known."""
    text = config.get(key, default)
    if hides_something(text):
        raise InputError(
            f"{key}: the connector has '{text}' there, which does not show the real value: write the value into its"
            " config."
        )
    return text


def trimmed(text: str) -> str:
    """Without what Java's trim() cuts off; a no-break space stays, and makes another name."""
    return text.strip(_TRIMMED)


def items(text: str, separator: str) -> tuple[str, ...]:
    """What a setting lists, each once and without blanks."""
    return tuple(dict.fromkeys(name for item in text.split(separator) if (name := trimmed(item))))


def _initial_loads(text: str) -> dict[str, int]:
    """``type1:YYYY-MM-DD;type2:…`` to epoch seconds; as in the connector a bad date counts as none."""
    loads = {}
    for item in items(text, ";"):
        report_type, _colon, date = item.partition(":")
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", trimmed(date)):
            with suppress(ValueError):
                day = datetime.fromisoformat(trimmed(date)).replace(tzinfo=timezone.utc)
                loads[trimmed(report_type)] = int(day.timestamp())
    return loads
