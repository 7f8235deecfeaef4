# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Stripe connector behaves as the real one, trap by trap. Without these traps a recovery proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from lab import ConnectRequestError, Lab, await_condition
from lab.days import MIDNIGHT, ago, utc_date, utc_day
from lab.scenarios import REPORT_TYPE, stripe_offset
from lab.trial import Trial

ZONES = ("Africa/Cairo", "America/New_York", "PST")
CAIRO, NEW_YORK, PST = ZONES


def initial_load(days: int) -> dict[str, object]:
    return {"stripe.report.initial.load.dates": f"{REPORT_TYPE}:{utc_day(ago(days))}"}


def unfinished(end_days: int, round_days: int, **others: Any) -> dict[str, object]:
    return stripe_offset(end=ago(end_days), round_id=ago(round_days), processed=False, **others)


def finished(end_days: int, round_days: int) -> dict[str, object]:
    return stripe_offset(end=ago(end_days), round_id=ago(round_days), processed=True)


@pytest.fixture(scope="module", name="lab")
def lab_of_one_worker() -> Iterator[Lab]:
    """Not the session's: with a single worker no rebalance waits for a heartbeat, which halves the time."""
    with Lab(workers=1) as lab:
        yield lab


# Settings


def test_settings_have_the_real_types_and_defaults(lab: Lab) -> None:
    config = {"connector.class": "org.connectops.lab.StripeSourceConnector", "stripe.report.types": REPORT_TYPE}
    answer = lab.connect.request("PUT", "/connector-plugins/StripeSourceConnector/config/validate", config).json()
    keys = {entry["definition"]["name"]: entry["definition"] for entry in answer["configs"]}
    expected = {
        "stripe.api.keys": ("PASSWORD", "[hidden]"),
        "stripe.report.types": ("LIST", None),
        "stripe.report.initial.load.dates": ("STRING", ""),
        "stripe.report.max.wait.ms": ("LONG", "300000"),
        "stripe.report.poll.interval.ms": ("LONG", "5000"),
        "in.progress.poll.interval.ms": ("LONG", "5000"),
        "max.report.interval.days": ("INT", "30"),
        "poll.cron": ("STRING", "0 0 0 * * ?"),
        "topic.prefix": ("STRING", "stripe_reporting_"),
        "batch.size": ("INT", "1000"),
        "stripe.report.columns": ("STRING", ""),
        "stripe.report.keys": ("STRING", ""),
    }
    assert {name: (keys[name]["type"], keys[name]["default_value"]) for name in expected} == expected


def test_validation_accepts_a_negative_wait_a_bad_cron_and_a_bad_date(lab: Lab) -> None:
    config = {
        "connector.class": "org.connectops.lab.StripeSourceConnector",
        "name": "any",
        "stripe.report.types": REPORT_TYPE,
        "stripe.report.max.wait.ms": "-1",
        "poll.cron": "never",
        "stripe.report.initial.load.dates": f"{REPORT_TYPE}:soon",
    }
    answer = lab.connect.request("PUT", "/connector-plugins/StripeSourceConnector/config/validate", config).json()
    assert answer["error_count"] == 0


# Partitions and offsets


def test_stored_bytes_are_those_of_a_java_hash_map(lab: Lab, trial: Trial) -> None:
    trial.account("PST")
    trial.create({"PST": unfinished(2, 0)})
    trial.await_offset("PST", processed_in_round=True)
    key = f'["{trial.name}",{{"timezone":"PST","report_type":"{REPORT_TYPE}"}}]'.encode()
    value = lab.offset_records(lab.connect.offsets_topic)[key]
    assert (
        value
        == (
            f'{{"round_id":{MIDNIGHT},"interval_end":{MIDNIGHT},"last_committed_row":null,'
            f'"in_progress_report_run_id":null,"interval_start":{MIDNIGHT},"processed_in_round":true}}'
        ).encode()
    )


def test_linked_partitions_cannot_be_addressed_over_rest(lab: Lab, trial: Trial) -> None:
    trial.account("PST")
    trial.create(settings={**initial_load(2), "lab.partition.map": "linked"})
    trial.await_delivered(8)
    key = f'["{trial.name}",{{"report_type":"{REPORT_TYPE}","timezone":"PST"}}]'.encode()
    await_condition(
        lambda: lab.offset_records(lab.connect.offsets_topic).get(key), "an offset under the key in its own order"
    )
    assert trial.offset("PST") is None
    trial.stop()
    patch = {"offsets": [{"partition": {"report_type": REPORT_TYPE, "timezone": "PST"}, "offset": unfinished(2, 0)}]}
    before = lab.offset_records(lab.connect.offsets_topic)[key]
    trial.cluster.request("PATCH", f"/connectors/{trial.name}/offsets", patch)
    assert lab.offset_records(lab.connect.offsets_topic)[key] == before


