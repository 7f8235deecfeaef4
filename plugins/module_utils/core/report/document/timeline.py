# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what happened, and how that compares with the timeline of the recovery plan. Moments are epoch seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS, HOUR_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.checklist import partitions_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import NO_DATA, Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ChecklistItem,
    ConnectorReport,
    Moment,
    Phase,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.blocker import BlockerFacts

# The recovery plan's own names, each with its length after the first look and the steps of the checklist that end it.
_PHASES = (
    ("Immediate (0-2 hours): increase the timeout", 2 * HOUR_SECONDS, (0,)),
    ("Short-term (2-4 hours): identify and reset stuck {partitions}", 4 * HOUR_SECONDS, (1, 2)),
    ("Verification (24-48 hours): monitor recovery", 2 * DAY_SECONDS, (3,)),
    ("Long-term (1 week): code improvements and monitoring", 7 * DAY_SECONDS, (4,)),
)


def timeline(found: Found, connectors: Sequence[ConnectorReport]) -> tuple[Moment, ...]:
    """All moments that are known, in order."""
    moments = [*_of_facts(found), *_of_earlier_changes(found, connectors), *_of_changes(connectors)]
    moments += _of_verification(found)
    return tuple(sorted(moments, key=lambda one: one.at))


def phases(
    found: Found, connectors: Sequence[ConnectorReport], checklist: Sequence[ChecklistItem], made_at: int
) -> tuple[Phase, ...]:
    """The recovery plan's timeline, counted from the first look at the cluster, or from the first change that is verified.

    A part is done with the last of its steps.
    """
    earlier = [change for one in connectors if (change := found.recovery(one.name).get("change"))]
    begun = _first_look(found)
    if begun is None:
        begun = min((int(one["taken_at"]) for one in earlier), default=None)
    if begun is None:
        return ()
    moments = [one.at for connector in connectors for one in connector.moments]
    changed = max(moments or [int(one["returned_at"]) for one in earlier], default=made_at)
    ended = found.verified.get("ended_at") or made_at
    ends = (changed, begun, changed, ended, made_at)

    def done(steps: Sequence[int]) -> int | None:
        items = [checklist[step] for step in steps]
        if any(one.status == "open" for one in items):
            return None
        return max((ends[step] for step in steps if checklist[step].status == "done"), default=begun)

    partitions = partitions_of(connectors)
    return tuple(
        Phase(name.format(partitions=partitions), begun + seconds, done(steps)) for name, seconds, steps in _PHASES
    )


def _first_look(found: Found) -> int | None:
    read_at = found.offsets.get("read_at")
    return None if read_at is None else int(read_at)


def _of_facts(found: Found) -> Iterator[Moment]:
    for name, one in (found.offsets.get("connectors") or NO_DATA).items():
        blocker = BlockerFacts.of(one.get("blocker"))
        if blocker is not None and blocker.reason.since is not None:
            yield Moment(int(blocker.reason.since), f"{name}: since then {blocker.reason.message}")
    read_at = _first_look(found)
    if read_at is not None:
        yield Moment(read_at, f"{found.label}: first look")


def _of_earlier_changes(found: Found, connectors: Sequence[ConnectorReport]) -> Iterator[Moment]:
    """The changes of other runs that this one has verified."""
    for connector in connectors:
        change = found.recovery(connector.name).get("change")
        if change and not connector.moments:
            who = f" by {change['made_by']}" if change.get("made_by") else ""
            yield Moment(int(change["taken_at"]), f"{connector.name}: changed{who}, plan {change['plan_id']}")


def _of_changes(connectors: Sequence[ConnectorReport]) -> Iterator[Moment]:
    for connector in connectors:
        for one in connector.moments:
            yield Moment(one.at, f"{connector.name}: {one.message}")


def _of_verification(found: Found) -> Iterator[Moment]:
    ended, message = found.verified.get("ended_at"), found.verified.get("message")
    if ended is not None and message:
        yield Moment(int(ended), str(message))
