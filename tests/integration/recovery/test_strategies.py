# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each strategy of connect_offset_reset: what it announces is what the connector does then."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.tasks import (
    CAIRO,
    MAX_WAIT,
    NEW_YORK,
    PST,
    ZONES,
    Tasks,
    Written,
    await_as_announced,
    failed,
    half_delivered,
    partition,
    stuck,
    succeeded,
    today_in_the_current_round,
    unfinished,
)
from lab import Lab
from lab.days import DAY_SECONDS, MIDNIGHT, ago
from lab.scenarios import REPORT_TYPE, finished, stripe_offset
from lab.trial import Trial

pytestmark = pytest.mark.slow_file

LONGER_WAIT = {MAX_WAIT: "60m"}
QUICK_POLLS = {"in.progress.poll.interval.ms": 50}


def delivered_once(trial: Trial, start: int, zones: tuple[str, ...] = ZONES, end: int = MIDNIGHT) -> bool:
    """Whether the topic holds every row from ``start`` to ``end`` exactly once, and no other."""
    return all(sorted(trial.delivered(zone)) == trial.expected(zone, start, end) for zone in zones)


def assert_unchanged_by_a_second_run(tasks: Tasks, **options: Any) -> None:
    before = Written.now(tasks.lab)
    starts = tasks.trial.count_log("Task started with report types")
    again = succeeded(tasks.reset(**options))
    assert not again["changed"]
    assert not tasks.of(again)["changed"]
    assert again["diff"] == []
    assert Written.now(tasks.lab) == before
    assert tasks.trial.count_log("Task started with report types") == starts


def report_partition(done: dict[str, Any], zone: str) -> dict[str, Any]:
    """The forecast for a timezone."""
    found: dict[str, Any] = next(one for one in done["forecast"]["partitions"] if one["partition"]["timezone"] == zone)
    return found


# continue


def test_continue_behind_the_round_takes_one_run_each_and_delivers_every_row_once(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    done = tasks.previewed_reset(at_least=LONGER_WAIT)
    assert [change["after"]["round_id"] for change in done["plan"]["offsets"]] == [MIDNIGHT] * 3
    assert [report_partition(done, zone)["next_request"]["interval_start"] for zone in ZONES] == [ago(5)] * 3
    assert done["forecast"]["report_runs"] == 3
    assert done["forecast"]["left_alone"]["report_runs_once_healed"] > 3
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, ago(5))
    assert_unchanged_by_a_second_run(tasks, at_least=LONGER_WAIT)


def test_continue_in_the_current_round_changes_the_wait_alone(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, round_days=0)
    done = tasks.previewed_reset(at_least=LONGER_WAIT)
    assert done["plan"]["offsets"] == []
    assert [change["key"] for change in done["plan"]["settings"]] == [MAX_WAIT]
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, ago(5))
    assert_unchanged_by_a_second_run(tasks, at_least=LONGER_WAIT)


def test_continue_brings_back_what_failed_polls_dropped(trial: Trial, tasks: Tasks) -> None:
    """Cairo's rows are made in the first poll, dropped as New York fails, and remembered by the task as done."""
    stuck(trial, round_days=0)
    assert trial.intervals(CAIRO) == [(ago(5), MIDNIGHT)]
    assert trial.delivered() == []
    tasks.previewed_reset(at_least=LONGER_WAIT)
    trial.await_delivered(60)
    assert delivered_once(trial, ago(5))


def test_the_forecast_shows_what_the_connector_would_do_if_left_alone(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, settings={MAX_WAIT: 5000}, round_days=2, end_days=3, load_days=4, state="STOPPED")
    trial.accounts[NEW_YORK].pending_seconds = 0
    look = tasks.of(succeeded(tasks.reset(check_mode=True)))
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    alone = look["forecast"]["left_alone"]
    # The unfinished round from the old position, then each missed round from the initial load date.
    assert (alone["report_runs"], alone["report_runs_once_healed"]) == (None, 3 * 3)
    trial.await_offset(PST, round_id=MIDNIGHT, processed_in_round=True)
    trial.await_polls(3)
    assert sum(len(trial.intervals(zone)) for zone in ZONES) == alone["report_runs_once_healed"]