def test_offsets_can_be_kept_in_a_topic_of_the_connectors_own(lab: Lab, trial: Trial) -> None:
    trial.account("PST")
    own_topic = f"{trial.name}-offsets"
    trial.create(settings={**initial_load(2), "offsets.storage.topic": own_topic})
    trial.await_offset("PST", processed_in_round=True)
    key = f'["{trial.name}",{{"timezone":"PST","report_type":"{REPORT_TYPE}"}}]'.encode()
    assert list(lab.offset_records(own_topic)) == [key]


@pytest.mark.parametrize(
    "alter, answer",
    [
        ("false", "The Connect framework-managed offsets for this connector have been altered successfully."),
        ("true", "The offsets for this connector have been altered successfully"),
        ("throw", "500"),
        ("unsupported", "doesn't support external modification of offsets"),
    ],
)
def test_the_connector_can_have_a_say_in_altered_offsets(trial: Trial, alter: str, answer: str) -> None:
    trial.account("PST")
    trial.create(state="STOPPED", settings={"lab.alter.offsets": alter})
    patch = {"offsets": [{"partition": {"timezone": "PST", "report_type": REPORT_TYPE}, "offset": unfinished(2, 0)}]}
    try:
        told = trial.cluster.request("PATCH", f"/connectors/{trial.name}/offsets", patch).text
    except ConnectRequestError as error:
        told = str(error)
    assert answer in told


def test_numbers_and_bools_are_read_from_several_types(trial: Trial) -> None:
    done: dict[str, object] = {"a": True, "b": 1, "c": "true", "d": "1", "e": "yes", "f": 1.0}
    open_: dict[str, object] = {"g": False, "h": 0, "i": "no", "j": None}
    offsets: dict[str, dict[str, object]] = {}
    for zone, processed in {**done, **open_}.items():
        trial.account(zone)
        offsets[zone] = {
            **unfinished(2, 0),
            "round_id": str(MIDNIGHT) if zone < "c" else float(MIDNIGHT),
            "interval_end": f"{ago(2)}" if zone < "h" else float(ago(2)),
            "processed_in_round": processed,
        }
    trial.create(offsets)
    for zone in open_:
        assert trial.await_runs(zone, 1) == [(ago(2), MIDNIGHT)]
    trial.await_polls(1)
    assert [trial.intervals(zone) for zone in done] == [[]] * len(done)


def in_digits_from(zero: str, number: int) -> str:
    return "".join(chr(ord(zero) + int(digit)) for digit in str(number))


def test_of_strings_a_sign_and_digits_alone_are_a_number_and_any_other_is_null(trial: Trial) -> None:
    end = ago(2)
    read: dict[str, object] = {
        "plus": f"+{end}",
        "zeros": f"000{end}",
        "arabic": in_digits_from("\u0660", end),
        "fullwidth": in_digits_from("\uff10", end),
        "fraction": end + 0.75,
    }
    null: dict[str, object] = {
        "point": f"{end}.0",
        "blanks": f" {end} ",
        "exponent": f"{end}e0",
        "bold": in_digits_from("\U0001d7ce", end),
        "large": str(2**63),
        "empty": "",
        "bool": True,
    }
    offsets = {zone: {**unfinished(2, 0), "interval_end": stored} for zone, stored in {**read, **null}.items()}
    for zone in offsets:
        trial.account(zone)
    trial.create(offsets)
    for zone in read:
        assert trial.await_runs(zone, 1) == [(end, MIDNIGHT)]
    for zone in null:
        trial.await_log(f"No interval start or end found for timezone {zone} report type {REPORT_TYPE}, skipping")
    assert [trial.intervals(zone) for zone in null] == [[]] * len(null)


