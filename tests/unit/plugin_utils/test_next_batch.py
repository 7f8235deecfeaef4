# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a run over several clusters does not go on with its next batch."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.next_batch import (
    ClusterOutcome,
    reason_to_stop,
)

PLAN = {"final_state": "RUNNING"}
CHANGED = {"changed": True, "plan": PLAN, "backup_file": "/backups/1.json"}
RUNNING = {"state": "RUNNING", "tasks": [{"id": 0, "state": "RUNNING"}]}
UNDONE = {"failed": True, "msg": "c: it was undone.", "changed": False, "steps": [{"at": 1, "message": "stop"}]}


def outcome(change: dict[str, Any], recovery: dict[str, Any] | None = None, label: str = "eu", **more: Any) -> Any:
    verified = {} if recovery is None else {"connectors": {"c": recovery}}
    return ClusterOutcome.of(label, {"connectors": {"c": change}}, verified, more.get("failure"))


def reason(*clusters: ClusterOutcome, most: int = 50, stop_on_failure: bool = False) -> str | None:
    stop = reason_to_stop(clusters, most, stop_on_failure=stop_on_failure)
    return None if stop is None else f"{stop.reason} {stop.detail}"


@pytest.mark.parametrize("seen", ["recovered", "recovering", "not_verified"])
def test_a_run_goes_on_after_what_is_well_or_on_its_way(seen: str) -> None:
    assert reason(outcome(CHANGED, {"outcome": seen, **RUNNING})) is None


@pytest.mark.parametrize("seen", ["not_recovered", "not_proven"])
def test_a_run_stops_when_more_than_the_share_that_is_allowed_is_not_well(seen: str) -> None:
    bad = outcome(CHANGED, {"outcome": seen, "reason": "nothing was stored", **RUNNING})
    good = outcome(CHANGED, {"outcome": "recovered", **RUNNING}, "us")
    words = f"c is {seen.replace('_', ' ')}: nothing was stored."
    assert reason(bad) == (
        "1 of 1 changed clusters of the batch are not known to be healthy, which is more than"
        " connectops_max_fail_percentage (50) allows. eu: " + words
    )
    assert reason(bad, good) is None
    assert reason(bad, good, most=49) is not None
    assert reason(bad, most=100) is None


@pytest.mark.parametrize(
    "recovery",
    [
        {"state": "RUNNING", "tasks": [{"id": 0, "state": "FAILED"}]},
        {"state": "FAILED", "tasks": []},
        {"state": "STOPPED", "tasks": []},
    ],
)
def test_a_run_stops_when_a_connector_is_worse_than_before_whatever_share_is_allowed(recovery: dict[str, Any]) -> None:
    worse = outcome(CHANGED, {"outcome": "recovering", **recovery})
    assert reason(worse, most=100) == "c of eu is worse than before. It does not run as it did before."


def test_a_change_that_was_left_unfinished_is_worse_and_one_that_was_undone_is_not() -> None:
    left = {"failed": True, "msg": "c: left unfinished.", "changed": True}
    assert reason(outcome(left), most=100) == "c of eu is worse than before. c: left unfinished."
    assert reason(outcome(UNDONE), most=100) is None
    assert reason(outcome(UNDONE)) is not None


def test_a_cluster_in_which_nothing_was_changed_does_not_count_unless_that_is_asked_for() -> None:
    unplanned = {"failed": True, "msg": "c: no offsets.", "changed": False, "steps": []}
    unreachable = ClusterOutcome.of("us", {"skipped": True}, {}, "It cannot be reached.")
    assert reason(outcome(unplanned), unreachable, most=0) is None
    assert reason(outcome(unplanned), stop_on_failure=True) == (
        "A cluster failed, and connectops_stop_on_failure is set. eu: c: no offsets."
    )
    assert reason(unreachable, stop_on_failure=True) == (
        "A cluster failed, and connectops_stop_on_failure is set. us: It cannot be reached."
    )


def test_a_host_that_ansible_does_not_reach_is_a_failure() -> None:
    unreachable = {"unreachable": True, "msg": "No route to host."}
    for one in (ClusterOutcome.of("us", unreachable, {}, None), ClusterOutcome.of("us", {}, unreachable, None)):
        assert reason(one) is None
        assert reason(one, stop_on_failure=True) == (
            "A cluster failed, and connectops_stop_on_failure is set. us: No route to host."
        )


def test_a_connector_that_nothing_had_to_be_changed_of_does_not_count() -> None:
    same = {"changed": False, "plan": PLAN, "backup_file": None}
    assert reason(outcome(same, {"outcome": "not_proven", **RUNNING}), most=0) is None


def test_what_is_said_of_each_cluster_that_the_run_did_not_come_to_is_short_and_the_rest_is_said_once() -> None:
    detail = "c: left unfinished, " * 20
    stop = reason_to_stop([outcome({"failed": True, "msg": detail, "changed": True})], 50, stop_on_failure=False)
    assert stop is not None
    assert (
        stop.sentence(2, 200) == "Not changed: the run stopped after 2 of 200 clusters. c of eu is worse than before."
    )
    said = " ".join(" ".join(stop.lines(2, 200)).split())
    assert said.startswith(f"The run stops after 2 of 200 clusters. c of eu is worse than before. {detail.strip()}")
    assert said.endswith("Find out why, then run the playbook again. To leave that cluster out, use --limit.")
