# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's connector reads settings and offsets as the real one does, trap by trap, and starts as it does."""

from __future__ import annotations

import json

import pytest
from confluent_kafka import Producer
from lab import ConnectRequestError, Lab, await_condition
from lab.days import MIDNIGHT, ago
from lab.scenarios import (
    CAIRO,
    PST,
    REPORT_TYPE,
    initial_load,
    unfinished,
)
from lab.trial import Trial

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