@pytest.mark.parametrize(
    "name, row, first_row",
    [
        ("string", "3", 4),
        ("float", 3.9, 4),
        ("point", "3.0", 0),
        ("beyond-an-int", 2**32 + 1, 2),
        ("string-beyond-an-int", str(2**32 + 1), 0),
        ("negative", -1, 0),
        ("very-negative", "-7", 0),
    ],
)
def test_the_row_is_an_int_and_a_negative_one_is_none(trial: Trial, name: str, row: object, first_row: int) -> None:
    trial.account(name)
    run_id = trial.earlier_run(name, ago(2), MIDNIGHT)
    trial.create({name: {**unfinished(0, 0, start=ago(2), run_id=run_id), "last_committed_row": row}})
    trial.await_log(f"with report run {run_id} from row {first_row} (interval: {ago(2)} to {MIDNIGHT})")
    trial.await_offset(name, processed_in_round=True)
    assert trial.delivered() == trial.expected(name, ago(2), MIDNIGHT)[first_row:]


def test_an_unreadable_or_missing_round_id_means_the_initial_load_date(trial: Trial) -> None:
    offsets: dict[str, dict[str, object]] = {
        "unreadable": {**unfinished(2, 0), "round_id": "last night"},
        "missing": {**unfinished(2, 0), "round_id": None},
        "good": unfinished(2, 0),
    }
    for zone in offsets:
        trial.account(zone)
    trial.create(offsets, settings=initial_load(9))
    assert trial.await_runs("unreadable", 1) == [(ago(9), MIDNIGHT)]
    assert trial.await_runs("missing", 1) == [(ago(9), MIDNIGHT)]
    assert trial.await_runs("good", 1) == [(ago(2), MIDNIGHT)]


def empty_run(end_days: int, round_days: int) -> dict[str, object]:
    return {**unfinished(end_days, round_days, start=ago(9)), "in_progress_report_run_id": ""}


def test_an_empty_run_id_aborts_every_poll_of_what_comes_after_interval_end(trial: Trial) -> None:
    trial.account(CAIRO)
    trial.account(PST)
    trial.create({CAIRO: empty_run(2, 0), PST: unfinished(2, 0)})
    trial.await_log("Error while polling", 3)
    trial.await_log(f"with report run  from row 0 (interval: {ago(2)} to {MIDNIGHT})")
    assert trial.intervals(PST) == []


def test_with_an_empty_run_id_and_nothing_left_to_fetch_the_round_is_complete(trial: Trial) -> None:
    trial.account(CAIRO)
    trial.account(PST)
    trial.create({CAIRO: empty_run(0, 0), PST: unfinished(2, 0)})
    trial.await_offset(PST, processed_in_round=True)
    trial.await_polls(2)
    assert trial.count_log("Error while polling") == 0
    assert trial.intervals(CAIRO) == []


def test_with_an_empty_run_id_and_no_interval_end_the_round_never_finishes(trial: Trial) -> None:
    trial.account(CAIRO)
    trial.account(PST)
    trial.create({CAIRO: {**empty_run(3, 2), "interval_end": None}, PST: unfinished(3, 2)}, settings=initial_load(5))
    trial.await_offset(PST, processed_in_round=True, round_id=ago(2))
    trial.await_log(f"No interval start or end found for timezone {CAIRO} report type {REPORT_TYPE}, skipping", 3)
    assert [trial.intervals(zone) for zone in (CAIRO, PST)] == [[], [(ago(3), MIDNIGHT)]]


def test_stored_offsets_are_read_in_each_poll_for_what_the_memory_lacks(lab: Lab, trial: Trial) -> None:
    """Without an offset and an initial load date it is skipped; then an offset comes, as from a task abandoned before."""
    trial.account("PST")
    trial.create()
    trial.await_log("No interval start or end found for timezone PST", 2)
    key = f'["{trial.name}",{{"timezone":"PST","report_type":"{REPORT_TYPE}"}}]'
    producer = Producer({"bootstrap.servers": lab.bootstrap_servers, "partitioner": "murmur2_random"})
    producer.produce(lab.connect.offsets_topic, key=key.encode(), value=json.dumps(unfinished(2, 0)).encode())
    assert producer.flush(20) == 0
    assert trial.await_runs("PST", 1) == [(ago(2), MIDNIGHT)]
    assert trial.count_log("Task started") == 1


