# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The diagnosis on real workers: who is stuck, who blocks whom, what was dropped, and where the two views disagree."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offsets_facts
from confluent_kafka import Producer
from integration.recovery.tasks import (
    CAIRO,
    MAX_WAIT,
    NEW_YORK,
    PST,
    TOO_SHORT_WAIT,
    ZONES,
    Result,
    Tasks,
    failed,
    initial_load,
    run_task,
    succeeded,
    unfinished,
)
from lab import Lab, await_condition
from lab.days import MIDNIGHT, ago
from lab.scenarios import REPORT_TYPE, finished
from lab.trial import Trial
from lab.waiting import LIMIT_SECONDS


def facts_of(result: Result) -> Result:
    facts: Result = succeeded(result)["ansible_facts"]["connectops_offsets"]
    return facts


def about(tasks: Tasks, **options: Any) -> Result:
    """The facts about the connector."""
    one: Result = facts_of(tasks.look(**options))["connectors"][tasks.trial.name]
    return one


def verdicts_of(one: Result) -> dict[str, str]:
    return {verdict["partition"]["timezone"]: verdict["verdict"] for verdict in one["verdicts"]}


def codes_of(one: Result, zone: str) -> list[str]:
    verdict = next(verdict for verdict in one["verdicts"] if verdict["partition"]["timezone"] == zone)
    return [reason["code"] for reason in verdict["reasons"]]


def kafka(lab: Lab) -> dict[str, Any]:
    return {"kafka_bootstrap_servers": [lab.bootstrap_servers]}


@pytest.fixture
def looping(trial: Trial) -> Trial:
    """New York's reports never get ready within its wait, and it has asked for one three times."""
    for zone in ZONES:
        trial.account(zone)
    trial.accounts[NEW_YORK].pending_seconds, trial.accounts[NEW_YORK].ready_after_looks = math.inf, 12
    settings = {MAX_WAIT: TOO_SHORT_WAIT, "in.progress.poll.interval.ms": 50, **initial_load(10)}
    trial.create(dict.fromkeys(ZONES, unfinished(5, 4)), settings)
    trial.await_runs(NEW_YORK, 4)
    return trial


# Who blocks whom


def test_the_accounts_prove_who_blocks_and_the_others_wait(tasks: Tasks, looping: Trial) -> None:
    one = about(tasks)
    assert verdicts_of(one) == {CAIRO: "blocked", NEW_YORK: "stuck", PST: "blocked"}
    assert one["verdict"] == "stuck"
    blocker = one["blocker"]
    assert (blocker["certainty"], blocker["reason"]["code"]) == ("proven", "runs_repeated")
    assert [one["timezone"] for one in blocker["partitions"]] == [NEW_YORK]
    assert blocker["reason"]["value"] >= 3
    assert codes_of(one, CAIRO)[0] == "blocked_later"
    assert codes_of(one, PST)[0] == "waits_behind"
    assert one["left_alone"]["catches_up"] is False
    assert one["left_alone"]["rounds_missed"] == 4


def test_without_stripe_the_workers_log_names_the_blocker(lab: Lab, tasks: Tasks, looping: Trial) -> None:
    looping.await_log("Error while polling", 2)
    logs = [str(path) for path in lab.logs.glob("connect-*.log")]
    one = about(tasks, ask_stripe=False, worker_logs=logs)
    blocker = one["blocker"]
    assert ([one["timezone"] for one in blocker["partitions"]], blocker["certainty"]) == ([NEW_YORK], "likely")
    assert f"did not complete within {TOO_SHORT_WAIT} ms" in blocker["reason"]["message"]


def test_a_secret_that_a_log_quotes_is_not_passed_on(tasks: Tasks, looping: Trial, tmp_path: Path) -> None:
    """No part of the result holds a key of the connector: every task of these tests is searched for them."""
    key = looping.accounts[NEW_YORK].key
    log = tmp_path / "connect.log"
    log.write_text(
        f"[2026-11-24 06:00:00,000] ERROR [{looping.name}|task-0] Error while polling (x.StripeSourceTask:1)\n"
        f"java.lang.RuntimeException: The header was Bearer {key}\n",
        encoding="utf-8",
    )
    one = about(tasks, ask_stripe=False, worker_logs=[str(log)])
    assert "The header was Bearer ********" in one["blocker"]["reason"]["message"]


