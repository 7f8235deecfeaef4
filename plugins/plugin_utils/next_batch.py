# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run over several clusters continues with its next batch, judged by the previous batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped

Data = Mapping[str, Any]

# What a verification says of a connector that is not healthy after its change.
_NOT_WELL = ("not_recovered", "not_proven")


@dataclass(frozen=True)
class ClusterOutcome:
    """What became of one cluster of a batch.

    ``changed``: connectors whose change was begun. ``bad``: why, by connector, for those of them that are not known to be
    healthy. ``worse``: those of them that do not run as they did before. ``failure``: any other failure of the cluster.
    """

    label: str
    changed: frozenset[str] = frozenset()
    bad: Mapping[str, str] = field(default_factory=dict)
    worse: frozenset[str] = frozenset()
    failure: str | None = None

    @classmethod
    def of(cls, label: str, result: Data, verified: Data, failure: str | None) -> ClusterOutcome:
        """``result``: that of a reset or rollback. ``verified``: that of connect_recovery_info. Empty where there is none."""
        connectors: Mapping[str, Data] = result.get("connectors") or {}
        changed = {name for name, one in connectors.items() if one.get("backup_file") or _was_begun(one)}
        bad = {name: str(one["msg"]) for name, one in connectors.items() if name in changed and one.get("failed")}
        worse = {name for name in bad if connectors[name].get("changed")}
        for name, one in (verified.get("connectors") or {}).items():
            if name not in changed:
                continue
            if one["outcome"] in _NOT_WELL:
                bad.setdefault(
                    name, f"{name} is {one['outcome'].replace('_', ' ')}: {one.get('reason') or 'see above'}."
                )
            if not _runs_as_before(connectors[name], one):
                worse.add(name)
        others = [str(one["msg"]) for name, one in connectors.items() if one.get("failed") and name not in changed]
        # The playbooks cannot keep the failure of a host that Ansible does not reach.
        unreachable = [str(one["msg"]) for one in (result, verified) if one.get("unreachable")]
        problem = failure or next(iter([*unreachable, *others]), None)
        return cls(label, frozenset(changed), bad, frozenset(worse), problem)


def _was_begun(one: Data) -> bool:
    return bool(one.get("failed") and (one.get("changed") or one.get("steps")))


def _runs_as_before(change: Data, recovery: Data) -> bool:
    """Whether no task failed, and the connector is in the state that the plan returns it to."""
    state = (change.get("plan") or {}).get("final_state")
    if state not in (None, recovery.get("state")):
        return False
    return state != "RUNNING" or all(task["state"] != "FAILED" for task in recovery.get("tasks") or ())


@dataclass(frozen=True)
class Stop:
    """Why a run does not go on. ``reason``: a short sentence; ``detail``: the message of the cluster that caused it."""

    reason: str
    detail: str

    def sentence(self, done: int, of: int) -> str:
        """The message of each cluster that the run did not reach. Short, as there may be hundreds."""
        return f"Not changed: the run stopped after {done} of {of} clusters. {self.reason}"

    def lines(self, done: int, of: int) -> list[str]:
        """What is said once."""
        return [
            *wrapped(f"The run stops after {done} of {of} clusters. {self.reason} {self.detail}", indent=""),
            *wrapped("Find out why, then run the playbook again. To leave that cluster out, use --limit."),
            "",
        ]


def reason_to_stop(
    clusters: Sequence[ClusterOutcome], max_fail_percentage: int, *, stop_on_failure: bool
) -> Stop | None:
    """Why the run must not go on after a batch; None if it goes on."""
    for one in clusters:
        if one.worse:
            name = min(one.worse)
            detail = one.bad.get(name, "It does not run as it did before.")
            return Stop(f"{name} of {one.label} is worse than before.", detail)
        if stop_on_failure and (one.failure or one.bad):
            return failed_before(f"{one.label}: {one.failure or _first(one)}")
    changed = [one for one in clusters if one.changed]
    bad = [one for one in changed if one.bad]
    if bad and len(bad) * 100 > max_fail_percentage * len(changed):
        return Stop(
            f"{len(bad)} of {len(changed)} changed clusters of the batch are not known to be healthy, which is more than"
            f" connectops_max_fail_percentage ({max_fail_percentage}) allows.",
            f"{bad[0].label}: {_first(bad[0])}",
        )
    return None


def failed_before(failure: str) -> Stop:
    """Why a run stops at any failure, where that was asked for."""
    return Stop("A cluster failed, and connectops_stop_on_failure is set.", failure)


def _first(cluster: ClusterOutcome) -> str:
    return next(iter(cluster.bad.values()), "")