def test_without_interval_end_the_round_never_finishes(trial: Trial) -> None:
    trial.account(CAIRO)
    trial.account(PST)
    trial.create({CAIRO: {**unfinished(3, 2), "interval_end": None}, PST: unfinished(3, 2)}, settings=initial_load(5))
    trial.await_offset(PST, processed_in_round=True, round_id=ago(2))
    trial.await_log(f"No interval start or end found for timezone {CAIRO} report type {REPORT_TYPE}, skipping", 3)
    assert trial.intervals(CAIRO) == []
    assert len(trial.intervals(PST)) == 1


# Start of the task


def test_a_timezone_that_fails_its_test_is_dropped_until_the_task_restarts(trial: Trial) -> None:
    trial.account(CAIRO).respond(status=401, times=1)
    trial.account(PST)
    trial.create(settings=initial_load(2))
    trial.await_log(f"Task started with report types: [{REPORT_TYPE}] and timezones: [{PST}]")
    trial.await_log(f"Error creating API client for timezone {CAIRO}: ")
    trial.await_delivered(8)
    trial.await_polls(2)
    assert trial.intervals(CAIRO) == []
    assert trial.cluster.status(trial.name)["tasks"][0]["state"] == "RUNNING"
    trial.restart_task()
    trial.await_log(f"Task started with report types: [{REPORT_TYPE}] and timezones: [{CAIRO}, {PST}]")
    assert trial.await_runs(CAIRO, 1) == [(ago(2), MIDNIGHT)]


def test_a_rate_limit_at_the_start_drops_no_timezone(trial: Trial) -> None:
    trial.account(PST).respond(status=429, times=1)
    trial.create(settings=initial_load(2))
    trial.await_delivered(8)
    trial.await_log(f"timezones: [{PST}]")


@pytest.mark.parametrize("where, connector, tasks", [("connector", "FAILED", []), ("task", "RUNNING", ["FAILED"])])
def test_connector_or_task_can_fail_at_the_start(trial: Trial, where: str, connector: str, tasks: list[str]) -> None:
    trial.account("PST")
    trial.create(settings={"lab.start": f"fail_{where}"})

    def states() -> tuple[str, list[str]] | None:
        try:
            status = trial.cluster.status(trial.name)
        except ConnectRequestError:
            return None
        return status["connector"]["state"], [task["state"] for task in status["tasks"]]

    await_condition(lambda: states() == (connector, tasks), lambda: f"the failure; states are {states()}")


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


# One failing partition


def test_one_failing_partition_robs_those_before_it_and_starves_those_after(trial: Trial) -> None:
    for zone in ZONES:
        trial.account(zone)
    trial.accounts[NEW_YORK].fail_runs("The report could not be made.")
    offsets = {zone: unfinished(11, 10) for zone in ZONES}
    trial.create(offsets, settings=initial_load(30))
    trial.await_log("Error while polling", 4)
    assert trial.count_log(f"Generated 44 SourceRecords for report type: {REPORT_TYPE} and timezone: {CAIRO}") == 1
    assert "failed: The report could not be made." in trial.workers_log()
    assert set(trial.intervals(NEW_YORK)) == {(ago(11), MIDNIGHT)}
    assert trial.intervals(PST) == []
    assert trial.delivered() == []
    assert {zone: trial.offset(zone) for zone in ZONES} == offsets
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)


def test_healing_without_a_restart_delivers_nothing_of_what_memory_calls_done(trial: Trial) -> None:
    for zone in (CAIRO, NEW_YORK):
        trial.account(zone)
    trial.accounts[NEW_YORK].fail_runs("Not now.")
    trial.create({CAIRO: unfinished(4, 0), NEW_YORK: unfinished(4, 0)}, settings={"max.report.interval.days": 2})
    trial.await_log("Error while polling", 2)
    trial.accounts[NEW_YORK].succeed_runs()
    trial.await_offset(NEW_YORK, processed_in_round=True)
    # Cairo's two chunks were made one poll each and dropped: only what memory had not called done can still come.
    assert trial.delivered(NEW_YORK) == trial.expected(NEW_YORK, ago(4), MIDNIGHT)
    assert trial.delivered(CAIRO) == []


def test_a_chunk_made_after_the_healing_stores_an_offset_beyond_the_gap(trial: Trial) -> None:
    for zone in (CAIRO, NEW_YORK):
        trial.account(zone)
    trial.accounts[NEW_YORK].respond(status=400, times=1, method="POST")
    trial.create({CAIRO: unfinished(4, 0), NEW_YORK: unfinished(4, 0)}, settings={"max.report.interval.days": 2})
    trial.await_offset(CAIRO, processed_in_round=True, interval_end=MIDNIGHT)
    assert trial.delivered(CAIRO) == trial.expected(CAIRO, ago(2), MIDNIGHT)


