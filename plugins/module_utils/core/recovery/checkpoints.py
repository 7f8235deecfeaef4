# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkpoints of a verification: each with what was seen and one sentence that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_day,
    show_minutes,
    show_moment,
    show_seconds,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.arrivals import Arrivals
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import (
    PartitionRecovery,
    Recovery,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.log_activity import LogActivity
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import Target
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.task_history import TaskHistory
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, listed

CheckpointName = Literal["logs", "offsets", "data", "partitions", "tasks", "settings"]
CHECKPOINTS: tuple[CheckpointName, ...] = get_args(CheckpointName)
# ``open``: not passed yet, and not failed either. ``not_looked_at``: nothing was there to look at.
CheckpointStatus = Literal["passed", "open", "not_looked_at", "failed"]
CHECKPOINT_STATUSES: tuple[CheckpointStatus, ...] = get_args(CheckpointStatus)

_NO_KAFKA = "set connectops_kafka_bootstrap_servers, so that the topics can be read"


@dataclass(frozen=True)
class Aftermath:
    """What was seen of a connector outside of Connect since its change.

    ``log``: None where no log was read; ``log_problem`` says why then. ``arrivals``: the new records by topic; ``data_problem``
    says why there are none to look at. ``history``: what the status topic says; None where it was not read.
    """

    log: LogActivity | None = None
    log_problem: str = "no log of the workers is named: set connectops_worker_logs, or another source of logs"
    arrivals: tuple[Arrivals, ...] = ()
    data_problem: str = _NO_KAFKA
    history: TaskHistory | None = None
    history_problem: str = _NO_KAFKA


@dataclass(frozen=True)
class Checkpoint:
    """One of the :data:`CHECKPOINTS`; ``message`` is one sentence, ``evidence`` JSON data."""

    checkpoint: CheckpointName
    status: CheckpointStatus
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {
            "checkpoint": self.checkpoint,
            "status": self.status,
            "message": self.message,
            "evidence": dict(self.evidence),
        }


def checkpoints_of(
    target: Target, recovery: Recovery, aftermath: Aftermath, delivery: Delivery, to_go_seconds: int | None = None
) -> tuple[Checkpoint, ...]:
    """All checkpoints of one connector, in the order of their names. ``to_go_seconds``: an estimate, None for none."""
    return (
        _logs(target, aftermath),
        _offsets(recovery, to_go_seconds),
        _data(recovery, aftermath, delivery),
        _partitions(recovery),
        _tasks(target, recovery, aftermath),
        _settings(target, recovery),
    )


def judged_with(recovery: Recovery, checkpoints: Sequence[Checkpoint]) -> Recovery:
    """The recovery, which is not proven where a checkpoint has failed, whatever the offsets say."""
    failed = next((one for one in checkpoints if one.status == "failed"), None)
    if recovery.outcome != "recovered" or failed is None:
        return recovery
    return replace(recovery, outcome="not_proven", reason=f"{failed.checkpoint}: {_sentence_end(failed.message)}")


def _logs(target: Target, aftermath: Aftermath) -> Checkpoint:
    log = aftermath.log
    if log is None:
        return Checkpoint("logs", "not_looked_at", _as_sentence(aftermath.log_problem))
    evidence = log.as_data()
    since = "the last start of its task" if target.change is None else "the change"
    made = f"{counted(log.commits, 'commit')} of {counted(log.records, 'record')}"
    failed = f"{counted(log.failures, 'failed poll')} and {counted(log.timeouts, 'timeout')} since {since}"
    if not log.commits and not log.progress and not log.failures:
        words = (
            f"The logs have no line about its polls since {since}: read them again later, and check that they are the logs of"
            " its worker."
        )
        return Checkpoint("logs", "open", words, evidence)
    if not log.is_moving and log.progress_at > log.failed_at:
        what = f"{failed}, then records were made" if log.failures else f"Records were made since {since}"
        words = f"{what}, but no commit of them was seen: read the logs again later."
        return Checkpoint("logs", "open", words, evidence)
    if not log.failures:
        return Checkpoint("logs", "passed", f"No poll has failed since {since}; {made}.", evidence)
    if log.is_moving:
        words = f"{failed}, then {made}."
        return Checkpoint("logs", "passed", words, evidence)
    words = f"{failed}, and no commit after the last of them: run identify to see what fails."
    return Checkpoint("logs", "failed", words, evidence)


def _offsets(recovery: Recovery, to_go_seconds: int | None) -> Checkpoint:
    parts = recovery.partitions
    evidence = {"partitions": [_offset_evidence(one) for one in parts], "estimate_seconds": to_go_seconds}
    if recovery.outcome == "not_verified":
        return Checkpoint("offsets", "not_looked_at", _as_sentence(recovery.reason), evidence)
    lost = [one for one in parts if one.is_reset_lost]
    silent = [one for one in parts if not one.has_moved and not _is_idle(one)]
    behind = [one for one in parts if not _is_near(one, recovery.outlook.step_seconds)]
    if lost:
        return Checkpoint("offsets", "failed", f"{_named(lost)}: {lost[0].reason}.", evidence)
    if silent or not parts:
        is_over = any(one.outcome == "not_recovered" for one in silent)
        words = f"Nothing was stored since the change for {_named(silent)}" if silent else "No offset is stored"
        why = next((f": {one.reason}" for one in silent if one.reason), "")
        return Checkpoint("offsets", "failed" if is_over else "open", f"{words}{why}.", evidence)
    if behind:
        furthest = max(behind, key=lambda one: one.behind_seconds or 0)
        to_go = f"; about {show_minutes(to_go_seconds)} to go" if to_go_seconds else ""
        words = (
            f"All offsets move; {_named(behind)} {'is' if len(behind) == 1 else 'are'} up to"
            f" {show_seconds(furthest.behind_seconds or 0)} behind the available data{to_go}."
        )
        return Checkpoint("offsets", "open", words, evidence)
    known = [one for one in parts if one.behind_seconds is not None]
    words = "Every offset has moved since the change, or has nothing to do until the next round"
    if known:
        words += f"; delivered up to {show_day(min(one.delivered_to or 0 for one in known))} or later"
    return Checkpoint("offsets", "passed", f"{words}.", evidence)


def _offset_evidence(one: PartitionRecovery) -> dict[str, Any]:
    return {
        "partition": one.partition.as_dict(),
        "moved": one.has_moved,
        "delivered_to": one.delivered_to,
        "available_to": None if one.work is None else one.work.available_to,
        "behind_seconds": one.behind_seconds,
    }


def _is_idle(one: PartitionRecovery) -> bool:
    return one.outcome == "recovered" and not one.has_moved


def _is_near(one: PartitionRecovery, step_seconds: int) -> bool:
    """Whether the partition is where it should be: behind by what the source adds at once, or waiting for the next round."""
    if one.work is None or not one.work.is_due:
        return True
    return one.behind_seconds is None or one.behind_seconds <= step_seconds


def _data(recovery: Recovery, aftermath: Aftermath, delivery: Delivery) -> Checkpoint:
    found = aftermath.arrivals
    if not found:
        return Checkpoint("data", "not_looked_at", _as_sentence(aftermath.data_problem))
    evidence = {"topics": [one.as_data() for one in found]}
    problem = next((one.problem for one in found if one.problem is not None), None)
    if all(one.problem is not None for one in found):
        return Checkpoint("data", "not_looked_at", _as_sentence(problem), evidence)
    records, markers = sum(one.records for one in found), sum(one.markers for one in found)
    came = f"{counted(records, 'new record')} in {counted(len(found), 'topic')}" + (
        f" and {counted(markers, 'empty marker')}" if markers else ""
    )
    missing = list(_missing(recovery, found, delivery))
    lost = [f"{group} in {topic.topic}" for group, topic in missing if topic.tells_all]
    if not records and not markers:
        if any(one.has_moved for one in recovery.partitions) and all(one.is_whole for one in found):
            if recovery.connector.config.get("transforms", "").strip():
                words = (
                    "Offsets have moved, but no record has come into its topics: its transforms may have left them out."
                )
                return Checkpoint("data", "open", words, evidence)
            words = (
                "Offsets have moved, but no record has come into its topics since the change: look for lost records."
            )
            return Checkpoint("data", "failed", words, evidence)
        return Checkpoint("data", "open", "No record has come into its topics since the change.", evidence)
    if lost:
        words = f"{came}, but none of {listed(lost)}, whose offset has moved: look for lost records."
        return Checkpoint("data", "failed", words, evidence)
    words = f"{came}{_shown_groups(found)}{_remarks(found, missing)}"
    if problem is not None:
        return Checkpoint("data", "open", f"{words}: {_sentence_end(problem)}.", evidence)
    return Checkpoint("data", "passed", f"{words}.", evidence)


def _missing(recovery: Recovery, found: Sequence[Arrivals], delivery: Delivery) -> Iterator[tuple[str, Arrivals]]:
    """Of which part of its data, such as a table, nothing was seen in its topic although its offset has moved."""
    by_topic = {one.topic: one for one in found}
    for one in recovery.partitions:
        destination = delivery.destination_of(one.partition)
        if destination is None or not one.has_moved:
            continue
        topic, group = destination
        if topic in by_topic and group not in by_topic[topic].groups:
            yield group, by_topic[topic]


def _remarks(found: Sequence[Arrivals], missing: Sequence[tuple[str, Arrivals]]) -> str:
    unnamed = sum(one.others for one in found if one.groups)
    remarks = [
        f"none seen of {listed([group for group, _topic in missing])}" if missing else "",
        f"{unnamed} do not name their partition" if unnamed else "",
        "" if all(one.is_whole for one in found) else "not all of them were read",
    ]
    return "".join(f"; {one}" for one in remarks if one)


def _shown_groups(found: Sequence[Arrivals]) -> str:
    total: dict[str, int] = {}
    for one in found:
        for group, number in one.groups.items():
            total[group] = total.get(group, 0) + number
    shown = [f"{group} {number}" for group, number in sorted(total.items())]
    return f" ({listed(shown)})" if shown else ""


def _partitions(recovery: Recovery) -> Checkpoint:
    parts = recovery.partitions
    evidence = {
        "partitions": [
            {
                "partition": one.partition.as_dict(),
                "outcome": one.outcome,
                "verdict": one.verdict,
                "reason": one.reason,
            }
            for one in parts
        ]
    }
    if recovery.outcome == "not_verified":
        return Checkpoint("partitions", "not_looked_at", _as_sentence(recovery.reason), evidence)
    bad = [one for one in parts if one.outcome != "recovered"]
    if not parts:
        return Checkpoint("partitions", "open", "No partition is known yet.", evidence)
    if not bad:
        return Checkpoint("partitions", "passed", f"All expected partitions have recovered ({len(parts)}).", evidence)
    failed = [one for one in bad if one.outcome == "not_recovered"]
    first = (failed or bad)[0]
    words = f"{len(parts) - len(bad)} of {len(parts)} expected partitions have recovered; {first.partition}: "
    words += _sentence_end(first.reason or first.outcome.replace("_", " "))
    return Checkpoint("partitions", "failed" if failed else "open", f"{words}.", evidence)


def _tasks(target: Target, recovery: Recovery, aftermath: Aftermath) -> Checkpoint:
    history, log, connector = aftermath.history, aftermath.log, recovery.connector
    states = [task.state for task in connector.tasks]
    evidence: dict[str, Any] = {
        "tasks": [{"id": task.id, "state": task.state, "worker_id": task.worker_id} for task in connector.tasks],
        "status_topic": None if history is None else history.as_data(),
        "log": None if log is None else {"task_starts": log.starts, "rebalances": log.rebalances},
    }
    if "FAILED" in (connector.state, *states):
        return Checkpoint(
            "tasks", "failed", "The connector or a task is FAILED: read its trace, then restart it.", evidence
        )
    has_log = log is not None and log.lines > 0 and target.change is not None
    if history is None and not has_log:
        return Checkpoint(
            "tasks",
            "not_looked_at",
            "Connect does not show restarts over REST, the status topic was not read"
            f" ({aftermath.history_problem}) and no log covers this change.",
            evidence,
        )
    by_log = log if has_log and log is not None else LogActivity()
    starts = max(by_log.starts, 0 if history is None else history.starts)
    rebalances = max(by_log.rebalances, 0 if history is None else history.generations)
    source = "the status topic" if history is not None else "the logs"
    shown = f"{counted(rebalances, 'rebalance')} at least" if rebalances else "no rebalance seen"
    if starts:
        at = (
            ""
            if history is None or history.last_start_at is None
            else f", last at {show_moment(int(history.last_start_at))}"
        )
        words = f"Tasks were started {counted(starts, 'time')} after the change{at} ({source}; {shown}): find out why."
        return Checkpoint("tasks", "open", words, evidence)
    return Checkpoint("tasks", "passed", f"No task was restarted since the change ({source}; {shown}).", evidence)


def _settings(target: Target, recovery: Recovery) -> Checkpoint:
    seen = recovery.settings
    evidence = {"settings": [one.as_data() for one in seen]}
    if target.final_state is None and not seen:
        return Checkpoint("settings", "not_looked_at", "No change of this connector is known.", evidence)
    put_back = next((one.problem for one in seen if one.problem), None)
    if put_back is not None:
        return Checkpoint("settings", "failed", _as_sentence(put_back), evidence)
    others = [one.written.key for one in seen if one.found == "other_value"]
    if others:
        it, has = ("it", "has") if len(others) == 1 else ("them", "have")
        words = f"{listed(others)} no longer {has} the value that was written: ask who changed {it} since."
        return Checkpoint("settings", "open", words, evidence)
    hidden = [one.written.key for one in seen if one.found == "hidden"]
    words = "The change wrote no setting" if not seen else f"{counted(len(seen) - len(hidden), 'setting')} as written"
    words += f"; {listed(hidden)} is a secret and was not compared" if hidden else ""
    return Checkpoint("settings", "passed", f"{words}.", evidence)


def _named(parts: Sequence[PartitionRecovery]) -> str:
    return listed([str(one.partition) for one in parts])


def _as_sentence(text: str | None) -> str:
    """With a capital letter, except in a name such as worker_log_command or connect.log, and with a full stop."""
    words = _sentence_end(text)
    return f"{words[:1].upper() + words[1:] if words.split(' ', 1)[0].isalpha() else words}."


def _sentence_end(text: str | None) -> str:
    return (text or "nothing is known about it").rstrip(".")
