# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's connector walks through its rounds, chunks and rows as the real one does, trap by trap."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from lab import ConnectRequestError, Lab, await_condition
from lab.days import MIDNIGHT, ago, utc_date
from lab.scenarios import (
    CAIRO,
    NEW_YORK,
    PST,
    REPORT_TYPE,
    ZONES,
    finished,
    initial_load,
    unfinished,
)
from lab.trial import Trial

# Rounds


def test_the_first_round_is_the_last_fire_and_begins_at_the_initial_load_date(trial: Trial) -> None:
    trial.account("PST")
    trial.create(settings=initial_load(3))
    trial.await_log(f"Current round ID: {MIDNIGHT}")
    trial.await_offset("PST", round_id=MIDNIGHT, processed_in_round=True, interval_end=MIDNIGHT)
    assert trial.await_delivered(12) == trial.expected("PST", ago(3), MIDNIGHT)
    trial.await_polls(1)
    assert trial.count_log("Marked combination") == 0


def test_the_cron_is_quartz_with_sunday_as_day_one(trial: Trial) -> None:
    trial.account("PST")
    # Far from today, so that the next round is some days ahead.
    weekday = utc_date(ago(3)).isoweekday() % 7 + 1
    trial.create(settings={**initial_load(3), "poll.cron": f"0 0 0 ? * {weekday}"})
    trial.await_offset("PST", round_id=ago(3), processed_in_round=True)


def test_an_unfinished_round_is_continued_at_interval_end_and_missed_rounds_follow_one_by_one(trial: Trial) -> None:
    trial.account("PST")
    trial.create({"PST": unfinished(4, 2)}, settings=initial_load(6))
    trial.await_offset("PST", round_id=MIDNIGHT, processed_in_round=True)
    whole = (ago(6), MIDNIGHT)
    assert trial.intervals("PST") == [(ago(4), MIDNIGHT), whole, whole]


def test_the_first_partition_of_the_walk_with_a_round_decides_for_all(trial: Trial) -> None:
    for zone in ZONES:
        trial.account(zone)
    trial.create({NEW_YORK: unfinished(4, 1), PST: unfinished(3, 0)}, settings=initial_load(6))
    trial.await_log(f"Current round ID: {ago(1)}")
    # Cairo has no offset, PST one of another round: both begin at the initial load date.
    assert trial.await_runs(CAIRO, 1)[0] == (ago(6), MIDNIGHT)
    assert trial.await_runs(NEW_YORK, 1)[0] == (ago(4), MIDNIGHT)
    assert trial.await_runs(PST, 1)[0] == (ago(6), MIDNIGHT)


def test_an_unfinished_partition_of_another_round_does_not_keep_the_worked_round_open(trial: Trial) -> None:
    trial.account(CAIRO)
    trial.account(NEW_YORK)
    trial.create({CAIRO: finished(3, 2), NEW_YORK: unfinished(4, 3)}, initial_load(5))
    trial.await_log(f"Current round ID: {ago(1)}")
    assert trial.count_log(f"Current round ID: {ago(2)}") == 0
    assert trial.await_runs(NEW_YORK, 1)[0] == (ago(5), MIDNIGHT)


def test_every_partition_aligned_to_the_current_round_costs_only_what_is_missing(trial: Trial) -> None:
    for zone in ZONES:
        trial.account(zone)
    trial.create({zone: unfinished(5, 0) for zone in ZONES}, settings=initial_load(30))
    trial.await_delivered(60)
    trial.await_polls(2)
    for zone in ZONES:
        assert trial.intervals(zone) == [(ago(5), MIDNIGHT)]
        assert trial.delivered(zone) == trial.expected(zone, ago(5), MIDNIGHT)


@pytest.mark.parametrize("dates", ["", f"{REPORT_TYPE}:2026-13-99"])
def test_without_an_initial_load_date_a_partition_without_offset_is_skipped(trial: Trial, dates: str) -> None:
    trial.account("PST")
    trial.create(settings={"stripe.report.initial.load.dates": dates})
    trial.await_log(f"No interval start or end found for timezone PST report type {REPORT_TYPE}, skipping", 2)
    assert trial.intervals("PST") == []


def test_nothing_to_fetch_completes_the_round_in_memory_only(trial: Trial) -> None:
    trial.account("PST")
    trial.create({"PST": unfinished(0, 0)})
    trial.await_log(f"Marked combination PST|{REPORT_TYPE} as completed in round {MIDNIGHT}")
    trial.await_polls(2)
    assert trial.count_log("Marked combination") == 1
    assert trial.offset("PST") == unfinished(0, 0)
    assert trial.intervals("PST") == []


