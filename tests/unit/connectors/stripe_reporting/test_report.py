# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Stripe kind adds to a report, from the results of a real run and from none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.report import report
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import MAX_WAIT
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Results
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    KindReport,
    SourceReport,
    Wait,
)
from unit.core.report.document.cases import NAME, recorded

FACTS: dict[str, Any] = recorded("offsets")["connectors"][NAME]
CHANGE: dict[str, Any] = recorded("planned")["connectors"][NAME]
NEW_YORK = "America/New_York"


def source(results: Results) -> SourceReport:
    found = report(results).source
    assert found is not None
    return found


def test_the_wait_and_the_report_runs_are_those_of_the_facts() -> None:
    found = source(Results(FACTS))
    assert (found.noun, found.wait) == ("report run", Wait(MAX_WAIT, 1500, is_enough=False))
    of_new_york = [one for one in FACTS["report_runs"] if one["partition"]["timezone"] == NEW_YORK]
    assert of_new_york
    assert [(one.created, one.status, one.seconds) for one in found.runs if one.name == NEW_YORK] == [
        (one["created"], one["status"], one["seconds"]) for one in of_new_york
    ]


@pytest.mark.parametrize(
    "facts, change, message",
    [
        (FACTS, {}, None),
        ({}, CHANGE, "Report runs to catch up: 3 (left alone: never catches up)."),
        (
            {},
            {"forecast": {"report_runs": 0, "left_alone": {"report_runs": 2}}},
            "Report runs to catch up: 0 (left alone: 2).",
        ),
        # A plan of settings has no forecast.
        ({"left_alone": {"report_runs": 2}}, {"forecast": None}, None),
    ],
)
def test_what_is_left_to_do_is_known_from_the_plan(
    facts: dict[str, Any], change: dict[str, Any], message: str | None
) -> None:
    assert source(Results(facts, change)).message == message


def test_without_any_result_only_the_words_are_known() -> None:
    bare = KindReport("timezones", SourceReport("report run", Wait(MAX_WAIT)))
    assert report(Results()) == bare
    noted = Results({"dropped_timezones": {"PST": "Stripe refused its key."}}, {"forecast": {"notes": ["Look twice."]}})
    notes = ("Look twice.", "the task has dropped the timezone PST: Stripe refused its key.")
    assert report(noted) == replace(bare, notes=notes)
