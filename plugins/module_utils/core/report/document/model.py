# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report on one run, for a page, a text and a JSON document. Moments are epoch seconds, lengths are seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.numbers import whole_number
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.checkpoints import CheckpointStatus
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import OutcomeName
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import SettingFound
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import (
    ReportOutcome,
    badness,
    counted_outcomes,
    worst_outcome,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import PlanStrategy
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VerdictName
from ansible_collections.connectops.recovery.plugins.module_utils.core.version import VERSION

FORMAT = 1
MADE_BY = "connectops.recovery"
Playbook = Literal["identify", "recover", "verify", "rollback", "prevent"]
PLAYBOOKS: tuple[Playbook, ...] = get_args(Playbook)
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Look:
    """How far a partition was at one moment; None where that is not known."""

    at: int
    delivered_to: int | None
    available_to: int | None


@dataclass(frozen=True)
class PartitionReport:
    """One source partition. ``name``: what distinguishes it from the others of its connector.

    ``delivered_before``, ``delivered_after``: up to where it had and has delivered; ``available_to``: the end of the data
    that there is; None where that is not known. ``outcome``: what became of it, None where nobody waited for it.
    ``history``: its change and each look since, oldest first.
    """

    name: str
    partition: Fields
    verdict: VerdictName | None
    reasons: tuple[str, ...] = ()
    is_blocker: bool = False
    delivered_before: int | None = None
    delivered_after: int | None = None
    available_to: int | None = None
    outcome: OutcomeName | None = None
    outcome_reason: str | None = None
    offset_before: Fields | None = None
    offset_after: Fields | None = None
    changed: bool = False
    skipped: tuple[tuple[int, int], ...] = ()
    redelivered_seconds: int = 0
    redelivered_rows: int = 0
    lost_rows: int = 0
    history: tuple[Look, ...] = ()

    @property
    def progress(self) -> tuple[Look, ...]:
        """The looks at which it was further than before, with the first one."""
        return tuple(
            look
            for number, look in enumerate(self.history)
            if not number or look.delivered_to != self.history[number - 1].delivered_to
        )


@dataclass(frozen=True)
class SettingReport:
    """A setting that the plan changes. ``found``: what was read of it later, None where nobody looked."""

    key: str
    before: str | None
    after: str | None
    found: SettingFound | None = None

    @property
    def new_number(self) -> int | None:
        """What it changes to; None where that is no whole number."""
        return None if self.after is None else whole_number(self.after)


@dataclass(frozen=True)
class SourceRun:
    """One run of the source for a partition, ``name``. ``seconds``: how long it took, None for one without a result."""

    name: str
    created: int
    status: str
    seconds: int | None


@dataclass(frozen=True)
class Wait:
    """How long a connector waits for a run, before any change, by the setting ``key``; None where that is not known."""

    key: str
    milliseconds: int | None = None
    is_enough: bool | None = None


@dataclass(frozen=True)
class SourceReport:
    """A source that prepares its data in runs, for which the connector waits.

    ``noun``: what such a run is called. ``runs``: the newest of each partition. ``runs_needed``: how many until the connector
    has caught up, None where that is not known; ``runs_left_alone``: the same if nothing is changed, None for never.
    """

    noun: str
    wait: Wait
    runs: tuple[SourceRun, ...] = ()
    runs_needed: int | None = None
    runs_left_alone: int | None = None

    @property
    def title(self) -> str:
        """The noun in the plural, as the beginning of a line."""
        return f"{self.noun[:1].upper()}{self.noun[1:]}s"

    @property
    def message(self) -> str | None:
        """How much there is to do in a line; None where that is not known."""
        if self.runs_needed is None:
            return None
        left_alone = "never catches up" if self.runs_left_alone is None else self.runs_left_alone
        return f"{self.title} to catch up: {self.runs_needed} (left alone: {left_alone})."


@dataclass(frozen=True)
class KindReport:
    """What only the kind of a connector can say of it. By default it can say no more than the results.

    ``partitions``: what the connector's partitions are called. ``notes``: what a person still has to know, as sentences.
    """

    partitions: str = "partitions"
    source: SourceReport | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """One thing that was looked at."""

    checkpoint: str
    status: CheckpointStatus
    message: str


@dataclass(frozen=True)
class Moment:
    """Something that happened, in order."""

    at: int
    message: str


@dataclass(frozen=True)
class ConnectorReport:
    """One connector. ``kind``: what its kind adds.

    ``understood``: whether the collection knows what its offsets mean, and so can say what is skipped and read twice.
    """

    name: str
    outcome: ReportOutcome
    why: str | None = None
    state: State | None = None
    verdict: VerdictName | None = None
    problem: str | None = None
    blocker: str | None = None
    partitions: tuple[PartitionReport, ...] = ()
    settings: tuple[SettingReport, ...] = ()
    plan_id: str | None = None
    strategy: PlanStrategy | None = None
    understood: bool = False
    kind: KindReport = field(default_factory=KindReport)
    evidence: tuple[Evidence, ...] = ()
    moments: tuple[Moment, ...] = ()
    backup_file: str | None = None
    rollback_command: tuple[str, ...] = ()

    @property
    def new_wait(self) -> SettingReport | None:
        """The change of the wait for its source; None where that stays."""
        source = self.kind.source
        return None if source is None else next((one for one in self.settings if one.key == source.wait.key), None)


@dataclass(frozen=True)
class ChecklistItem:
    """A step of the recovery plan. ``status``: done, not_needed or open; ``evidence``: the facts that say so."""

    step: str
    status: Literal["done", "not_needed", "open"]
    evidence: str


@dataclass(frozen=True)
class Phase:
    """A part of the recovery plan's timeline: what is due by when, and when it was done. None: not known, not done."""

    name: str
    due: int | None
    done: int | None


@dataclass(frozen=True)
class ClusterReport:
    """One cluster. ``problem``: why the run failed for it. ``read_at``: when its connectors were read."""

    label: str
    outcome: ReportOutcome
    problem: str | None = None
    connect_version: str | None = None
    read_at: int | None = None
    connectors: tuple[ConnectorReport, ...] = ()
    open_points: tuple[str, ...] = ()
    checklist: tuple[ChecklistItem, ...] = ()
    phases: tuple[Phase, ...] = ()
    timeline: tuple[Moment, ...] = ()
    next_steps: tuple[str, ...] = ()

    def in_short(self) -> ClusterReport:
        """What is said of the cluster among all those of a run: how it is, and which connectors are not healthy, and why."""
        connectors = tuple(
            ConnectorReport(one.name, one.outcome, one.why, verdict=one.verdict, problem=one.problem)
            for one in self.connectors
        )
        return ClusterReport(self.label, self.outcome, self.problem, connectors=connectors)

    @property
    def message(self) -> str:
        """The cluster in a line."""
        found = counted_outcomes(one.outcome for one in self.connectors)
        if not found:
            return self.problem or "It has no connector to report on."
        return f"{counted(len(self.connectors), 'connector')}: {found}."

    def summary(self, playbook: Playbook, *, is_preview: bool) -> dict[str, Any]:
        """The cluster in a few values, to pass on to another job."""
        return {"playbook": playbook, "is_preview": is_preview, "outcome": self.outcome, "message": self.message}


@dataclass(frozen=True)
class RunReport:
    """One run of a playbook. ``is_preview``: it changed nothing. ``run_by``: user and host."""

    playbook: Playbook
    is_preview: bool
    made_at: int
    run_by: str
    clusters: tuple[ClusterReport, ...] = field(default_factory=tuple)

    @property
    def stamp(self) -> str:
        """The time as a part of a file's name, in UTC."""
        return datetime.fromtimestamp(self.made_at, timezone.utc).strftime("%Y%m%dT%H%M%SZ")

    @property
    def outcome(self) -> ReportOutcome:
        return worst_outcome(one.outcome for one in self.clusters)

    @property
    def worst_first(self) -> Sequence[ClusterReport]:
        return sorted(self.clusters, key=lambda one: (badness(one.outcome), one.label))

    @property
    def message(self) -> str:
        """The run in a line."""
        if len(self.clusters) == 1:
            return f"{self.clusters[0].label}: {self.clusters[0].message}"
        return f"{counted(len(self.clusters), 'cluster')}: {counted_outcomes(one.outcome for one in self.clusters)}."

    def as_data(self) -> dict[str, Any]:
        """The JSON document; its schema is docs/report.schema.json."""
        return {
            "format": FORMAT,
            "made_by": MADE_BY,
            "version": VERSION,
            "playbook": self.playbook,
            "is_preview": self.is_preview,
            "made_at": self.made_at,
            "run_by": self.run_by,
            "outcome": self.outcome,
            "message": self.message,
            "clusters": [{**asdict(one), "message": one.message} for one in self.worst_first],
        }