def test_what_was_dropped_comes_back_after_a_restart_of_the_task(trial: Trial) -> None:
    for zone in (CAIRO, NEW_YORK):
        trial.account(zone)
    trial.accounts[NEW_YORK].fail_runs("Not now.")
    trial.create({CAIRO: unfinished(4, 0), NEW_YORK: unfinished(4, 0)})
    trial.await_log("Error while polling", 2)
    trial.accounts[NEW_YORK].succeed_runs()
    trial.restart_task()
    trial.await_offset(CAIRO, processed_in_round=True)
    assert trial.delivered(CAIRO)[-16:] == trial.expected(CAIRO, ago(4), MIDNIGHT)


def test_a_run_that_takes_too_long_is_asked_for_again_and_again(trial: Trial) -> None:
    account = trial.account("PST")
    account.pending_seconds = float("inf")
    trial.create({"PST": unfinished(3, 0)}, settings={"stripe.report.max.wait.ms": 300})
    runs = trial.await_runs("PST", 3)
    assert set(runs) == {(ago(3), MIDNIGHT)}
    trial.await_log("Error while polling")
    words = f"Report run {account.runs[0].id} did not complete within 300 ms"
    lines = trial.workers_log().splitlines()
    at = next(number for number, line in enumerate(lines) if words in line)
    assert trial.name in lines[at - 1]
    assert "Error while polling" in lines[at - 1]


def test_the_last_sleep_of_the_wait_is_cut_to_what_remains(trial: Trial) -> None:
    account = trial.account("PST")
    account.pending_seconds = float("inf")
    trial.create(
        {"PST": unfinished(3, 0)},
        settings={"stripe.report.max.wait.ms": 800, "stripe.report.poll.interval.ms": 600_000},
    )
    trial.await_log("Error while polling")
    assert f"Report run {account.runs[0].id} did not complete within 800 ms" in trial.workers_log()


def test_a_failing_partition_lets_those_before_it_run_through_the_later_rounds(trial: Trial) -> None:
    """Memory holds Cairo's new round as done, and Cairo, first in the walk, is all that this round has."""
    for zone in (CAIRO, NEW_YORK):
        trial.account(zone)
    trial.accounts[NEW_YORK].fail_runs("Not now.")
    offsets = {CAIRO: finished(3, 3), NEW_YORK: finished(3, 3)}
    trial.create(offsets, initial_load(5))
    trial.await_log("Error while polling", 5)
    whole = (ago(5), MIDNIGHT)
    assert trial.intervals(CAIRO) == [whole] * 3
    assert set(trial.intervals(NEW_YORK)) == {whole}
    assert {zone: trial.offset(zone) for zone in offsets} == offsets


def test_an_interval_before_the_available_data_is_refused_in_every_poll(trial: Trial) -> None:
    account = trial.account("PST", available=(5, 0))
    trial.create({"PST": unfinished(9, 0)})
    trial.await_log("Error while polling", 3)
    posts = [entry.status for entry in account.journal if entry.method == "POST"]
    assert set(posts) == {400}
    assert len(posts) >= 3


# Stopping


def test_a_blocked_poll_ignores_stop_and_goes_on_asking_stripe(trial: Trial) -> None:
    account = trial.account(CAIRO)
    account.pending_seconds = float("inf")
    trial.account(PST)
    trial.create({CAIRO: unfinished(2, 0), PST: unfinished(2, 0)}, settings={"stripe.report.max.wait.ms": 600_000})
    trial.await_runs(CAIRO, 1)
    trial.stop()
    assert trial.intervals(PST) == []
    trial.await_log(f"Graceful stop of task {trial.name}-0 failed.")
    account.finish_run(account.runs[0].id)
    trial.await_runs(PST, 1)
    assert trial.cluster.status(trial.name)["connector"]["state"] == "STOPPED"
    assert trial.delivered() == []


