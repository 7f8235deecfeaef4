# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on sink connectors, from what waits and when it was committed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.judge import judge_sink
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    SinkPosition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import verdict_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS, Limits
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import DAY, HOUR, NOW

MINUTE = 60


def connector(state: str = "RUNNING", task: str = "RUNNING", offsets: tuple[StoredOffset, ...] = ()) -> Connector:
    return Connector("sink", "sink", state, "", (Task(0, task, ""),), {"topics": "orders"}, offsets)


def progress(
    committed: int | None,
    end: int,
    committed_ago: float | None = None,
    waiting_for: float | None = None,
    *,
    topic: str = "orders",
    number: int = 0,
) -> SinkPosition:
    """Lengths are seconds; None: nobody knows."""
    committed_at = None if committed_ago is None else NOW - committed_ago
    waiting_since = None if waiting_for is None else NOW - waiting_for
    return SinkPosition(topic, number, committed, end, committed_at, waiting_since)


CASES = {
    # name: (progress, verdict, codes)
    "all read": (progress(10, 10, 5), "ok", []),
    "all read long ago": (progress(10, 10, 90 * DAY), "ok", []),
    "all read, nobody knows when": (progress(10, 10), "ok", []),
    "an empty topic partition": (progress(None, 0), "ok", []),
    "the end was read before the commit": (progress(12, 10, 25 * HOUR), "ok", []),
    "records of the last minute": (progress(7, 10, MINUTE), "ok", []),
    "a topic that was quiet, and a record a second ago": (progress(9, 10, 3 * DAY, 1), "ok", []),
    "the same, nobody knows when it was committed": (progress(9, 10, None, 1), "ok", []),
    "records older than their commit, as from a copy": (progress(7, 10, MINUTE, 90 * DAY), "ok", []),
    "nothing committed for eleven minutes": (progress(7, 10, 11 * MINUTE), "late", ["no_commit", "lag"]),
    "a record waits for eleven minutes": (progress(9, 10, 3 * DAY, 11 * MINUTE), "late", ["no_commit", "lag"]),
    "nothing committed for a day": (progress(7, 10, 25 * HOUR), "stuck", ["no_commit", "lag"]),
    "a record waits for a day": (progress(9, 10, 3 * DAY, 25 * HOUR), "stuck", ["no_commit", "lag"]),
    "a record that claims to be of tomorrow": (progress(9, 10, 3 * DAY, -DAY), "stuck", ["no_commit", "lag"]),
    "waiting, nobody knows since when": (progress(7, 10), "unknown", ["lag", "commit_time_unknown"]),
    "never committed": (progress(None, 10), "missing", ["no_offset"]),
    # A sink that has been quiet from its start, or one that did nothing until all had expired.
    "never committed, and nothing is left": (
        replace(progress(None, 10), has_expired=True),
        "unknown",
        ["no_offset"],
    ),
    "a commit ahead of the clock": (progress(7, 10, -HOUR), "unknown", ["clock_doubtful"]),
}


@pytest.mark.parametrize("one, verdict, codes", CASES.values(), ids=CASES)
def test_a_topic_partition_is_judged_by_lag_and_commit(one: SinkPosition, verdict: str, codes: list[str]) -> None:
    (found,) = judge_sink(connector(), [one], Limits(), NOW)
    assert (found.verdict, [reason.code for reason in found.reasons]) == (verdict, codes)


def test_reasons_have_figures_and_the_partition_is_named_as_connect_does() -> None:
    (verdict,) = judge_sink(connector(), [progress(7, 10, 25 * HOUR)], Limits(), NOW)
    assert verdict.as_data() == {
        "partition": {"kafka_topic": "orders", "kafka_partition": 0},
        "verdict": "stuck",
        "reasons": [
            {
                "code": "no_commit",
                "message": "nothing stored for 1 d 1 h",
                "value": 25 * HOUR,
                "limit": DAY,
                "since": NOW - 25 * HOUR,
            },
            {"code": "lag", "message": "3 records waiting", "value": 3, "limit": None, "since": None},
        ],
        "delivered_to": None,
        "committed_at": NOW - 25 * HOUR,
    }


