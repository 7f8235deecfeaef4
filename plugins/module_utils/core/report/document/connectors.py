# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connector of a report, from all that the steps of a run have found out about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.judge import OUTCOMES
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.target import SETTINGS_FOUND
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.evidence import evidence_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import (
    NO_DATA,
    Data,
    Found,
    Results,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ConnectorReport,
    KindReport,
    Moment,
    PartitionReport,
    SettingReport,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import ReportOutcome
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.partitions import (
    partition_reports,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.next_steps import rollback_command
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import PLAN_STRATEGIES
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import STATES
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.blocker import BlockerFacts
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS
from ansible_collections.connectops.recovery.plugins.module_utils.core.words import word_of, word_or_none

# Decides which kind a connector is of, and asks that.
ReportOfKind = Callable[[Results], KindReport]


def connector_report(found: Found, name: str, of_kind: ReportOfKind, *, is_preview: bool) -> ConnectorReport:
    results = found.of(name)
    facts, change, recovery = results.facts, results.change, results.recovery
    plan, forecast = change.get("plan") or NO_DATA, change.get("forecast") or NO_DATA
    partitions = partition_reports(facts, change, recovery)
    settings = tuple(_settings(plan, recovery))
    # A verification may be of a change that another run has made.
    earlier = (recovery.get("change") or NO_DATA).get("backup_file")
    backup = change.get("backup_file") or earlier
    is_written = bool(earlier) or bool(settings) or any(one.changed for one in partitions)
    outcome, why = _outcome(results, found.not_fixed.get(name), is_preview=is_preview)
    return ConnectorReport(
        name=name,
        outcome=outcome,
        why=why,
        state=word_or_none(STATES, recovery.get("state") or facts.get("state") or plan.get("state")),
        verdict=word_or_none(VERDICTS, facts.get("verdict")),
        problem=change.get("msg") if change.get("failed") else None,
        blocker=_blocker(facts, partitions),
        partitions=partitions,
        settings=settings,
        plan_id=plan.get("id") if not plan.get("is_empty", True) else None,
        strategy=word_or_none(PLAN_STRATEGIES, plan.get("strategy")),
        understood=bool(forecast),
        kind=of_kind(results),
        evidence=evidence_of(change, recovery),
        moments=tuple(Moment(one["at"], one["message"]) for one in change.get("steps") or ()),
        backup_file=backup,
        rollback_command=tuple(rollback_command(found.label, name, backup)) if backup and is_written else (),
    )


def _outcome(results: Results, not_fixed: str | None, *, is_preview: bool) -> tuple[ReportOutcome, str | None]:
    """The one word for the connector, and why; the last step that says something about it decides.

    ``not_fixed``: why its settings that deviate were not fixed.
    """
    facts, change, recovery, policy = results.facts, results.change, results.recovery, results.policy
    if change.get("failed"):
        return "failed", change.get("msg")
    if recovery:
        return word_of(OUTCOMES, recovery["outcome"]), recovery.get("reason") or _worst_reason(recovery)
    plan = change.get("plan") or NO_DATA
    if plan and not plan["is_empty"]:
        return ("planned" if is_preview else "changed"), f"plan {plan['id']}, strategy {plan['strategy']}"
    deviations = [str(one.get("message", "")) for one in policy.get("deviations") or ()]
    if not_fixed:
        # One whose change failed may be as the policy wants it all the same.
        return ("deviates" if deviations else "failed"), "; ".join([*deviations, f"not fixed: {not_fixed}"])
    if deviations:
        return "deviates", "; ".join(deviations)
    verdict = facts.get("verdict", "ok" if plan or policy else None)
    return word_or_none(VERDICTS, verdict) or "unknown", _worst_reason(facts)


def _worst_reason(data: Data) -> str | None:
    """Why the worst partition has its verdict or outcome; None where nothing is wrong."""
    for one in data.get("verdicts") or ():
        if one["verdict"] == data["verdict"] and one["reasons"]:
            message: str = one["reasons"][0]["message"]
            return message
    for one in data.get("partitions") or ():
        if one["outcome"] == data["outcome"] != "recovered":
            reason: str | None = one.get("reason")
            return reason
    return None


def _blocker(facts: Data, partitions: tuple[PartitionReport, ...]) -> str | None:
    blocker = BlockerFacts.of(facts.get("blocker"))
    if blocker is None:
        return None
    names = [one.name for one in partitions if one.is_blocker]
    who = names[0] if len(names) == 1 else f"one of {', '.join(names)}"
    return f"{who} ({blocker.certainty.replace('_', ' ')}): {blocker.reason.message}"


def _settings(plan: Data, recovery: Data) -> Iterator[SettingReport]:
    """The settings of the plan; without a plan, the settings that an earlier change has written, whose old values are unknown."""
    seen = {one["key"]: one for one in recovery.get("settings") or ()}
    for one in plan.get("settings") or ():
        found = word_or_none(SETTINGS_FOUND, seen.get(one["key"], NO_DATA).get("found"))
        yield SettingReport(one["key"], one["before"], one["after"], found)
    for key, one in () if plan else seen.items():
        yield SettingReport(key, None, one["written"], word_of(SETTINGS_FOUND, one["found"]))
