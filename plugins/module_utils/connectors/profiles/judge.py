# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on a source connector by a profile, or by commit times alone where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    GENERIC,
    ISO,
    UNITS,
    Profile,
    TimeField,
    is_pattern,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    DAY_SECONDS,
    LATEST_EPOCH_SECONDS,
    iso_seconds,
    show_moment,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    JsonScalar,
    Offset,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.commits import (
    clock_doubtful,
    no_commit,
    nothing_stored_since_reset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.running import state_reasons
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    NOT_CONFIGURED,
    JudgedReason,
    Limits,
    Reason,
    Verdict,
    VerdictName,
    judged_by,
)

# A time of the year 1970 is a count of a larger unit by mistake.
_EARLIEST_EPOCH_SECONDS = 365 * DAY_SECONDS
_COMMIT_TIME_UNKNOWN = Reason(
    "commit_time_unknown",
    "it is not known when it was stored (only the offsets topic shows that: set connectops_kafka_bootstrap_servers)",
)


def judge_by_profile(connector: Connector, profile: Profile | None, limits: Limits, now: float) -> tuple[Verdict, ...]:
    """A verdict on each stored and each expected partition, in the order of their names; ``now`` is epoch seconds.

    Without a profile commit times alone are looked at. A connector with nothing stored or expected gets one verdict on
    the partition without fields, so that its state is still reported.
    """
    profile = profile or GENERIC
    expected = profile.expected.values(connector.config) if profile.expected else None
    judge = _ProfileJudge(
        profile=profile,
        expected=expected,
        state=state_reasons(connector),
        may_be_quiet=profile.may_be_quiet(connector.config),
        newest_commit=_newest_commit(connector),
        limits=limits,
        now=now,
    )
    entries = sorted(connector.offsets, key=lambda entry: str(entry.partition))
    verdicts = list(judge.judged(entries)) + list(judge.missing(entries))
    if not verdicts:
        nothing: JudgedReason = (
            "unknown",
            Reason("no_offset", "it has stored no offset, so nothing shows whether it works"),
        )
        verdicts.append(judge.verdict(Partition(()), nothing))
    return tuple(sorted(verdicts, key=lambda verdict: str(verdict.partition)))


def _newest_commit(connector: Connector) -> float | None:
    """When the connector last stored an offset (epoch seconds): what a reset wrote does not count."""
    own = (one.committed_at for one in connector.offsets if one.offset is not None and one.reset_at is None)
    return max((moment for moment in own if moment is not None), default=None)