def test_without_any_evidence_the_blocker_is_one_of_all(tasks: Tasks, looping: Trial) -> None:
    one = about(tasks, ask_stripe=False)
    assert one["blocker"]["certainty"] == "one_of"
    assert len(one["blocker"]["partitions"]) == 3


def test_going_back_to_a_moment_is_compared_with_the_other_remedies(tasks: Tasks, looping: Trial) -> None:
    one = about(tasks, timestamp=str(ago(7)))
    compared = {remedy["strategy"]: remedy for remedy in one["remedies"]["compared"]}
    assert list(compared) == [
        "leave_alone", "raise_wait", "continue", "current", "available_end", "delete", "timestamp"
    ]  # fmt: skip
    again = [one["redelivered_seconds"] for one in compared["timestamp"]["partitions"]]
    assert again == [2 * 86_400] * 3, "delivered up to 5 days ago, asked for from 7 days ago"
    assert "is not a moment" in failed(tasks.look(timestamp="20261120"))["msg"]


def test_a_connector_that_has_recovered_is_ok(tasks: Tasks, looping: Trial) -> None:
    succeeded(tasks.reset(at_least={MAX_WAIT: "60m"}))
    for zone in ZONES:
        looping.await_offset(zone, processed_in_round=True, round_id=MIDNIGHT)
    one = about(tasks)
    assert verdicts_of(one) == dict.fromkeys(ZONES, "ok")
    assert one["blocker"] is None
    assert one["remedies"] is None


# Dropped


def test_a_timezone_that_the_task_dropped_is_found_and_the_log_proves_it(lab: Lab, tasks: Tasks, trial: Trial) -> None:
    for zone in ZONES:
        trial.account(zone)
    trial.accounts[CAIRO].respond(status=401, times=None)
    trial.create({zone: finished(3, 3) if zone == CAIRO else unfinished(2, 0) for zone in ZONES}, initial_load(5))
    for zone in (NEW_YORK, PST):
        trial.await_offset(zone, processed_in_round=True)
    trial.accounts[CAIRO].clear_faults()
    one = about(tasks)
    assert verdicts_of(one) == {CAIRO: "stuck", NEW_YORK: "ok", PST: "ok"}
    assert one["dropped_timezones"].keys() == {CAIRO}
    assert codes_of(one, CAIRO)[0] == "dropped_at_start"
    logs = [str(path) for path in lab.logs.glob("connect-*.log")]
    words = about(tasks, worker_logs=logs)["dropped_timezones"][CAIRO]
    assert "likely" not in words
    assert "all the others" not in words


# The offsets topic and REST


def test_the_offsets_topic_adds_when_each_offset_was_stored(lab: Lab, tasks: Tasks, trial: Trial) -> None:
    for zone in (CAIRO, PST):
        trial.account(zone)
    trial.create(dict.fromkeys((CAIRO, PST), unfinished(2, 0)))
    for zone in (CAIRO, PST):
        trial.await_offset(zone, processed_in_round=True)
    facts = facts_of(tasks.look(**kafka(lab)))
    one = facts["connectors"][trial.name]
    assert all(verdict["committed_at"] > MIDNIGHT for verdict in one["verdicts"])
    assert one["findings"] == []
    assert {record["key"].encode(): record["value"].encode() for record in one["records"]} == tasks.stored_bytes()
    assert facts["sources"]["topic"]["topics"][0]["topic"] == lab.connect.offsets_topic
    assert facts["sources"]["rest"]["read"] is True


def test_a_key_that_rest_cannot_address_is_a_finding_and_judged_by_what_the_topic_holds(
    lab: Lab, tasks: Tasks, trial: Trial
) -> None:
    trial.account(PST)
    trial.create(settings={"lab.partition.map": "linked", **initial_load(2)})
    await_condition(tasks.stored_bytes, "an offset in the topic")
    assert verdicts_of(about(tasks))[PST] == "missing", "as far as REST tells"
    one = about(tasks, **kafka(lab))
    assert "key_not_addressable" in [finding["code"] for finding in one["findings"]]
    assert verdicts_of(one)[PST] == "ok"


