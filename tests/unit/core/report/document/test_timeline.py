# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The moments of a run in order, and by when each part of the plan is due and was done."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ChecklistItem,
    ConnectorReport,
    Moment,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.timeline import phases, timeline

READ_AT, CHANGED, VERIFIED, MADE_AT = 1_000_000, 1_000_100, 1_000_200, 1_000_300
HOUR, DAY = 3600, 86_400
ORDERS = ConnectorReport("orders", "recovered", moments=(Moment(CHANGED - 50, "stopping"), Moment(CHANGED, "RUNNING")))
EARLIER = {"taken_at": READ_AT - 500, "returned_at": READ_AT - 400, "made_by": "ann@host", "plan_id": "1"}


def found(**more: Any) -> Found:
    return Found("eu", **more)


def checklist(*statuses: Any) -> list[ChecklistItem]:
    return [ChecklistItem("step", status, "") for status in statuses]


def test_moments_are_in_order_and_say_of_what_they_are() -> None:
    reason = {"code": "runs_repeated", "since": READ_AT - 9000, "message": "it waits"}
    blocker = {"partitions": [], "certainty": "proven", "reason": reason}
    read = {
        "read_at": READ_AT + 0.9,
        "connectors": {"orders": {"blocker": blocker}, "items": {"blocker": None}},
    }
    verified = {"ended_at": VERIFIED, "message": "Recovered."}
    assert [(one.at, one.message) for one in timeline(found(offsets=read, verified=verified), [ORDERS])] == [
        (READ_AT - 9000, "orders: since then it waits"),
        (READ_AT, "eu: first look"),
        (CHANGED - 50, "orders: stopping"),
        (CHANGED, "orders: RUNNING"),
        (VERIFIED, "Recovered."),
    ]


def test_a_change_of_another_run_is_a_moment_where_this_one_has_made_none() -> None:
    verified = {"connectors": {"orders": {"change": EARLIER}}}
    (moment,) = timeline(found(verified=verified), [ConnectorReport("orders", "recovered")])
    assert (moment.at, moment.message) == (READ_AT - 500, "orders: changed by ann@host, plan 1")
    assert len(timeline(found(verified=verified), [ORDERS])) == 2


def test_without_a_look_and_a_change_nothing_is_due() -> None:
    assert phases(found(), [ORDERS], checklist(*["done"] * 5), MADE_AT) == ()


def test_each_part_is_due_from_the_first_look_on_and_done_with_the_last_of_its_steps() -> None:
    run = found(offsets={"read_at": READ_AT}, verified={"ended_at": VERIFIED})
    parts = phases(run, [ORDERS], checklist(*["done"] * 5), MADE_AT)
    assert [one.due for one in parts] == [READ_AT + 2 * HOUR, READ_AT + 4 * HOUR, READ_AT + 2 * DAY, READ_AT + 7 * DAY]
    assert [one.done for one in parts] == [CHANGED, CHANGED, VERIFIED, MADE_AT]


@pytest.mark.parametrize(
    ("statuses", "done"),
    [
        (("open", "done", "open", "open", "open"), [None, None, None, None]),
        (("not_needed", "done", "not_needed", "not_needed", "done"), [READ_AT, READ_AT, READ_AT, MADE_AT]),
    ],
)
def test_an_open_step_leaves_its_part_open_and_one_that_is_not_needed_takes_no_time(
    statuses: tuple[str, ...], done: list[int | None]
) -> None:
    parts = phases(found(offsets={"read_at": READ_AT}), [ORDERS], checklist(*statuses), MADE_AT)
    assert [one.done for one in parts] == done


def test_a_verification_alone_counts_from_the_first_of_the_changes_that_it_verifies() -> None:
    later = {**EARLIER, "taken_at": READ_AT, "returned_at": READ_AT + 90}
    run = found(verified={"connectors": {"orders": {"change": EARLIER}, "items": {"change": later}}})
    both = [ConnectorReport("orders", "recovered"), ConnectorReport("items", "recovered")]
    first, *_others = phases(run, both, checklist(*["done"] * 5), MADE_AT)
    assert (first.due, first.done) == (READ_AT - 500 + 2 * HOUR, READ_AT + 90)