@pytest.mark.parametrize("round_days", [0, 4])
def test_continue_resumes_an_open_run_that_stripe_still_has(trial: Trial, tasks: Tasks, round_days: int) -> None:
    run_id = half_delivered(trial, round_days)
    done = tasks.previewed_reset(config=QUICK_POLLS)
    assert report_partition(done, CAIRO)["next_request"]["resumed_run"] == run_id
    assert report_partition(done, CAIRO)["next_request"]["first_row"] == 3
    assert report_partition(done, CAIRO)["redelivered_rows"] == 0
    assert done["forecast"]["report_runs"] == 1
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, ago(5), (CAIRO, PST))
    assert_unchanged_by_a_second_run(tasks, config=QUICK_POLLS)


@pytest.mark.parametrize("what_happened", ["lost", "end moved"])
@pytest.mark.parametrize("round_days", [0, 4])
def test_continue_takes_an_open_run_from_its_start_when_it_cannot_be_resumed_whole(
    trial: Trial, tasks: Tasks, what_happened: str, round_days: int
) -> None:
    run_id = half_delivered(trial, round_days, available_days=1)
    if what_happened == "lost":
        trial.accounts[CAIRO].forget_run(run_id)
    else:
        trial.accounts[CAIRO].report_type(REPORT_TYPE).data_available_end = MIDNIGHT
    end = trial.accounts[CAIRO].report_type(REPORT_TYPE).data_available_end
    done = tasks.previewed_reset(config=QUICK_POLLS)
    assert report_partition(done, CAIRO)["redelivered_rows"] == 3
    assert report_partition(done, CAIRO)["next_request"]["interval_start"] == ago(5)
    await_as_announced(trial, done["forecast"])
    rows = trial.expected(CAIRO, ago(5), end)
    assert Counter(trial.delivered(CAIRO)) == Counter(rows + rows[:3])
    assert delivered_once(trial, ago(5), (PST,), end=ago(1))
    assert_unchanged_by_a_second_run(tasks, config=QUICK_POLLS)


@pytest.mark.parametrize("status", ["failed", "pending"])
def test_continue_leaves_an_open_run_without_a_result_behind(trial: Trial, tasks: Tasks, status: str) -> None:
    trial.account(CAIRO)
    run_id = trial.earlier_run(CAIRO, ago(3), MIDNIGHT, status)
    open_run = stripe_offset(end=MIDNIGHT, start=ago(3), run_id=run_id, row=4, round_id=MIDNIGHT, processed=False)
    stuck(trial, round_days=0, zones=(CAIRO, PST), offsets={CAIRO: open_run, PST: unfinished(3, 0)}, state="STOPPED")
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    trial.await_log("Error while polling", 2)
    done = tasks.previewed_reset()
    assert [change["partition"] for change in done["plan"]["offsets"]] == [partition(CAIRO)]
    assert report_partition(done, CAIRO)["redelivered_rows"] == 5
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, ago(3), (CAIRO, PST))
    assert_unchanged_by_a_second_run(tasks)


def test_continue_loses_nothing_when_only_the_file_of_an_open_run_is_gone(trial: Trial, tasks: Tasks) -> None:
    """Stripe still shows the run as succeeded; that its file is gone costs one new run, which the forecast includes."""
    run_id = half_delivered(trial, 0)
    trial.accounts[CAIRO].lose_file(run_id)
    done = tasks.previewed_reset(config=QUICK_POLLS)
    assert report_partition(done, CAIRO)["next_request"]["resumed_run"] is None
    trial.await_delivered(40)
    trial.await_offset(CAIRO, processed_in_round=True)
    assert report_partition(done, CAIRO)["redelivered_rows"] > 0
    assert all(set(trial.expected(zone, ago(5), MIDNIGHT)) == set(trial.delivered(zone)) for zone in (CAIRO, PST))


def test_continue_in_chunks_asks_for_each_as_announced(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, settings={"max.report.interval.days": 2})
    done = tasks.previewed_reset(at_least=LONGER_WAIT)
    assert done["forecast"]["report_runs"] == 3 * 3
    assert report_partition(done, PST)["next_request"]["interval_end"] == ago(3)
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, ago(5))


# current, available_end, timestamp