@pytest.mark.parametrize("begin, lag", [(3, 3), (7, 3), (8, 2), (10, 0), (12, 0)], ids=str)
def test_what_has_expired_is_not_counted_as_waiting(begin: int, lag: int) -> None:
    (found,) = judge_sink(connector(), [replace(progress(7, 10, 25 * HOUR), begin=begin)], Limits(), NOW)
    assert [reason.value for reason in found.reasons if reason.code == "lag"] == ([lag] if lag else [])
    assert found.verdict == ("stuck" if lag else "ok")


def test_the_limit_is_the_users() -> None:
    limits = Limits(max_commit_age_hours=48)
    assert [one.verdict for one in judge_sink(connector(), [progress(7, 10, 25 * HOUR)], limits, NOW)] == ["late"]


STATES = {
    "failed": ("FAILED", "FAILED", progress(10, 10, 5), "stuck", ["not_running"]),
    "a task failed, and nothing committed": (
        "RUNNING",
        "FAILED",
        progress(None, 10),
        "stuck",
        ["not_running", "no_offset"],
    ),
    "paused, nothing waits": ("PAUSED", "PAUSED", progress(10, 10, 5), "ok", ["not_running"]),
    "paused, records wait": (
        "PAUSED",
        "PAUSED",
        progress(7, 10, 25 * HOUR),
        "stuck",
        ["not_running", "no_commit", "lag"],
    ),
}


@pytest.mark.parametrize("state, task, one, verdict, codes", STATES.values(), ids=STATES)
def test_the_state_is_told_first(state: str, task: str, one: SinkPosition, verdict: str, codes: list[str]) -> None:
    (found,) = judge_sink(connector(state, task), [one], Limits(), NOW)
    assert (found.verdict, [reason.code for reason in found.reasons]) == (verdict, codes)


def rest(number: int, position: int | None, topic: str = "orders") -> StoredOffset:
    offset = None if position is None else {"kafka_offset": position}
    return StoredOffset(Partition.of({"kafka_topic": topic, "kafka_partition": number}), offset)


def test_without_kafka_it_is_said_what_to_give() -> None:
    found = judge_sink(connector(offsets=(rest(1, None), rest(0, 7))), None, Limits(), NOW)
    assert [(one.verdict, [reason.code for reason in one.reasons]) for one in found] == [
        ("unknown", ["lag_unknown"]),
        ("missing", ["no_offset"]),
    ]
    assert "connectops_kafka_bootstrap_servers" in found[0].reasons[0].message


@pytest.mark.parametrize("seen", [None, []], ids=["without Kafka", "with Kafka"])
@pytest.mark.parametrize("state, verdict", [("RUNNING", "unknown"), ("FAILED", "stuck")])
def test_a_sink_of_which_nothing_is_known_is_still_judged(
    seen: list[SinkPosition] | None, state: str, verdict: str
) -> None:
    (found,) = judge_sink(connector(state), seen, Limits(), NOW)
    assert (found.partition.as_dict(), found.verdict) == ({}, verdict)
    assert found.reasons[-1].code == "no_offset"


CONFIGS = {
    # name: (config, topics that it may read, topics that it does not read)
    "names": ({"topics": "orders, a.b"}, ["orders", "a.b"], ["order", "orders2", "a-b", "Orders"]),
    "an expression": ({"topics.regex": "eu\\.(orders|bills)"}, ["eu.orders", "eu.bills"], ["orders", "eu.orders.dlq"]),
    "an expression with a comma": ({"topics.regex": "a{1,2}"}, ["a", "aa"], ["aaa", "a{1"]),
    "a placeholder": ({"topics": "orders,${file:/run/t:more}"}, ["orders", "others"], []),
    "a placeholder in an expression": ({"topics.regex": "${env:T}"}, ["orders"], []),
    "a mask": ({"topics": "****"}, ["orders"], []),
    "a class of Java's": ({"topics.regex": "\\p{Alpha}+"}, ["orders", "0"], []),
    "an intersection of Java's": ({"topics.regex": "[a-z&&[^b]]+"}, ["orders", "b"], []),
    "a set in a set": ({"topics.regex": "[a[0-9]]+"}, ["a1", "b"], []),
    "too large a number": ({"topics.regex": "a{99999999999}"}, ["orders"], []),
    "no topics": ({}, ["orders"], []),
    "blank topics": ({"topics": " ", "topics.regex": "a.*"}, ["ab"], ["b"]),
}