def write_record(lab: Lab, topic: str, key: list[Any], offset: Mapping[str, Any]) -> None:
    """Write an offset past Connect, in the very order of the key's fields."""
    producer = Producer({"bootstrap.servers": lab.bootstrap_servers, "partitioner": "murmur2_random"})
    producer.produce(topic, key=json.dumps(key, separators=(",", ":")), value=json.dumps(offset))
    assert producer.flush(120) == 0


def test_two_byte_keys_of_one_partition_are_a_finding(lab: Lab, tasks: Tasks, trial: Trial) -> None:
    trial.account(PST)
    trial.create({PST: unfinished(2, 0)}, state="STOPPED")
    (stored,) = tasks.stored_bytes()
    fields = json.loads(stored)[1]
    write_record(lab, lab.connect.offsets_topic, [trial.name, dict(reversed(fields.items()))], unfinished(1, 0))
    one = about(tasks, **kafka(lab))
    assert [finding["code"] for finding in one["findings"]] == ["two_keys"]
    assert one["findings"][0]["partition"] == fields
    assert len(one["records"]) == 2


def test_an_offset_that_lies_only_in_the_topic_which_the_connector_does_not_read_is_a_finding(
    lab: Lab, tasks: Tasks, trial: Trial
) -> None:
    for zone in (CAIRO, PST):
        trial.account(zone)
    own = f"{trial.name}-offsets"
    trial.create({PST: unfinished(2, 0)}, {"offsets.storage.topic": own}, state="STOPPED")
    cairo = {"timezone": CAIRO, "report_type": REPORT_TYPE}
    write_record(lab, lab.connect.offsets_topic, [trial.name, cairo], unfinished(1, 0))
    facts = facts_of(tasks.look(**kafka(lab)))
    one = facts["connectors"][trial.name]
    assert [one["topic"] for one in facts["sources"]["topic"]["topics"]] == [lab.connect.offsets_topic, own]
    assert [finding["code"] for finding in one["findings"]] == ["other_topic"]
    assert one["findings"][0]["partition"] == cairo
    assert one["verdict_after_resume"] == "missing", "the connector does not read it there"


@pytest.fixture
def topics(lab: Lab) -> dict[str, Any]:
    """How to read the cluster's topics when none of its workers can be reached: nothing listens on the discard port."""
    return {
        **kafka(lab),
        "connect_url": ["http://127.0.0.1:9"],
        "config_topic": lab.connect.config_topic,
        "offsets_topic": lab.connect.offsets_topic,
    }


def test_the_verdicts_stand_when_no_worker_can_be_reached(tasks: Tasks, looping: Trial, topics: dict[str, Any]) -> None:
    result = tasks.look(**topics)
    one = facts_of(result)["connectors"][looping.name]
    assert verdicts_of(one) == {CAIRO: "blocked", NEW_YORK: "stuck", PST: "blocked"}
    assert (one["state"], one["target_state"]) == ("UNKNOWN", "STARTED")
    assert any("it is meant to be STARTED" in line for line in facts_of(result)["preview"])
    assert facts_of(result)["sources"]["rest"]["read"] is False
    assert any("states and tasks are not known" in warning for warning in result["warnings"])


def test_a_misspelt_name_is_told_from_the_config_topic_as_well(
    tasks: Tasks, looping: Trial, topics: dict[str, Any]
) -> None:
    message = failed(tasks.look(**{**topics, "connectors": [f"{looping.name}x"]}))["msg"]
    assert f'did you mean "{looping.name}"?' in message


def test_kafka_that_cannot_be_read_leaves_what_rest_says(tasks: Tasks, looping: Trial) -> None:
    result = tasks.look(kafka_bootstrap_servers=["127.0.0.1:9"], kafka_timeout=2)
    facts = facts_of(result)
    assert verdicts_of(facts["connectors"][looping.name])[NEW_YORK] == "stuck"
    assert facts["sources"]["topic"]["read"] is False
    assert any("The offsets topic was not read" in warning for warning in result["warnings"])