def test_current_asks_for_nothing_until_the_next_round_and_says_what_it_skips(trial: Trial, tasks: Tasks) -> None:
    today = today_in_the_current_round()
    stuck(trial)
    done = tasks.previewed_reset(strategy="current", at_least=LONGER_WAIT)
    assert done["forecast"]["report_runs"] == 0
    for zone in ZONES:
        assert report_partition(done, zone)["skipped"] == [[ago(5), MIDNIGHT]]
        assert report_partition(done, zone)["next_round_delivers_skipped"]
    await_as_announced(trial, done["forecast"])
    assert trial.delivered() == []
    assert tasks.offsets() == dict.fromkeys(ZONES, today)
    assert_unchanged_by_a_second_run(tasks, strategy="current", at_least=LONGER_WAIT)


def test_available_end_goes_on_where_the_data_of_each_timezone_ends(trial: Trial, tasks: Tasks) -> None:
    trial.account(CAIRO, available=(60, 1))
    trial.account(PST, available=(60, 2))
    stuck(trial)
    done = tasks.previewed_reset(strategy="available_end", at_least=LONGER_WAIT)
    assert done["forecast"]["report_runs"] == 0
    assert report_partition(done, PST)["skipped"] == [[ago(5), ago(2)]]
    await_as_announced(trial, done["forecast"])
    assert tasks.offsets() == {CAIRO: unfinished(1, 0), NEW_YORK: unfinished(0, 0), PST: unfinished(2, 0)}
    assert_unchanged_by_a_second_run(tasks, strategy="available_end", at_least=LONGER_WAIT)