def test_with_nothing_to_do_no_request_is_made(trial: Trial) -> None:
    account = trial.account("PST")
    trial.create({"PST": finished(0, 0)})
    trial.await_polls(1)
    account.clear_journal()
    trial.await_polls(3)
    assert account.journal == ()


# Chunks and rows


def test_a_long_interval_is_fetched_in_chunks_one_per_poll(trial: Trial) -> None:
    trial.account("PST")
    trial.create({"PST": unfinished(5, 0)}, settings={"max.report.interval.days": 2})
    trial.await_offset("PST", processed_in_round=True, interval_end=MIDNIGHT)
    assert trial.intervals("PST") == [(ago(5), ago(3)), (ago(3), ago(1)), (ago(1), MIDNIGHT)]
    assert trial.await_delivered(20) == trial.expected("PST", ago(5), MIDNIGHT)


def test_records_carry_timezone_columns_and_a_key(lab: Lab, trial: Trial) -> None:
    account = trial.account("PST")
    trial.create({"PST": unfinished(1, 0)}, settings={"stripe.report.keys": f"{REPORT_TYPE}:currency,row_id"})
    trial.await_delivered(4)
    rows = account.rows(REPORT_TYPE, ago(1), MIDNIGHT)
    assert lab.topic_records(trial.topic) == [
        (f"{row['currency']}|{row['row_id']}", {**row, "timezone_aka_platform": "PST"}) for row in rows
    ]


def test_only_the_columns_asked_for_are_delivered(lab: Lab, trial: Trial) -> None:
    account = trial.account("PST")
    trial.create({"PST": unfinished(1, 0)}, {"stripe.report.columns": f"{REPORT_TYPE}:row_id,amount"})
    trial.await_delivered(4)
    assert [value for _key, value in lab.topic_records(trial.topic)] == [
        {"row_id": row["row_id"], "amount": row["amount"], "timezone_aka_platform": "PST"}
        for row in account.rows(REPORT_TYPE, ago(1), MIDNIGHT)
    ]


def test_without_columns_an_empty_list_is_sent(trial: Trial) -> None:
    account = trial.account("PST")
    trial.create({"PST": unfinished(2, 0)})
    trial.await_runs("PST", 1)
    (asked,) = [entry.params for entry in account.journal if entry.method == "POST"]
    assert asked["parameters[columns]"] == ""


def test_a_full_batch_leaves_an_open_run_that_a_new_task_resumes_after_its_last_row(trial: Trial) -> None:
    account = trial.account("PST")
    trial.create({"PST": unfinished(2, 0)}, settings={"batch.size": 3, "in.progress.poll.interval.ms": 600_000})
    run_id = account.runs[0].id if trial.await_runs("PST", 1) else ""
    expected = unfinished(0, 0, start=ago(2), run_id=run_id, row=2)
    assert trial.await_offset("PST", in_progress_report_run_id=run_id) == expected
    trial.restart_task()
    trial.await_log(
        f"Resuming in-progress combination PST {REPORT_TYPE} in round {MIDNIGHT} with report run {run_id}"
        f" from row 3 (interval: {ago(2)} to {MIDNIGHT})"
    )
    assert trial.await_delivered(6) == trial.expected("PST", ago(2), MIDNIGHT)[:6]
    assert len(account.runs) == 1


def test_a_full_batch_ends_the_walk_for_this_poll(trial: Trial) -> None:
    trial.account(CAIRO)
    trial.account(PST)
    trial.create({CAIRO: unfinished(2, 0), PST: unfinished(2, 0)}, settings={"batch.size": 3})
    trial.await_delivered(16)
    assert trial.delivered()[:3] == trial.expected(CAIRO, ago(2), MIDNIGHT)[:3]
    assert sorted(trial.delivered()) == sorted(
        trial.expected(CAIRO, ago(2), MIDNIGHT) + trial.expected(PST, ago(2), MIDNIGHT)
    )


@pytest.mark.parametrize("status", ["pending", "failed", "forgotten"])
def test_a_resumed_run_without_result_fails_every_poll_and_is_not_waited_for(trial: Trial, status: str) -> None:
    account = trial.account("PST")
    run_id = trial.earlier_run("PST", ago(3), ago(1), "succeeded" if status == "forgotten" else status)
    if status == "forgotten":
        account.forget_run(run_id)
    trial.create({"PST": unfinished(1, 0, start=ago(3), run_id=run_id, row=1)})
    trial.await_log("Error while polling", 3)
    assert trial.intervals("PST") == []


