# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a connector has recovered: a commit of its own after the resume, for every partition that had something to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import Hold
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    JsonScalar,
    Offset,
    Partition,
    Status,
    StoredOffset,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.own_writes import CLOCK_TOLERANCE_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import SeenSetting, Target
from ansible_collections.connectops.recovery.plugins.module_utils.core.unfinished import HOW_TO_FINISH
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook, Work
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import (
    has_failed,
    not_running_reason,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    STUCK,
    Verdict,
    VerdictName,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

# From good to bad: the outcome for a connector is the worst of its partitions. Only connectors are ``not_verified``.
OutcomeName = Literal["recovered", "not_verified", "not_proven", "recovering", "not_recovered"]
OUTCOMES: tuple[OutcomeName, ...] = get_args(OutcomeName)
GOOD_OUTCOMES: tuple[OutcomeName, ...] = ("recovered", "not_verified")

# A verdict that only lacks knowledge about commits: a commit that was seen settles it.
_ANSWERED_BY_A_COMMIT = frozenset(
    {"commit_time_unknown", "may_be_quiet", "no_commit", "no_time", "nothing_stored_since_reset", "time_old"}
)
NOTHING_STORED = "it has stored nothing since the change"
# Whether a class whose work is not known has anything to read is not known either.
_IF_QUIET = "if its source has no new data yet, run verify again when there is some"


@dataclass(frozen=True)
class Seen:
    """One connector as it was read and judged. ``outlook`` is None where it is not known what the connector has to do."""

    connector: Connector
    verdicts: Sequence[Verdict]
    outlook: Outlook | None = None


@dataclass(frozen=True)
class PartitionRecovery:
    """What became of one partition. ``is_final``: waiting changes nothing.

    ``before``: the offset right after the change; ``now``: the offset that is stored. None: there was or is none.
    ``delivered_to``: epoch seconds, None where that is not known. ``cause``: the first reason of the verdict on a stuck one.
    ``work``: what is still to come of it, None where that is not known. ``stored_again``: the connector has stored the same
    offset since, as one whose offset never changes does with each record. ``is_reset_lost``: somebody has stored the offset
    from before the change over the one that it wrote.
    """

    partition: Partition
    outcome: OutcomeName
    is_final: bool
    reason: str | None
    verdict: VerdictName | None
    before: Offset | None
    now: Offset | None
    delivered_to: int | None = None
    cause: str | None = None
    work: Work | None = None
    stored_again: bool = False
    is_reset_lost: bool = False

    @property
    def behind_seconds(self) -> int | None:
        """How much data is there and not delivered yet, as a length of time; None where that is not known."""
        if self.work is None or self.work.available_to is None or self.delivered_to is None:
            return None
        return max(0, self.work.available_to - self.delivered_to)

    @property
    def has_moved(self) -> bool:
        return not self.is_reset_lost and (self.stored_again or _has_moved(self.before, self.now))

    @property
    def moved_by(self) -> dict[str, int | float]:
        """How far each number of the offset has moved; empty if there was no offset before."""
        if self.before is None or self.now is None:
            return {}
        moved = {}
        for name, value in self.now.items():
            before, after = _number(self.before.get(name)), _number(value)
            if before is not None and after is not None and before != after:
                moved[name] = after - before
        return moved

    def as_data(self) -> dict[str, Any]:
        return {
            "partition": self.partition.as_dict(),
            "outcome": self.outcome,
            "reason": self.reason,
            "verdict": self.verdict,
            "moved": self.has_moved,
            "moved_by": self.moved_by,
            "offset_after_change": None if self.before is None else dict(self.before),
            "offset": None if self.now is None else dict(self.now),
            "delivered_to": self.delivered_to,
            "available_to": None if self.work is None else self.work.available_to,
        }


@dataclass(frozen=True)
class Recovery:
    """What became of one connector. ``reason``: of the connector as a whole, None if its partitions say all."""

    connector: Connector
    outcome: OutcomeName
    is_final: bool
    reason: str | None
    partitions: tuple[PartitionRecovery, ...] = ()
    settings: tuple[SeenSetting, ...] = ()
    outlook: Outlook = field(default_factory=Outlook)

    @property
    def name(self) -> str:
        return self.connector.name

    @property
    def is_good(self) -> bool:
        return self.outcome in GOOD_OUTCOMES

    def with_outcome(self, *outcomes: OutcomeName) -> list[PartitionRecovery]:
        return [one for one in self.partitions if one.outcome in outcomes]

    def as_data(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "state": self.connector.state,
            "tasks": [{"id": task.id, "state": task.state} for task in self.connector.tasks],
            "settings": [one.as_data() for one in self.settings],
            "partitions": [one.as_data() for one in self.partitions],
        }


def judge_recovery(target: Target, seen: Seen, *, now: float, is_over: bool) -> Recovery:
    """What became of the connector. ``is_over``: the waiting time is over, so whatever has not been seen is not proven.

    ``now``: epoch seconds.
    """
    connector = seen.connector
    settings = tuple(one.seen_in(connector.config) for one in target.settings)
    outlook = seen.outlook or Outlook()

    def whole(outcome: OutcomeName, reason: str, *, is_final: bool) -> Recovery:
        return Recovery(connector, outcome, is_final, reason, partitions, settings, outlook)

    partitions = tuple(_partitions(target, seen, is_over=is_over))
    put_back = next((one.problem for one in settings if one.problem), None)
    if target.failure is not None:
        return whole("not_verified", "its change failed", is_final=True)
    if target.unfinished is not None:
        words = f"a change of it (plan {target.unfinished}) was begun but not finished: {HOW_TO_FINISH}"
        return whole("not_proven", words, is_final=True)
    if connector.hold_text is not None:
        # Its journal may be on another host, or gone with the container that the run was in.
        return whole("not_proven", _held(connector.hold_text, now), is_final=True)
    if put_back is not None:
        return whole("not_recovered", put_back, is_final=True)
    if target.is_unknown and connector.state == "STOPPED":
        words = (
            "it is STOPPED, and its last change cannot be read, so a run that was killed may have left it STOPPED: resume it if "
            "it is meant to run"
        )
        return whole("not_proven", words, is_final=True)
    if not target.is_meant_to_run(connector):
        return whole("not_verified", f"it is {connector.state}, so it delivers nothing: not verified", is_final=True)
    if connector.type == "sink":
        return whole("not_verified", "it is a sink connector, which is never reset: not verified", is_final=True)
    if connector.problem is not None:
        return whole("not_proven" if is_over else "recovering", connector.problem, is_final=False)
    if connector.state == "UNKNOWN":
        words = "Connect could not be asked whether it runs"
        return whole("not_proven" if is_over else "recovering", words, is_final=False)
    if connector.state in ("PAUSED", "STOPPED"):
        words = f"it is {connector.state}, although the change resumed it: find out who stopped or paused it, then resume it"
        return whole("not_recovered", words, is_final=True)
    not_running = not_running_reason(connector)
    if not_running is not None:
        failed = has_failed(connector)
        return whole("not_recovered" if failed or is_over else "recovering", not_running.message, is_final=failed)
    if not partitions:
        return whole("not_proven" if is_over else "recovering", NOTHING_STORED, is_final=False)
    outcome = max((one.outcome for one in partitions), key=OUTCOMES.index)
    is_final = all(one.is_final for one in partitions)
    return Recovery(connector, outcome, is_final, None, partitions, settings, outlook)


def _held(hold_text: str, now: float) -> str:
    """What the mark in the connector's config says."""
    try:
        hold = Hold.from_text(hold_text)
    except InputError as error:
        return f"{error.message}: find out who wrote it, and remove it when no run is under way"
    if now <= hold.until:
        return f"another run is changing it, {hold}: verify it after the end of that run"
    return f"a change of it ({hold}) was begun but not finished: {HOW_TO_FINISH}"


def deleted_since(name: str) -> Recovery:
    """What became of a connector that was changed, and does not exist any more."""
    connector = Connector.of(name, "unknown", {}, Status(state="UNKNOWN"))
    return Recovery(connector, "not_recovered", True, "it does not exist any more: find out who deleted it")


def _partitions(target: Target, seen: Seen, *, is_over: bool) -> Iterator[PartitionRecovery]:
    entries = {entry.partition: entry for entry in seen.connector.offsets if entry.offset is not None}
    verdicts: dict[Partition, Verdict | None] = {one.partition: one for one in seen.verdicts if one.partition.fields}
    # A partition that the change wrote or deleted must come back, whether or not the verdicts know it.
    for partition in target.offsets:
        verdicts.setdefault(partition, None)
    for partition, verdict in verdicts.items():
        if verdict is not None and verdict.verdict == "orphaned":
            continue
        entry = entries.get(partition)
        before, now = target.baseline.get(partition), None if entry is None else entry.offset
        stored_again = entry is not None and _is_stored_again(entry, target)
        is_lost = _is_reset_lost(target, partition, now)
        if is_lost:
            outcome, is_final, reason = _lost(verdict, is_over=is_over)
        else:
            has_moved = stored_again or _has_moved(before, now)
            outcome, is_final, reason = _outcome(target, seen, partition, verdict, has_moved=has_moved, is_over=is_over)
        yield PartitionRecovery(
            partition=partition,
            outcome=outcome,
            is_final=is_final,
            reason=reason,
            verdict=None if verdict is None else verdict.verdict,
            before=before,
            now=now,
            delivered_to=None if verdict is None else verdict.delivered_to,
            cause=_cause(verdict),
            work=None if seen.outlook is None else seen.outlook.work.get(partition),
            stored_again=stored_again,
            is_reset_lost=is_lost,
        )


def _is_reset_lost(target: Target, partition: Partition, now: Offset | None) -> bool:
    """Whether the offset from before the change is there again, and not because the connector has read up to it once more."""
    written, change = target.offsets.get(partition), target.change
    before = None if change is None else change.offsets.get(partition)
    if written is None or before is None or same_offset(before, written) or not same_offset(before, now):
        return False
    # What has read up to it once more has a number that went up since, or a mark such as "processed" that was set again.
    pairs = [(written.get(name), value) for name, value in before.items()]
    return not any(isinstance(old, (int, float)) and isinstance(new, (int, float)) and new > old for old, new in pairs)


def _lost(verdict: Verdict | None, *, is_over: bool) -> tuple[OutcomeName, bool, str | None]:
    """The outcome for a partition whose change is lost. It is not final: the connector may store an offset of its own."""
    is_stuck = verdict is not None and verdict.verdict in STUCK
    at_end: OutcomeName = "not_recovered" if is_stuck else "not_proven"
    words = "it has the offset from before the change again: find out who wrote it, then make the change again"
    return at_end if is_over else "recovering", False, words


def _is_stored_again(entry: StoredOffset, target: Target) -> bool:
    """Whether it was stored when the change was over for certain, so that it is not a write of the change's own."""
    change = target.change
    if entry.committed_at is None or change is None or change.returned_at <= change.taken_at:
        # When it was over is not known.
        return False
    return entry.reset_at is None and entry.committed_at > change.returned_at + CLOCK_TOLERANCE_SECONDS


def _outcome(
    target: Target, seen: Seen, partition: Partition, verdict: Verdict | None, *, has_moved: bool, is_over: bool
) -> tuple[OutcomeName, bool, str | None]:
    """The outcome for a partition, whether it is final, and why."""
    work = None if seen.outlook is None else seen.outlook.work.get(partition)
    name = "unknown" if verdict is None else verdict.verdict
    why = "" if verdict is None else ", ".join(reason.message for reason in verdict.reasons)
    if work is not None and work.never is not None:
        return "not_recovered", True, work.never
    if name in STUCK:
        if has_moved:
            return "recovering", False, f"it has moved, but it is {name}: {why}"
        return ("not_recovered" if is_over else "recovering"), False, f"{NOTHING_STORED}, and it is {name}: {why}"
    doubts = () if verdict is None or name != "unknown" else _doubts(verdict)
    if has_moved:
        if doubts:
            return "not_proven", True, ", ".join(doubts)
        return "recovered", True, None
    if name != "unknown" and work is not None and not work.is_due:
        return "recovered", True, "nothing to do until the next round"
    if name in ("ok", "late") and work is None and target.changed_nothing:
        return "recovered", True, "nothing was changed"
    if not is_over:
        return "recovering", False, NOTHING_STORED
    if work is None:
        return "not_proven", False, f"{NOTHING_STORED}{f' ({why})' if why else ''}; {_IF_QUIET}"
    if name == "unknown":
        return "not_proven", False, why or NOTHING_STORED
    return "recovering", False, NOTHING_STORED


def _cause(verdict: Verdict | None) -> str | None:
    if verdict is None or verdict.verdict != "stuck" or not verdict.reasons:
        return None
    return verdict.reasons[0].message


def _doubts(verdict: Verdict) -> Collection[str]:
    return [reason.message for reason in verdict.reasons if reason.code not in _ANSWERED_BY_A_COMMIT]


def _has_moved(before: Offset | None, now: Offset | None) -> bool:
    return now is not None and not same_offset(before, now)


def _number(value: JsonScalar) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