@dataclass(frozen=True)
class _ProfileJudge:
    """What the verdicts on all partitions of a connector depend on; ``expected`` is None where it is not known.

    ``may_be_quiet``: the connector stores nothing while its source is quiet, so its silence does not make it stuck.
    ``newest_commit`` (epoch seconds): when it last stored an offset of any partition.
    """

    profile: Profile
    expected: tuple[str, ...] | None
    state: tuple[JudgedReason, ...]
    may_be_quiet: bool
    newest_commit: float | None
    limits: Limits
    now: float

    def judged(self, entries: list[StoredOffset]) -> Iterator[Verdict]:
        """What is stored. A partition without an offset that is not expected either counts as absent."""
        successors = self._successors(entries)
        for entry in entries:
            lacking = self._lacking(entry.partition)
            is_expected = bool(lacking) or self._is_expected(entry.partition)
            if entry.offset is None:
                if is_expected and entry.partition not in successors:
                    yield self.verdict(entry.partition, ("missing", Reason("no_offset", "it has no offset")))
            elif not is_expected:
                yield self._orphaned(entry, NOT_CONFIGURED)
            elif entry.partition in successors:
                words = f"the connector now uses the partition {successors[entry.partition]} instead"
                yield self._orphaned(entry, Reason("superseded", words))
            else:
                time, doubts = time_of(self.profile.time, entry.offset)
                reset = nothing_stored_since_reset(entry.reset_at)
                yield self.verdict(
                    entry.partition,
                    *lacking,
                    *doubts,
                    *(() if reset is None else (("unknown", reset),)),
                    *self._of_time_and_commits(entry.offset, time, entry.committed_at),
                    delivered_to=None if time is None else int(time),
                    committed_at=entry.committed_at,
                )

    def missing(self, entries: list[StoredOffset]) -> Iterator[Verdict]:
        """What is expected and not there at all. A regular expression may match nothing."""
        if self.profile.expected is None:
            return
        for value in self.expected or ():
            if not is_pattern(value) and not any(self._is_met(value, entry.partition) for entry in entries):
                partition = Partition.of({self.profile.expected.field: value})
                yield self.verdict(partition, ("missing", Reason("no_offset", "expected, but it has no offset")))

    def verdict(
        self,
        partition: Partition,
        *reasons: JudgedReason,
        delivered_to: int | None = None,
        committed_at: float | None = None,
    ) -> Verdict:
        return judged_by(partition, (*self.state, *reasons), delivered_to, committed_at)

    def _orphaned(self, entry: StoredOffset, reason: Reason) -> Verdict:
        return Verdict(entry.partition, "orphaned", (reason,), committed_at=entry.committed_at)

    def _lacking(self, partition: Partition) -> tuple[JudgedReason, ...]:
        """A partition that does not match the profile gets no certain verdict: the partition or the profile is wrong."""
        if self.profile.is_older(partition):
            return ()
        listed = () if self.profile.expected is None or self.expected is None else (self.profile.expected.field,)
        for name in (*self.profile.partition, *listed):
            if name not in partition.as_dict():
                words = f"its partition has no field {name}, which profile {self.profile.name} names"
                return (("unknown", Reason("field_missing", words)),)
        return ()

    def _is_expected(self, partition: Partition) -> bool:
        if self.expected is None or self.profile.expected is None:
            return True
        return any(self._is_met(value, partition) for value in self.expected)

    def _is_met(self, value: str, partition: Partition) -> bool:
        is_older = self.profile.is_older(partition)
        return self.profile.expected is not None and self.profile.expected.is_met(value, partition, is_older=is_older)

    def _successors(self, entries: list[StoredOffset]) -> Mapping[Partition, Partition]:
        """Which partition replaced which."""
        return {**self._stored_later(entries), **self._of_newer_form(entries)}

    def _of_newer_form(self, entries: list[StoredOffset]) -> Mapping[Partition, Partition]:
        """Of two forms of a partition the newer counts, unless an older version of the connector stored the older one
        later.
        """
        successors = {}
        for older in entries:
            if not self.profile.is_older(older.partition):
                continue
            for newer in entries:
                if newer.offset is None or not self.profile.is_newer_form_of(newer.partition, older.partition):
                    continue
                if older.offset is not None and self._life(older) > self._life(newer):
                    successors[newer.partition] = older.partition
                else:
                    successors[older.partition] = newer.partition
        return successors

    def _life(self, entry: StoredOffset) -> tuple[float, float]:
        """When the partition was last stored and up to when it has delivered, epoch seconds; 0 where it is not known."""
        time, _doubts = time_of(self.profile.time, entry.offset or {})
        return entry.committed_at or 0.0, time or 0.0

    def _stored_later(self, entries: list[StoredOffset]) -> Mapping[Partition, Partition]:
        """Of partitions that are the same by the fields that count, the one stored last counts."""
        newest: dict[Partition, tuple[tuple[float, float], Partition]] = {}
        lives = {}
        for entry in entries:
            fields = entry.partition.as_dict()
            if entry.offset is None or not all(name in fields for name in self.profile.partition):
                continue
            same = Partition.of({name: fields[name] for name in self.profile.partition or fields})
            life = self._life(entry)
            lives[entry.partition] = (same, life)
            if same not in newest or life > newest[same][0]:
                newest[same] = (life, entry.partition)
        return {partition: newest[same][1] for partition, (same, life) in lives.items() if life < newest[same][0]}

    def _of_time_and_commits(
        self, offset: Offset, time: float | None, committed_at: float | None
    ) -> Iterator[JudgedReason]:
        profile, limits, now = self.profile, self.limits, self.now
        for what, moment in (("its time", time), ("its commit", committed_at)):
            doubt = clock_doubtful(what, moment, now)
            if doubt is not None:
                yield "unknown", doubt
        if profile.open_run is not None and profile.open_run.is_in(offset) and committed_at is not None:
            longest = profile.max_run_age_seconds or limits.max_run_age_seconds
            age = int(now - committed_at)
            if age > longest:
                words = f"its run is open, and nothing was stored for {show_seconds(age)}"
                yield "stuck", Reason("run_too_old", words, age, longest, int(committed_at))
        longest = profile.max_commit_age_seconds or limits.max_commit_age_seconds
        others_move = time is None and self._stores_others(longest)
        silent: VerdictName = "unknown" if self.may_be_quiet or others_move else "stuck"
        overdue = None if committed_at is None else no_commit(committed_at, longest, now)
        if time is not None:
            oldest = profile.max_age_seconds or limits.max_age_seconds
            age = int(now - time)
            if age <= oldest:
                return
            # Data that is old but still arriving means: behind, and moving.
            severity: VerdictName = "late" if committed_at is not None and overdue is None else silent
            yield severity, Reason("time_old", f"its time is {show_seconds(age)} ago", age, oldest, int(time) + oldest)
        if committed_at is None:
            yield "unknown", _COMMIT_TIME_UNKNOWN
        elif overdue is not None:
            yield silent, overdue
        if self.may_be_quiet and (overdue is not None or (committed_at is None and time is not None)):
            message = f"{profile.heartbeat} is not set, so a quiet source looks the same"
            yield "unknown", Reason("may_be_quiet", message)
        elif others_move and overdue is not None:
            message = (
                "the connector has stored offsets of other partitions since: a quiet or finished source looks the same"
            )
            yield "unknown", Reason("may_be_quiet", message)

    def _stores_others(self, longest: int) -> bool:
        """Whether the connector stored some offset lately, and no limit says how long a partition may be silent.

        One that reads files or topics stores nothing for those that have nothing new, such as a file that is read.
        """
        newest = self.newest_commit
        if newest is None or self.profile.max_commit_age_seconds is not None:
            return False
        return no_commit(newest, longest, self.now) is None and clock_doubtful("", newest, self.now) is None