@pytest.mark.parametrize("has_kafka", [True, False], ids=["with Kafka", "without Kafka"])
@pytest.mark.parametrize("config, reads, leaves", CONFIGS.values(), ids=CONFIGS)
def test_what_is_committed_for_topics_that_the_config_does_not_name_is_orphaned(
    config: dict[str, str], reads: list[str], leaves: list[str], has_kafka: bool
) -> None:
    topics = [*reads, *leaves]
    of = replace(connector(offsets=tuple(rest(0, 7, topic) for topic in topics)), config=config)
    seen = [progress(7, 10, 25 * HOUR, topic=topic) for topic in topics] if has_kafka else None
    found = {str(one.partition.get("kafka_topic")): one for one in judge_sink(of, seen, Limits(), NOW)}
    assert found.keys() == set(topics)
    assert {found[topic].verdict for topic in reads} == {"stuck" if has_kafka else "unknown"}
    assert all(found[topic].verdict == "orphaned" for topic in leaves)
    assert all([reason.code for reason in found[topic].reasons] == ["not_configured"] for topic in leaves)
    assert all(found[topic].committed_at == (NOW - 25 * HOUR if has_kafka else None) for topic in leaves)


@pytest.mark.parametrize("seen", [None, [progress(None, 10, topic="old")]], ids=["without Kafka", "with Kafka"])
def test_what_is_neither_committed_nor_configured_is_as_good_as_not_there(seen: list[SinkPosition] | None) -> None:
    (found,) = judge_sink(connector(offsets=(rest(0, None, "old"),)), seen, Limits(), NOW)
    assert (found.partition.as_dict(), [reason.code for reason in found.reasons]) == ({}, ["no_offset"])


@pytest.mark.parametrize("state, verdict", [("RUNNING", "unknown"), ("FAILED", "stuck")])
def test_a_sink_that_has_committed_for_former_topics_alone_is_still_judged(state: str, verdict: str) -> None:
    former, own = judge_sink(connector(state), [progress(7, 10, topic="old")], Limits(), NOW)
    assert (former.verdict, own.verdict, own.partition.as_dict()) == ("orphaned", verdict, {})
    assert own.reasons[-1].message == "it has committed nothing in the topics of its config"


def test_topic_partitions_stand_in_the_order_of_their_numbers() -> None:
    seen = [progress(1, 1, 5, topic=topic, number=number) for topic in ("b", "a") for number in (10, 2)]
    found = judge_sink(replace(connector(), config={"topics": "a,b"}), seen, Limits(), NOW)
    assert [(one.partition.get("kafka_topic"), one.partition.get("kafka_partition")) for one in found] == [
        ("a", 2),
        ("a", 10),
        ("b", 2),
        ("b", 10),
    ]


def test_a_person_reads_which_topic_partition_waits() -> None:
    of = connector()
    verdicts = judge_sink(of, [progress(9, 10, 25 * HOUR), progress(4, 4, 5, number=1)], Limits(), NOW)
    assert verdict_lines([verdict.as_data() for verdict in verdicts]) == [
        "  partition                             verdict  committed",
        "  kafka_partition=0 kafka_topic=orders  stuck    2026-11-22 05:00Z",
        "      nothing stored for 1 d 1 h, 1 record waiting",
        "  kafka_partition=1 kafka_topic=orders  ok       2026-11-23 05:59:55Z",
    ]


PAST = st.none() | st.integers(0, 3 * DAY)


@given(st.builds(progress, st.none() | st.integers(0, 9), st.integers(0, 9), PAST, PAST), st.integers(0, 3 * DAY))
def test_no_verdict_gets_better_by_waiting(one: SinkPosition, wait: int) -> None:
    (before,) = judge_sink(connector(), [one], Limits(), NOW)
    (after,) = judge_sink(connector(), [one], Limits(), NOW + wait)
    assert VERDICTS.index(after.verdict) >= VERDICTS.index(before.verdict)


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 3 * DAY), st.integers(0, 3 * DAY))
def test_a_record_more_that_waits_makes_no_verdict_better(committed: int, lag: int, ago: int, waiting: int) -> None:
    def verdict(more: int) -> int:
        one = progress(committed, committed + lag + more, ago, waiting)
        return VERDICTS.index(judge_sink(connector(), [one], Limits(), NOW)[0].verdict)

    assert verdict(1) >= verdict(0)
