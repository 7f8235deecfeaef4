# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checklist of the recovery plan for one cluster. A step is done only where facts of this run say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    show_milliseconds,
    show_moment,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.evidence import READ_BACK, STOP
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import NO_DATA, Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ChecklistItem,
    ConnectorReport,
    Evidence,
    KindReport,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import counted_outcomes
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import STUCK

Connectors = Sequence[ConnectorReport]


def recovery_checklist(found: Found, connectors: Connectors, *, is_preview: bool) -> tuple[ChecklistItem, ...]:
    """The five steps of the recovery plan."""
    return (
        _raise_wait(connectors, is_preview=is_preview),
        _identify(found, connectors),
        _reset(found, connectors, is_preview=is_preview),
        _verify(found, connectors, is_preview=is_preview),
        _prevent(found),
    )


def rollback_checklist(connectors: Connectors, *, is_preview: bool) -> tuple[ChecklistItem, ...]:
    """The steps of the recovery plan's rollback that are not a person's."""
    items = []
    for step, noun in (("Restore the previous configuration", "setting"), ("Restore the offsets", "offset")):
        wanted = sum(len(one.settings) if noun == "setting" else _changed_offsets(one) for one in connectors)
        failed = [one.name for one in connectors if one.problem is not None]
        if failed:
            items.append(ChecklistItem(step, "open", f"not rolled back: {', '.join(failed)}"))
        elif not wanted:
            items.append(ChecklistItem(step, "not_needed", f"no {noun} had to be restored"))
        elif is_preview:
            items.append(ChecklistItem(step, "open", f"planned: {counted(wanted, noun)}"))
        else:
            doubts = _not_read_back(connectors)
            words = doubts or f"{counted(wanted, noun)} restored and read back"
            items.append(ChecklistItem(step, "open" if doubts else "done", words))
    return tuple(items)


def partitions_of(connectors: Connectors) -> str:
    """What the partitions of the connectors are called; a kind with a word of its own decides."""
    words = {one.kind.partitions for one in connectors} - {KindReport.partitions}
    return " and ".join(sorted(words)) or KindReport.partitions


def _raise_wait(connectors: Connectors, *, is_preview: bool) -> ChecklistItem:
    waits = [(one, one.kind.source.wait) for one in connectors if one.kind.source is not None]
    step = f"Step 1: Increase {' and '.join(sorted({wait.key for _one, wait in waits})) or 'the wait for the source'}"
    raised: list[str] = []
    enough: list[str] = []
    short: list[str] = []
    for one, wait in waits:
        if (written := one.new_wait) is not None:
            is_read_back = one.problem is None and not is_preview and not _not_read_back([one])
            is_kept = is_read_back and written.found in (None, "as_written")
            until = "" if written.new_number is None else f" to {show_milliseconds(written.new_number)}"
            (raised if is_kept else short).append(f"{one.name}{until}")
        elif wait.milliseconds is not None:
            (enough if wait.is_enough else short).append(f"{one.name} ({show_milliseconds(wait.milliseconds)})")
    if short:
        return ChecklistItem(step, "open", f"{'planned' if is_preview else 'still too short'}: {', '.join(short)}")
    if raised:
        return ChecklistItem(step, "done", f"raised and read back: {', '.join(raised)}")
    if enough:
        return ChecklistItem(step, "not_needed", f"long enough already: {', '.join(enough)}")
    if connectors and not waits and all(one.verdict not in (None, "unknown") for one in connectors):
        return ChecklistItem(step, "not_needed", "no connector of this run waits for its source by a known setting")
    return ChecklistItem(step, "open", "not looked at: no connector with such a setting was read in this run")


def _identify(found: Found, connectors: Connectors) -> ChecklistItem:
    step = f"Step 2: Identify all stuck {partitions_of(connectors)}"
    read_at = found.offsets.get("read_at") or found.verified.get("ended_at")
    if read_at is None:
        return ChecklistItem(step, "open", "not looked at in this run")
    verdicts = [part.verdict or part.outcome or "unknown" for one in connectors for part in one.partitions]
    when = f"{counted(len(verdicts), 'partition')} read at {show_moment(int(read_at))}: {counted_outcomes(verdicts)}"
    is_known = not {"unknown", "not_proven"} & {*verdicts, found.offsets.get("verdict")}
    return ChecklistItem(step, "done" if is_known else "open", when if verdicts else "no partition was found")