def time_of(field: TimeField | None, offset: Offset) -> tuple[float | None, tuple[JudgedReason, ...]]:
    """The time of an offset in epoch seconds, None where there is none, and what keeps it from being read."""
    if field is None:
        return None, ()
    value = offset.get(field.field)
    if value is None:
        has = ", ".join(sorted(offset)) or "no fields"
        return None, (("ok", Reason("no_time", f"its offset has no {field.field} (it has {has})")),)
    seconds = _seconds(value, field.unit)
    if _is_sensible(seconds):
        return seconds, ()
    words = f"its {field.field} {value} is not a plausible time in {field.unit}"
    for unit in UNITS:
        other = _seconds(value, unit)
        if other is not None and _is_sensible(other):
            words += f" (in {unit} it would be {show_moment(int(other))})"
    return None, (("unknown", Reason("unit_doubtful", words)),)


def _is_sensible(seconds: float | None) -> bool:
    return seconds is not None and _EARLIEST_EPOCH_SECONDS <= seconds <= LATEST_EPOCH_SECONDS


def _seconds(value: JsonScalar, unit: str) -> float | None:
    """Epoch seconds, of whatever year; None for what cannot be read in the unit."""
    text = str(value)
    if unit == ISO:
        # Java writes nine digits after the point, Python 3.10 reads six.
        return iso_seconds(re.sub(r"\.(\d{1,6})\d*", lambda match: f".{match[1]:0<6}", text))
    # Beyond that many digits no unit makes it a time. Doubles come with an exponent.
    is_number = re.fullmatch(r"-?\d{1,30}(\.\d+)?(e\+\d\d)?", text)
    return float(text) / UNITS[unit] if is_number else None