def test_neither_source_to_be_read_is_a_failure(tasks: Tasks, looping: Trial) -> None:
    options = {"connect_url": ["http://127.0.0.1:9"], "kafka_bootstrap_servers": ["127.0.0.1:9"], "kafka_timeout": 2}
    message = failed(tasks.look(**options))["msg"]
    assert "Kafka Connect cannot be reached" in message
    assert "Kafka" in message.partition("runs there.")[2]


def test_the_answers_of_a_worker_tell_its_clock(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a machine whose clock is off judges by the time that decides about rounds."""
    ahead = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: ahead)
    result = run_task(offsets_facts, connect_url=lab.connect.urls)
    assert facts_of(result)["read_at"] == pytest.approx(ahead - 86_400, abs=LIMIT_SECONDS)
    (warning,) = result["warnings"]
    assert warning.startswith("This machine's clock is 1 d")


# Other connectors


@pytest.fixture
def file_source(lab: Lab, connector_name: str, tmp_path: Path) -> str:
    """A file connector that has read one line; the topic that it writes to."""
    source = tmp_path / "lines.txt"
    source.write_text("one\n", encoding="utf-8")
    topic = f"{connector_name}-lines"
    config = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "tasks.max": 1,
        "file": str(source),
        "topic": topic,
        "topic.creation.default.partitions": 1,
        "topic.creation.default.replication.factor": 1,
    }
    lab.connect.create(connector_name, config)
    await_condition(lambda: lab.connect.offsets(connector_name), "the file connector's offset")
    return topic


def look_at(lab: Lab, name: str, **options: Any) -> Result:
    facts = facts_of(run_task(offsets_facts, connect_url=lab.connect.urls, connectors=[name], **options))
    one: Result = facts["connectors"][name]
    return one


def test_any_source_connector_is_judged_by_when_it_stored_its_offsets(
    lab: Lab, connector_name: str, file_source: str
) -> None:
    without = look_at(lab, connector_name)
    assert (without["profile"], without["verdict"]) == ("generic", "unknown")
    one = look_at(lab, connector_name, **kafka(lab))
    assert (one["profile"], one["verdict"]) == ("generic", "ok")


def test_the_last_warning_in_the_workers_log_is_shown_for_any_class(lab: Lab, connector_name: str) -> None:
    config = {"connector.class": "FileStreamSource", "file": "/no/such/file", "topic": connector_name}
    lab.connect.create(connector_name, config)
    logs = [str(path) for path in lab.logs.glob("connect-*.log")]

    def said() -> str:
        return str(look_at(lab, connector_name, worker_logs=logs)["last_log_problem"])

    await_condition(lambda: "Couldn't find file /no/such/file" in said(), "the warning of the real connector")
    assert f"WARN [{connector_name}|task-0]" in said()


def test_a_profile_of_the_users_own_judges_by_its_fields(lab: Lab, connector_name: str, file_source: str) -> None:
    """The position in the file, read as a time, is in 1970: shown, but not judged by."""
    profile = {
        "name": "lines",
        "connector_class": "FileStreamSourceConnector",
        "partition": ["filename"],
        "time": {"field": "position", "unit": "seconds"},
    }
    one = look_at(lab, connector_name, **kafka(lab), profiles=[profile])
    assert (one["profile"], one["verdict"]) == ("lines", "unknown")
    assert [reason["code"] for reason in one["verdicts"][0]["reasons"]] == ["unit_doubtful"]


def test_a_sink_connector_is_judged_by_its_lag(lab: Lab, connector_name: str, file_source: str, tmp_path: Path) -> None:
    name = f"{connector_name}-sink"
    config = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "tasks.max": 1,
        "file": str(tmp_path / "sink.txt"),
        "topics": file_source,
        "consumer.override.auto.offset.reset": "earliest",
    }
    lab.connect.create(name, config)
    try:
        await_condition(lambda: lab.connect.offsets(name), "the sink's committed offset")
        without = look_at(lab, name)
        assert (without["profile"], without["verdict"]) == ("sink", "unknown")
        one = look_at(lab, name, **kafka(lab))
        assert (one["profile"], one["verdict"]) == ("sink", "ok")
        assert one["verdicts"][0]["partition"] == {"kafka_topic": file_source, "kafka_partition": 0}
        assert one["verdicts"][0]["committed_at"] > ago(1)
    finally:
        lab.connect.delete(name)
