# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default remedy, held against a second and naive account of the connector; the table with generated worlds."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.data import remedies_data
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies import (
    Remedy,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.remedies_text import (
    remedies_lines,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Offset
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import WIDTH
from hypothesis import event, given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import (
    HOUR,
)
from unit.connectors.stripe_reporting.reference_walk import Where, remembered
from unit.connectors.stripe_reporting.remedy_cases import BLOCKER, compared_in, default
from unit.connectors.stripe_reporting.test_walk import counted_by_hour, old_end
from unit.connectors.stripe_reporting.worlds import World, worlds
from unit.examples import examples

LONG_TYPES = ("balance_change_from_activity.itemized.3", "ending_balance_reconciliation.itemized.4")


@dataclass(frozen=True)
class Judged:
    """A remedy as the reference walk sees it: whether it is lossless, and its cost as far as that walk tells."""

    is_lossless: bool
    cost: tuple[int, int, int]


def judged(world: World, remedy: Remedy) -> Judged:
    stored: dict[Where, Offset] = dict(world.stored)
    changed: set[Where] = set()
    for change in remedy.changes:
        where = str(change.partition.get("timezone")), str(change.partition.get("report_type"))
        changed.add(where)
        if change.after is None:
            del stored[where]
        else:
            stored[where] = change.after
    alone, reference = world.task().run(), world.task(stored).run()
    is_lossless = reference.is_current()
    left_out = again_hours = runs = 0
    for one in world.partitions:
        where = one.timezone, one.report_type
        gaps, again = counted_by_hour(world, reference, one)
        allowed = set() if where in changed else counted_by_hour(world, alone, one)[0]
        asked = reference.asked[where]
        rows_are_lost = any(request.first_row for request in asked if request.resumed is None)
        is_known = world.run_status[where] == "succeeded" or all(request.resumed is None for request in asked)
        # What a partition leaves out is unknown if its offset does not say where it stands, unless it is loaded again.
        says_where = old_end(world.stored.get(where)) is not None or where not in changed or where not in stored
        is_lossless = is_lossless and gaps <= allowed and not rows_are_lost and is_known and says_where
        is_forgotten = where in changed and where not in stored and one.report_type not in world.loads
        is_lossless = is_lossless and not is_forgotten
        left_out += 0 if where not in changed and is_finished(world, where) else len(gaps)
        again_hours += again
        runs += sum(request.resumed is None for request in asked)
    return Judged(is_lossless, (left_out, runs, again_hours))


def is_finished(world: World, where: Where) -> bool:
    """Whether what came since the last chunk is the next round's, and none of it was there when the round began."""
    if where not in world.stored:
        return False
    state = remembered(world.stored[where])
    if not state.done or state.round != world.task().current():
        return False
    end = old_end(world.stored[where])
    was_there = world.available[where] - (world.now - state.round) - 36 * HOUR
    return end is None or end >= was_there


@examples(100)
@given(st.booleans().flatmap(lambda sane: worlds(sane=sane)), st.booleans())
def test_the_default_is_lossless_by_the_reference_walk_and_no_other_lossless_remedy_is_cheaper(
    world: World, is_blocked: bool
) -> None:
    remedies = compared_in(world.situation, BLOCKER if is_blocked else None)
    candidates = {
        remedy.strategy: judged(world, remedy)
        for remedy in remedies.compared
        if remedy.problem is None and not (is_blocked and remedy.strategy == "leave_alone")
    }
    lossless = {strategy: one for strategy, one in candidates.items() if one.is_lossless}
    best = default(remedies)
    event(f"default: {best}, blocked: {is_blocked}")
    if best is None:
        assert lossless == {}
    else:
        assert best in lossless
        assert lossless[best].cost == min(one.cost for one in lossless.values())


@examples(50)
@given(worlds(all_types=LONG_TYPES), st.booleans())
def test_no_line_of_the_table_is_wider_than_80_columns_and_nothing_has_a_secret(world: World, is_blocked: bool) -> None:
    remedies = compared_in(world.situation, BLOCKER if is_blocked else None)
    lines = remedies_lines(remedies_data(remedies))
    assert [line for line in lines if len(line) > WIDTH] == []
    assert sum(line.startswith("  *") for line in lines) == (remedies.default is not None)
    assert "sk_live" not in "\n".join(lines) + json.dumps(remedies_data(remedies))
