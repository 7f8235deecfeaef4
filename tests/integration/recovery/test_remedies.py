# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of remedies: what it says of one is what the connector does once that one is chosen."""

from __future__ import annotations

from typing import Any

import pytest
from integration.recovery.tasks import MAX_WAIT, ZONES, Tasks, await_as_announced, stuck, succeeded
from lab.days import DAY_SECONDS, MIDNIGHT
from lab.trial import Trial

ROWS_PER_DAY = 4
DAYS_MISSED = 3
LONGER_WAIT = {MAX_WAIT: "60m"}


def remedies_of(tasks: Tasks) -> dict[str, Any]:
    facts = succeeded(tasks.look())["ansible_facts"]["connectops_offsets"]
    remedies: dict[str, Any] = facts["connectors"][tasks.trial.name]["remedies"]
    return remedies


@pytest.mark.parametrize("strategy", ["continue", "raise_wait", "available_end"])
def test_a_remedy_makes_the_connector_ask_and_deliver_what_the_table_says(
    trial: Trial, tasks: Tasks, strategy: str
) -> None:
    stuck(trial, end_days=DAYS_MISSED, round_days=2, load_days=4)
    remedies = remedies_of(tasks)
    table = {one["strategy"]: one for one in remedies["compared"]}
    assert remedies["default"] == "continue"
    assert not table["leave_alone"]["catches_up"]
    assert (table["continue"]["report_runs"], table["available_end"]["report_runs"]) == (3, 0)
    assert table["raise_wait"]["report_runs"] == 3 * 3

    if strategy == "raise_wait":
        succeeded(tasks.configure(at_least=LONGER_WAIT))
    else:
        done = tasks.previewed_reset(strategy=strategy, at_least=LONGER_WAIT)
        assert done["plan"]["offsets"] == table[strategy]["offsets"]

    await_as_announced(trial, {**table[strategy], "current_round": MIDNIGHT})
    expected = {
        one["partition"]["timezone"]: ROWS_PER_DAY
        * (DAYS_MISSED * DAY_SECONDS + one["redelivered_seconds"] - sum(end - start for start, end in one["skipped"]))
        // DAY_SECONDS
        for one in table[strategy]["partitions"]
    }
    trial.await_delivered(sum(expected.values()))
    assert {zone: len(trial.delivered(zone)) for zone in ZONES} == expected
