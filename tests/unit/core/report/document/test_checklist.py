# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the plan: a step is done only when what was seen says so, and says why it is open."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.checklist import (
    recovery_checklist,
    rollback_checklist,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Found
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ConnectorReport,
    Evidence,
    PartitionReport,
    SettingReport,
)

PART = PartitionReport("p", {}, "ok", changed=True)
NOT_READ_BACK = Evidence("read back", "failed", "0 of 1 offset as written")
RESET, VERIFY, PREVENT = 2, 3, 4


def connector(name: str = "orders", outcome: Any = "recovered", **more: Any) -> ConnectorReport:
    return ConnectorReport(name, outcome, **{"partitions": (PART,), **more})


def step(number: int, *connectors: ConnectorReport, is_preview: bool = False, **found: Any) -> tuple[str, str]:
    item = recovery_checklist(Found("eu", **found), connectors, is_preview=is_preview)[number]
    return item.status, item.evidence


def verified(**more: Any) -> dict[str, Any]:
    return {"connectors": {"orders": {"outcome": "recovered", **more}}}


@pytest.mark.parametrize("is_preview", [True, False])
def test_a_failure_or_one_that_was_left_stuck_keeps_the_reset_open_whatever_else_was_done(*, is_preview: bool) -> None:
    done = connector(plan_id="1")
    broken = connector("items", "failed", problem="No.", verdict="stuck")
    left = connector("mirror", "stuck", verdict="stuck")
    assert step(RESET, done, broken, left, is_preview=is_preview, stuck_after_resume=("old",)) == (
        "open",
        "failed: items; stuck and not reset: mirror, old",
    )


def test_one_that_was_stuck_is_left_so_unless_it_was_reset() -> None:
    stuck = connector(outcome="stuck", verdict="stuck")
    assert step(RESET, stuck, offsets={"read_at": 1}) == ("open", "stuck and not reset: orders")
    assert step(RESET, connector(verdict="stuck", plan_id="1"), offsets={"read_at": 1})[0] == "done"


def test_a_preview_verifies_nothing() -> None:
    soak = {"complete": True, "message": "Good for 24 h."}
    assert step(VERIFY, connector(plan_id="1"), is_preview=True, verified=verified(soak=soak))[0] == "open"


def test_a_reset_that_is_only_planned_is_open() -> None:
    assert step(RESET, connector(outcome="planned", plan_id="1"), is_preview=True)[0] == "open"
    assert step(RESET, connector(plan_id="1"))[0] == "done"
    assert step(RESET, connector(plan_id="1", evidence=(NOT_READ_BACK,)))[0] == "open"


def test_nothing_to_reset_is_known_only_after_a_look() -> None:
    assert step(RESET) == ("open", "not looked at in this run")
    assert step(RESET, connector(verdict="ok"), offsets={"read_at": 1}) == ("not_needed", "no connector is stuck")


@pytest.mark.parametrize(
    ("one", "found", "status", "words"),
    [
        (connector(plan_id="1"), {}, "open", "not verified in this run: orders"),
        (connector(verdict="stuck"), {"offsets": {"read_at": 1}}, "open", "not verified in this run: orders"),
        (connector(verdict="ok"), {"offsets": {"read_at": 1}}, "not_needed", "nothing had to be recovered"),
        (connector(verdict="ok"), {}, "open", "nothing was verified in this run"),
        (connector(outcome="not_proven", plan_id="1"), {"verified": verified()}, "open", "1 not proven"),
        (
            connector(plan_id="1", evidence=(Evidence("commits", "open", "none yet"),)),
            {"verified": verified(soak={"complete": True})},
            "open",
            "orders: none yet",
        ),
        (connector(plan_id="1"), {"verified": verified()}, "open", "recovered, but seen only once: run verify again"),
        (
            connector(plan_id="1"),
            {"verified": verified(soak={"complete": False, "message": "Good for 3 h."})},
            "open",
            "orders: Good for 3 h.",
        ),
        (
            connector(plan_id="1"),
            {"verified": verified(soak={"complete": True, "message": "Good for 24 h."})},
            "done",
            "orders: Good for 24 h.",
        ),
        # How the change itself went is told elsewhere.
        (
            connector(plan_id="1", evidence=(Evidence("stop", "open", "w2 was not asked"),)),
            {"verified": verified(soak={"complete": True, "message": "Good."})},
            "done",
            "orders: Good.",
        ),
    ],
)
def test_a_recovery_is_verified_when_its_soak_is_complete(
    one: ConnectorReport, found: dict[str, Any], status: str, words: str
) -> None:
    seen, said = step(VERIFY, one, **found)
    assert (seen, said.startswith(words)) == (status, True), said


@pytest.mark.parametrize(
    ("prevented", "status", "words"),
    [
        ({}, "open", "not looked at in this run"),
        ({"msg": "No."}, "open", "not looked at: No."),
        ({"connectors": {"a": {"deviations": []}}}, "done", "the settings of 1 connector comply"),
        ({"connectors": {"a": {"deviations": []}, "b": {"failed": True}}}, "open", "the settings of b deviate"),
        ({"connectors": {"a": {"deviations": [{}]}, "b": {}}}, "open", "the settings of a deviate"),
    ],
)
def test_prevention_is_done_when_all_settings_comply(prevented: dict[str, Any], status: str, words: str) -> None:
    seen, said = step(PREVENT, prevented=prevented)
    assert (seen, said.startswith(words)) == (status, True), said


@pytest.mark.parametrize(
    ("one", "is_preview", "statuses"),
    [
        (connector(settings=(SettingReport("a", "1", "2"),)), False, ("done", "done")),
        (connector(), False, ("not_needed", "done")),
        (connector(), True, ("not_needed", "open")),
        (connector(evidence=(NOT_READ_BACK,)), False, ("not_needed", "open")),
        (connector(problem="No."), False, ("open", "open")),
    ],
)
def test_a_rollback_is_done_when_what_it_restored_was_read_back(
    one: ConnectorReport, *, is_preview: bool, statuses: tuple[str, str]
) -> None:
    assert tuple(item.status for item in rollback_checklist([one], is_preview=is_preview)) == statuses