def _reset(found: Found, connectors: Connectors, *, is_preview: bool) -> ChecklistItem:
    step = f"Step 3: Reset stale offsets for stuck {partitions_of(connectors)}"
    changed = [one for one in connectors if one.plan_id is not None]
    failed = [one.name for one in connectors if one.problem is not None]
    stuck = [one.name for one in connectors if one.verdict in STUCK and one not in changed and one.name not in failed]
    stuck += found.stuck_after_resume
    if failed or stuck:
        parts = [("failed", failed), ("stuck and not reset", stuck)]
        return ChecklistItem(step, "open", "; ".join(f"{words}: {', '.join(names)}" for words, names in parts if names))
    count = counted(sum(map(_changed_offsets, changed)), "offset")
    names = ", ".join(one.name for one in changed)
    if changed and is_preview:
        return ChecklistItem(step, "open", f"planned: {count} of {names}")
    if changed:
        doubts = _not_read_back(changed)
        return ChecklistItem(step, "open" if doubts else "done", doubts or f"{count} of {names} written and read back")
    earlier = [one.name for one in connectors if found.recovery(one.name).get("change")]
    if earlier and not found.offsets:
        recovered = all(one.outcome == "recovered" for one in connectors)
        words = f"verified in this run: the change of {', '.join(earlier)}"
        return ChecklistItem(step, "done" if recovered else "open", words)
    if not found.offsets:
        return ChecklistItem(step, "open", "not looked at in this run")
    return ChecklistItem(step, "not_needed", "no connector is stuck")


def _verify(found: Found, connectors: Connectors, *, is_preview: bool) -> ChecklistItem:
    step = "Step 4: Verify recovery (monitor for 24-48 hours)"
    verified = [] if is_preview else [one for one in connectors if found.recovery(one.name)]
    missing = [one.name for one in connectors if one not in verified and _had_to_recover(one)]
    if missing:
        return ChecklistItem(step, "open", f"not verified in this run: {', '.join(missing)}")
    if not verified and found.offsets:
        return ChecklistItem(step, "not_needed", "nothing had to be recovered")
    if not verified:
        return ChecklistItem(step, "open", "nothing was verified in this run")
    if any(one.outcome != "recovered" for one in verified):
        return ChecklistItem(step, "open", counted_outcomes(one.outcome for one in verified))
    doubts = _not_shown(verified)
    if doubts:
        return ChecklistItem(step, "open", doubts)
    soaks = {one.name: found.recovery(one.name).get("soak") or NO_DATA for one in verified}
    is_complete = all(one.get("complete") for one in soaks.values())
    seen = [f"{name}: {one['message']}" for name, one in soaks.items() if one.get("message")]
    words = " ".join(seen) or "recovered, but seen only once: run verify again until 24 hours are over"
    return ChecklistItem(step, "done" if is_complete else "open", words)


def _had_to_recover(one: ConnectorReport) -> bool:
    return one.plan_id is not None or one.verdict in STUCK or one.problem is not None


def _prevent(found: Found) -> ChecklistItem:
    step = "Step 5: Implement preventive measures"
    checked = found.prevented.get("connectors") or {}
    if found.prevented.get("msg"):
        return ChecklistItem(step, "open", f"not looked at: {found.prevented['msg']}")
    if not checked:
        return ChecklistItem(step, "open", "not looked at in this run: run prevent")
    deviating = [name for name, one in checked.items() if one.get("deviations") or one.get("failed")]
    if deviating:
        return ChecklistItem(step, "open", f"the settings of {', '.join(deviating)} deviate from the policy")
    return ChecklistItem(step, "done", f"the settings of {counted(len(checked), 'connector')} comply with the policy")


def _changed_offsets(connector: ConnectorReport) -> int:
    return sum(one.changed for one in connector.partitions)


def _not_read_back(connectors: Iterable[ConnectorReport]) -> str:
    """What was written and not read back; empty for nothing."""
    return _doubts(connectors, lambda one: one.status == "failed" and one.checkpoint == READ_BACK)


def _not_shown(connectors: Iterable[ConnectorReport]) -> str:
    """What the verification has looked at and not found to be healthy; empty for nothing."""
    return _doubts(connectors, lambda one: one.status in ("failed", "open") and one.checkpoint not in (STOP, READ_BACK))


def _doubts(connectors: Iterable[ConnectorReport], counts: Callable[[Evidence], bool]) -> str:
    return "; ".join(f"{one.name}: {found.message}" for one in connectors for found in one.evidence if counts(found))