def test_a_config_change_while_blocked_starts_a_second_task_beside_the_abandoned_one(trial: Trial) -> None:
    account = trial.account("PST")
    account.pending_seconds = float("inf")
    trial.create({"PST": unfinished(2, 0)}, {"stripe.report.max.wait.ms": 600_000})
    trial.await_runs("PST", 1)
    config = {**trial.cluster.config(trial.name), "stripe.report.max.wait.ms": "600001"}
    trial.cluster.request("PUT", f"/connectors/{trial.name}/config", config)
    trial.await_runs("PST", 2)
    account.clear_journal()
    polled = {f"/v1/reporting/report_runs/{run.id}" for run in account.runs}
    await_condition(lambda: polled <= {entry.path for entry in account.journal}, "both tasks to look at their runs")
    for run in account.runs:
        account.finish_run(run.id)


def test_the_gate_holds_the_poll_until_it_is_removed(trial: Trial, gate: Path) -> None:
    account = trial.account("PST")
    trial.create({"PST": unfinished(2, 0)}, settings={"lab.poll.gate": str(gate)})
    trial.await_log("Task started")
    trial.stop()
    trial.await_log(f"Graceful stop of task {trial.name}-0 failed.")
    assert account.runs == ()
    gate.unlink()
    trial.await_runs("PST", 1)


# Graceful mode


def test_in_graceful_mode_one_failing_partition_harms_no_other(trial: Trial) -> None:
    for zone in ZONES:
        trial.account(zone)
    trial.accounts[CAIRO].fail_runs("Not today.")
    trial.accounts[NEW_YORK].pending_seconds = float("inf")
    trial.create({zone: unfinished(2, 0) for zone in ZONES}, settings={"lab.mode": "graceful"})
    trial.await_offset(PST, processed_in_round=True)
    assert trial.delivered() == trial.expected(PST, ago(2), MIDNIGHT)
    trial.await_runs(NEW_YORK, 2)
    assert {zone: trial.offset(zone) for zone in (CAIRO, NEW_YORK)} == dict.fromkeys(
        (CAIRO, NEW_YORK), unfinished(2, 0)
    )


def test_in_graceful_mode_a_slow_run_is_taken_up_by_a_later_poll(trial: Trial) -> None:
    trial.account("PST").pending_seconds = 0.8
    trial.create({"PST": unfinished(2, 0)}, settings={"lab.mode": "graceful", "stripe.report.max.wait.ms": 60_000})
    trial.await_offset("PST", processed_in_round=True)
    assert len(trial.intervals("PST")) == 1
    assert trial.delivered() == trial.expected("PST", ago(2), MIDNIGHT)


def test_in_graceful_mode_the_wait_yields_to_stop(trial: Trial) -> None:
    trial.account("PST").pending_seconds = float("inf")
    trial.create({"PST": unfinished(2, 0)}, settings={"lab.mode": "graceful", "stripe.report.max.wait.ms": 60_000})
    trial.await_runs("PST", 1)
    trial.stop()
    assert trial.count_log("Graceful stop of task") == 0


def test_the_fault_that_sticks_the_connector_leaves_the_improved_one_current(lab: Lab, connector_name: str) -> None:
    """One account needs longer for a report than the connector waits. The page on improvements says what is different."""

    def begun(name: str, **settings: object) -> Trial:
        trial = Trial(lab, name)
        for zone in ZONES:
            trial.account(zone)
        # With a look every 50 ms there are at most 5 within the wait.
        trial.accounts[NEW_YORK].pending_seconds, trial.accounts[NEW_YORK].ready_after_looks = 60.0, 12
        trial.create({zone: unfinished(2, 0) for zone in ZONES}, {"stripe.report.max.wait.ms": 200, **settings})
        return trial

    sticks = begun(connector_name)
    improved = begun(f"{connector_name}-improved", **{"lab.mode": "graceful", "lab.run.expiry.ms": 60_000})
    try:
        for zone in ZONES:
            improved.await_offset(zone, processed_in_round=True)
        due = [row for zone in ZONES for row in improved.expected(zone, ago(2), MIDNIGHT)]
        assert sorted(improved.delivered()) == sorted(due), "every row, and each once"
        assert len(improved.intervals(NEW_YORK)) == 1, "the slow run was kept, not asked for anew"
        sticks.await_runs(NEW_YORK, 3)
        assert sticks.delivered() == []
        assert {zone: sticks.offset(zone) for zone in ZONES} == dict.fromkeys(ZONES, unfinished(2, 0))
        assert lab.connect.status(connector_name)["tasks"][0]["state"] == "RUNNING"
    finally:
        lab.connect.delete(improved.name)