def test_available_end_is_refused_where_stripe_cannot_be_asked(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    before = Written.now(tasks.lab)
    trial.accounts[PST].respond(status=401, times=None, path_contains="report_types")
    result = failed(tasks.reset(strategy="available_end"))
    assert f"{PST} {REPORT_TYPE}: Stripe could not be asked" in result["msg"]
    assert Written.now(tasks.lab) == before


def test_timestamp_goes_on_at_that_moment(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    moment = ago(2) + 12 * 3600
    options: dict[str, Any] = {"strategy": "timestamp", "timestamp": str(moment), "at_least": LONGER_WAIT}
    before = Written.now(tasks.lab)
    refusal = failed(tasks.reset(**options))
    assert "would skip" in refusal["msg"]
    assert "allow_gap" in refusal["msg"]
    assert Written.now(tasks.lab) == before
    done = tasks.previewed_reset(**options, allow_gap=True)
    assert report_partition(done, PST)["skipped"] == [[ago(5), moment]]
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, moment)


def test_a_timestamp_before_what_was_delivered_says_what_comes_twice(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    done = tasks.previewed_reset(strategy="timestamp", timestamp=str(ago(7)), at_least=LONGER_WAIT)
    assert [report_partition(done, zone)["redelivered_seconds"] for zone in ZONES] == [2 * DAY_SECONDS] * 3
    assert report_partition(done, PST)["skipped"] == []
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, ago(7))


# offset, delete


def test_offset_is_written_as_it_is_to_the_partitions_named_and_no_other(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, round_days=0)
    others = {key: value for key, value in tasks.stored_bytes().items() if PST.encode() not in key}
    wanted = unfinished(3, 0)
    options: dict[str, Any] = {"strategy": "offset", "offset": wanted, "partitions": [{"timezone": PST}]}
    assert "would skip" in failed(tasks.reset(**options))["msg"]
    done = tasks.previewed_reset(**options, allow_gap=True)
    assert [(one["partition"], one["after"]) for one in done["plan"]["offsets"]] == [(partition(PST), wanted)]
    assert tasks.offsets()[PST] == wanted
    assert others.items() <= tasks.stored_bytes().items()
    assert len(tasks.stored_bytes()) == 3


def test_an_offset_that_would_wedge_the_connector_is_refused(trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    before = Written.now(tasks.lab)
    for harmful in (stripe_offset(end=None, round_id=ago(4), processed=False), unfinished(5, 4, run_id="")):
        result = failed(tasks.reset(strategy="offset", offset=harmful, partitions=[partition(PST)]))
        assert "would hang" in result["msg"]
    assert Written.now(tasks.lab) == before


def test_delete_starts_one_partition_over_and_leaves_the_others_as_they_are(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, round_days=0)
    others = {key: value for key, value in tasks.stored_bytes().items() if CAIRO.encode() not in key}
    trial.cluster.request("PUT", f"/connectors/{trial.name}/pause")
    trial.cluster.await_state(trial.name, "PAUSED", tasks=1)
    done = tasks.previewed_reset(strategy="delete", partitions=[partition(CAIRO)], at_least=LONGER_WAIT)
    assert tasks.stored_bytes() == others
    assert report_partition(done, CAIRO)["next_request"]["interval_start"] == ago(10)
    assert report_partition(done, CAIRO)["redelivered_seconds"] == 5 * DAY_SECONDS
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    await_as_announced(trial, done["forecast"])
    assert delivered_once(trial, ago(10), (CAIRO,))
    assert delivered_once(trial, ago(5), (NEW_YORK, PST))


def test_delete_is_refused_where_it_would_leave_a_partition_out_for_ever(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, load_days=None)
    before = Written.now(tasks.lab)
    result = failed(tasks.reset(strategy="delete", partitions=[partition(PST)]))
    assert "would skip" in result["msg"]
    assert Written.now(tasks.lab) == before


# restore


def test_restore_is_the_inverse_of_any_reset(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    """What was changed is as before, byte for byte, and what has come since is gone."""
    before = {CAIRO: unfinished(5, 4), NEW_YORK: finished(6, 4)}
    stuck(trial, offsets=before, state="PAUSED")
    stored = tasks.stored_bytes()
    reset = tasks.previewed_reset(strategy="current")
    assert tasks.offsets() != before
    trial.stop()
    newcomer = {"offsets": [{"partition": partition(PST), "offset": unfinished(1, 0)}]}
    trial.cluster.request("PATCH", f"/connectors/{trial.name}/offsets", newcomer)
    done = tasks.previewed_reset(strategy="restore", backup_file=reset["backup_file"])
    assert done["plan"]["final_state"] == "STOPPED"
    assert tasks.stored_bytes() == stored
    assert tasks.offsets() == before
    assert_unchanged_by_a_second_run(tasks, strategy="restore", backup_file=reset["backup_file"])
    trial.accounts[NEW_YORK].pending_seconds = 0
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    await_as_announced(trial, done["forecast"])


def test_restore_goes_back_for_the_partitions_named_alone(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, state="PAUSED")
    reset = tasks.previewed_reset(strategy="current")
    moved = tasks.offsets()
    tasks.previewed_reset(strategy="restore", backup_file=reset["backup_file"], partitions=[{"timezone": PST}])
    assert tasks.offsets() == {**moved, PST: unfinished(5, 4)}


def test_restore_refuses_what_is_not_a_backup_of_this_connector(trial: Trial, tasks: Tasks, tmp_path: Path) -> None:
    stuck(trial, state="STOPPED")
    backup = Path(tasks.previewed_reset(strategy="current")["backup_file"])
    foreign = tmp_path / "foreign.json"
    foreign.write_text(json.dumps({**json.loads(backup.read_text()), "connector": "another"}))
    torn = tmp_path / "torn.json"
    torn.write_text(backup.read_text()[:-40])
    before = Written.now(tasks.lab)
    for file, words in (
        (foreign, "is a backup of connector 'another'"),
        (torn, "cannot be read"),
        (tmp_path / "none.json", "does not exist"),
    ):
        assert words in failed(tasks.reset(strategy="restore", backup_file=str(file)))["msg"]
    assert Written.now(tasks.lab) == before


def test_a_backup_holds_no_secret_and_all_offsets(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, state="PAUSED")
    file = Path(tasks.previewed_reset(strategy="current")["backup_file"])
    text = file.read_text()
    assert not [account.key for account in trial.accounts.values() if account.key in text]
    content = json.loads(text)
    assert content["state"] == "PAUSED"
    assert content["config"]["stripe.report.types"] == REPORT_TYPE
    assert {one["partition"]["timezone"]: one["offset"] for one in content["offsets"]} == dict.fromkeys(
        ZONES, unfinished(5, 4)
    )
    assert file.stat().st_mode & 0o077 == 0


# Agreeing to a plan


def test_a_plan_agreed_to_is_refused_once_an_offset_has_moved(trial: Trial, tasks: Tasks) -> None:
    stuck(trial, state="STOPPED")
    agreed = tasks.of(succeeded(tasks.reset(check_mode=True)))["plan"]["id"]
    moved = {"offsets": [{"partition": partition(PST), "offset": unfinished(4, 4)}]}
    trial.cluster.request("PATCH", f"/connectors/{trial.name}/offsets", moved)
    before = tasks.offsets()
    result = failed(tasks.reset(plan_id=agreed))
    assert agreed in result["msg"]
    assert "does not fit" in result["msg"]
    assert tasks.offsets() == before
    assert tasks.state() == "STOPPED"