def test_a_resumed_run_whose_file_is_gone_is_made_anew_and_keeps_the_row(trial: Trial) -> None:
    account = trial.account("PST")
    run_id = trial.earlier_run("PST", ago(2), MIDNIGHT)
    account.lose_file(run_id)
    trial.create({"PST": unfinished(0, 0, start=ago(2), run_id=run_id, row=4)})
    trial.await_log(f"CSV file not found (404) for report run {run_id}")
    trial.await_offset("PST", processed_in_round=True)
    assert trial.intervals("PST") == [(ago(2), MIDNIGHT)]
    assert trial.await_delivered(3) == trial.expected("PST", ago(2), MIDNIGHT)[5:]
    trial.await_log(f"(new report run: {account.runs[-1].id})")


def test_a_new_run_whose_file_is_gone_is_made_once_more_and_its_line_names_no_timezone(trial: Trial) -> None:
    account = trial.account("PST")
    account.respond(status=404, times=1, path_contains="/contents")
    trial.create({"PST": unfinished(2, 0)})
    trial.await_offset("PST", processed_in_round=True)
    assert trial.intervals("PST") == [(ago(2), MIDNIGHT)] * 2
    assert trial.await_delivered(8) == trial.expected("PST", ago(2), MIDNIGHT)
    trial.await_log(f"Generated 8 SourceRecords for report type: {REPORT_TYPE} (new report run: {account.runs[1].id})")
    assert trial.count_log("and timezone: PST") == 0


def test_when_the_file_of_that_run_is_gone_too_the_poll_fails(trial: Trial) -> None:
    trial.account("PST").respond(status=404, times=2, path_contains="/contents")
    trial.create({"PST": unfinished(2, 0)})
    trial.await_log("Error while polling")
    trial.await_offset("PST", processed_in_round=True)
    assert trial.intervals("PST") == [(ago(2), MIDNIGHT)] * 3


def test_a_resumed_run_claims_up_to_the_moved_end_and_loses_what_lies_between(trial: Trial) -> None:
    trial.account("PST")
    run_id = trial.earlier_run("PST", ago(4), ago(2))
    trial.create({"PST": unfinished(2, 0, start=ago(4), run_id=run_id, row=3)})
    trial.await_offset("PST", processed_in_round=True, interval_end=MIDNIGHT)
    trial.await_polls(2)
    assert trial.delivered() == trial.expected("PST", ago(4), ago(2))[4:]
    assert trial.intervals("PST") == []


def test_a_stale_row_without_run_id_skips_rows_of_the_new_report(trial: Trial) -> None:
    trial.account("PST")
    trial.create({"PST": unfinished(2, 0, row=2)})
    trial.await_offset("PST", processed_in_round=True)
    assert trial.delivered() == trial.expected("PST", ago(2), MIDNIGHT)[3:]


def rows_only_after(day: date) -> Any:
    return lambda asked: 4 if asked > day else 0


def test_an_empty_chunk_is_stored_as_the_end_of_the_round_although_more_follows(trial: Trial) -> None:
    empty_until = utc_date(ago(3))
    trial.account("PST", rows_per_day=rows_only_after(empty_until))
    settings = {"max.report.interval.days": 2, "in.progress.poll.interval.ms": 600_000}
    trial.create({"PST": unfinished(5, 0)}, settings=settings)
    trial.await_offset("PST", processed_in_round=True, interval_end=ago(3))
    assert trial.records() == [(None, None)]
    trial.await_log(f"Marked combination PST|{REPORT_TYPE} as completed in round {MIDNIGHT}")
    trial.restart_task()
    trial.await_log("Current round ID", 2)
    assert trial.intervals("PST") == [(ago(5), ago(3))]


def test_after_an_empty_chunk_memory_goes_on(trial: Trial) -> None:
    empty_until = utc_date(ago(3))
    trial.account("PST", rows_per_day=rows_only_after(empty_until))
    trial.create({"PST": unfinished(5, 0)}, settings={"max.report.interval.days": 2})
    trial.await_offset("PST", processed_in_round=True, interval_end=MIDNIGHT)
    assert trial.delivered() == trial.expected("PST", ago(5), MIDNIGHT)


def test_the_marker_of_an_empty_chunk_fails_the_task_on_a_compacted_topic(trial: Trial) -> None:
    trial.account("PST", rows_per_day=0)
    trial.create({"PST": unfinished(2, 0)}, settings={"topic.creation.default.cleanup.policy": "compact"})

    def task_states() -> list[str]:
        try:
            return [task["state"] for task in trial.cluster.status(trial.name)["tasks"]]
        except ConnectRequestError:
            return []

    await_condition(lambda: task_states() == ["FAILED"], lambda: f"a failed task; states are {task_states()}")


def test_two_tasks_deliver_everything_twice(trial: Trial) -> None:
    trial.account("PST")
    trial.create({"PST": unfinished(2, 0)}, settings={"tasks.max": 2})
    rows = trial.expected("PST", ago(2), MIDNIGHT)
    assert sorted(trial.await_delivered(16)) == sorted(rows * 2)
