# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts by a profile and by commit times alone. The profiles are those of the documentation, read from its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import judge_by_profile
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    Profile,
    TimeField,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import verdict_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    VERDICTS,
    Limits,
    worst,
)
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.profiles.cases import (
    FILE,
    JDBC,
    MINUTE,
    MIRROR,
    MYSQL,
    NEW_KEY,
    OLD_KEY,
    ORDERS,
    ORDERS_FILE,
    PARTITION,
    PLAIN,
    POSTGRES,
    PROFILES,
    QUIET_POSTGRES,
    SERVER,
    SHOP,
    connector,
    jdbc,
    judged,
    mirrored,
    mysql,
    outcome,
    postgres,
    stored,
)
from unit.connectors.stripe_reporting.cases import DAY, HOUR, NOW, at


def test_the_page_has_the_profiles_that_are_judged_with_here() -> None:
    assert set(PROFILES) == {"jdbc-timestamp", "debezium-postgres", "debezium-mysql", "file", "mirrormaker"}


# What newer versions of Debezium write: while the first snapshot runs, and with its last record.
RUNNING = {"snapshot": "INITIAL", "snapshot_completed": False}
COMPLETED = {"snapshot": "INITIAL", "snapshot_completed": True}


NORMAL = {
    "JDBC, a minute ago": (JDBC, stored(ORDERS, jdbc(MINUTE), MINUTE)),
    "JDBC, quiet over the weekend": (JDBC, stored(ORDERS, jdbc(2 * DAY + HOUR), 2 * DAY)),
    "JDBC, without Kafka": (JDBC, stored(ORDERS, jdbc(DAY))),
    "JDBC, a table written with its schema": (
        {**JDBC, "table.whitelist": "shop.orders"},
        stored(ORDERS, jdbc(MINUTE), MINUTE),
    ),
    "JDBC, all tables": (
        {key: value for key, value in JDBC.items() if key != "table.whitelist"},
        stored(ORDERS, jdbc(MINUTE), MINUTE),
    ),
    "JDBC, timestamp and incrementing": (
        {**JDBC, "mode": "timestamp+incrementing"},
        stored(ORDERS, {**jdbc(MINUTE), "incrementing": 4711}, MINUTE),
    ),
    "PostgreSQL, streaming": (POSTGRES, stored(SHOP, postgres(30), 30)),
    "PostgreSQL, without Kafka": (POSTGRES, stored(SHOP, postgres(30))),
    "PostgreSQL, within a snapshot": (
        POSTGRES,
        stored(SHOP, postgres(10 * MINUTE, snapshot=True, last_snapshot_record=False), 5),
    ),
    "PostgreSQL, within a snapshot, newer": (POSTGRES, stored(SHOP, postgres(10 * MINUTE, snapshot="INITIAL"), 5)),
    "MySQL, streaming": (MYSQL, stored(SHOP, mysql(30), 30)),
    "MariaDB": (
        {**MYSQL, "connector.class": "io.debezium.connector.mariadb.MariaDbConnector"},
        stored(SHOP, mysql(30), 30),
    ),
    "PostgreSQL, a snapshot of hours": (POSTGRES, stored(SHOP, postgres(10 * MINUTE, **RUNNING), 5)),
    "a file": (FILE, stored(ORDERS_FILE, {"position": 4711}, MINUTE)),
    "a file, by the alias of its class": (
        {**FILE, "connector.class": "FileStreamSource"},
        stored(ORDERS_FILE, {"position": 4711}, MINUTE),
    ),
    "MirrorMaker": (MIRROR, stored(mirrored("orders"), {"offset": 4711}, DAY)),
    "any other": (PLAIN, stored(PARTITION, {"x": 1}, 23 * HOUR)),
    "a clock that is two minutes off": (POSTGRES, stored(SHOP, postgres(-2 * MINUTE), -2 * MINUTE)),
}


@pytest.mark.parametrize("config, entry", NORMAL.values(), ids=NORMAL)
def test_a_normal_partition_is_ok(config: Mapping[str, str], entry: StoredOffset) -> None:
    assert outcome(connector(config, entry)) == ("ok", [])


TROUBLED = {
    "JDBC, old and silent": (JDBC, stored(ORDERS, jdbc(4 * DAY), 4 * DAY), "stuck", ["time_old", "no_commit"]),
    "JDBC, old, and nobody knows whether silent": (
        JDBC,
        stored(ORDERS, jdbc(4 * DAY)),
        "stuck",
        ["time_old", "commit_time_unknown"],
    ),
    "JDBC, catching up": (JDBC, stored(ORDERS, jdbc(40 * DAY), MINUTE), "late", ["time_old"]),
    "JDBC in seconds by mistake": (
        JDBC,
        stored(ORDERS, {"timestamp": int(NOW)}, MINUTE),
        "unknown",
        ["unit_doubtful"],
    ),
    "a doubtful unit hides no silence": (
        JDBC,
        stored(ORDERS, {"timestamp": int(NOW)}, 2 * DAY),
        "stuck",
        ["unit_doubtful", "no_commit"],
    ),
    "JDBC without its time, storing": (JDBC, stored(ORDERS, {"incrementing": 1}, MINUTE), "ok", ["no_time"]),
    "JDBC without its time, silent": (
        JDBC,
        stored(ORDERS, {"incrementing": 1}, 2 * DAY),
        "stuck",
        ["no_time", "no_commit"],
    ),
    "JDBC without its time, without Kafka": (
        JDBC,
        stored(ORDERS, {"incrementing": 1}),
        "unknown",
        ["no_time", "commit_time_unknown"],
    ),
    "PostgreSQL, silent for two hours": (
        POSTGRES,
        stored(SHOP, postgres(2 * HOUR), 2 * HOUR),
        "stuck",
        ["time_old", "no_commit"],
    ),
    "PostgreSQL, heartbeats of a quiet database": (POSTGRES, stored(SHOP, postgres(2 * HOUR), 5), "late", ["time_old"]),
    "PostgreSQL, a snapshot that stands still": (
        POSTGRES,
        stored(SHOP, postgres(3 * HOUR, snapshot=True), 3 * HOUR),
        "stuck",
        ["run_too_old", "time_old", "no_commit"],
    ),
    "PostgreSQL, a newer snapshot that stands still": (
        POSTGRES,
        stored(SHOP, postgres(3 * HOUR, **RUNNING), 3 * HOUR),
        "stuck",
        ["run_too_old", "time_old", "no_commit"],
    ),
    "PostgreSQL, a snapshot that stands still without heartbeats": (
        QUIET_POSTGRES,
        stored(SHOP, postgres(3 * HOUR, **RUNNING), 3 * HOUR),
        "stuck",
        ["run_too_old", "time_old", "no_commit", "may_be_quiet"],
    ),
    "PostgreSQL, a blocking snapshot that stands still": (
        POSTGRES,
        stored(SHOP, postgres(3 * HOUR, snapshot="BLOCKING", snapshot_completed=False), 3 * HOUR),
        "stuck",
        ["run_too_old", "time_old", "no_commit"],
    ),
    "PostgreSQL, quiet since its snapshot, with heartbeats": (
        POSTGRES,
        stored(SHOP, postgres(3 * HOUR, **COMPLETED), 5),
        "late",
        ["time_old"],
    ),
    "PostgreSQL, quiet since its snapshot, without heartbeats": (
        QUIET_POSTGRES,
        stored(SHOP, postgres(3 * DAY, **COMPLETED), 3 * DAY),
        "unknown",
        ["time_old", "no_commit", "may_be_quiet"],
    ),
    "PostgreSQL, quiet since its snapshot, heartbeats off": (
        {**QUIET_POSTGRES, "heartbeat.interval.ms": "0"},
        stored(SHOP, postgres(3 * DAY, **COMPLETED), 3 * DAY),
        "unknown",
        ["time_old", "no_commit", "may_be_quiet"],
    ),
    "PostgreSQL, quiet since a snapshot of an older version": (
        QUIET_POSTGRES,
        stored(SHOP, postgres(3 * DAY, snapshot=True, last_snapshot_record=True), 3 * DAY),
        "unknown",
        ["time_old", "no_commit", "may_be_quiet"],
    ),
    "PostgreSQL, quiet, without Kafka": (
        QUIET_POSTGRES,
        stored(SHOP, postgres(3 * DAY, **COMPLETED)),
        "unknown",
        ["time_old", "commit_time_unknown", "may_be_quiet"],
    ),
    "MySQL, quiet since its snapshot": (
        MYSQL,
        stored(SHOP, mysql(3 * DAY, **COMPLETED), 3 * DAY),
        "unknown",
        ["time_old", "no_commit", "may_be_quiet"],
    ),
    "MirrorMaker, silent": (
        MIRROR,
        stored(mirrored("orders"), {"offset": 4711}, 8 * DAY),
        "stuck",
        ["no_commit"],
    ),
    "MySQL, hours behind and moving": (MYSQL, stored(SHOP, mysql(5 * HOUR), 5), "late", ["time_old"]),
    "a file, silent": (FILE, stored(ORDERS_FILE, {"position": 4711}, 3 * HOUR), "stuck", ["no_commit"]),
    "a file, without Kafka": (
        FILE,
        stored(ORDERS_FILE, {"position": 4711}),
        "unknown",
        ["commit_time_unknown"],
    ),
    "a file whose name the config does not tell": (
        {**FILE, "file": "${file:/run/secret:name}"},
        stored(ORDERS_FILE, {"position": 4711}, 3 * HOUR),
        "stuck",
        ["no_commit"],
    ),
    "any other, silent": (PLAIN, stored(PARTITION, {"x": 1}, 25 * HOUR), "stuck", ["no_commit"]),
    "any other, without Kafka": (PLAIN, stored(PARTITION, {"x": 1}), "unknown", ["commit_time_unknown"]),
    "any other, its offset deleted": (PLAIN, stored(PARTITION, None, MINUTE), "missing", ["no_offset"]),
    "a commit ahead of the clock": (PLAIN, stored(PARTITION, {"x": 1}, -HOUR), "unknown", ["clock_doubtful"]),
    "a time ahead of the clock": (POSTGRES, stored(SHOP, postgres(-HOUR), 5), "unknown", ["clock_doubtful"]),
}


@pytest.mark.parametrize("config, entry, verdict, codes", TROUBLED.values(), ids=TROUBLED)
def test_a_troubled_partition_is_told_with_its_reasons(
    config: Mapping[str, str], entry: StoredOffset, verdict: str, codes: list[str]
) -> None:
    assert outcome(connector(config, entry)) == (verdict, codes)


def test_a_reason_has_its_figure_its_limit_and_since_when() -> None:
    (verdict,) = judged(connector(JDBC, stored(ORDERS, jdbc(4 * DAY), 2 * DAY)))
    old, silent = verdict.as_data()["reasons"]
    assert old == {
        "code": "time_old",
        "message": "its time is 4 d ago",
        "value": 4 * DAY,
        "limit": 3 * DAY,
        "since": NOW - DAY,
    }
    assert silent == {
        "code": "no_commit",
        "message": "nothing stored for 2 d",
        "value": 2 * DAY,
        "limit": DAY,
        "since": NOW - 2 * DAY,
    }
    assert (verdict.delivered_to, verdict.committed_at) == (NOW - 4 * DAY, NOW - 2 * DAY)


def test_without_kafka_it_is_said_what_to_give() -> None:
    (verdict,) = judged(connector(PLAIN, stored(PARTITION, {"x": 1})))
    assert "connectops_kafka_bootstrap_servers" in verdict.reasons[0].message


STATES = {
    # name: (connector, task, seconds since the commit, verdict, codes)
    "the connector failed": ("FAILED", "RUNNING", MINUTE, "stuck", ["not_running"]),
    "the task failed": ("RUNNING", "FAILED", MINUTE, "stuck", ["not_running"]),
    "paused": ("PAUSED", "PAUSED", MINUTE, "ok", ["not_running"]),
    "stopped": ("STOPPED", None, MINUTE, "ok", ["not_running"]),
    "paused for long": ("PAUSED", "PAUSED", 2 * DAY, "stuck", ["not_running", "no_commit"]),
    "its worker is lost": ("RUNNING", "UNASSIGNED", MINUTE, "ok", ["not_running"]),
    "its state could not be asked for": ("UNKNOWN", "RUNNING", MINUTE, "ok", []),
}


@pytest.mark.parametrize("state, task, ago, verdict, codes", STATES.values(), ids=STATES)
def test_only_a_failure_is_a_stall_by_itself(
    state: str, task: str | None, ago: float, verdict: str, codes: list[str]
) -> None:
    assert outcome(connector(PLAIN, stored(PARTITION, {"x": 1}, ago), state=state, task=task)) == (verdict, codes)


def test_a_failure_outweighs_a_missing_offset() -> None:
    assert outcome(connector(FILE, state="FAILED")) == ("stuck", ["not_running", "no_offset"])


NOTHING_STORED = {
    "it runs": ("RUNNING", "unknown", ["no_offset"]),
    "it failed at its first start": ("FAILED", "stuck", ["not_running", "no_offset"]),
}


@pytest.mark.parametrize("state, verdict, codes", NOTHING_STORED.values(), ids=NOTHING_STORED)
def test_a_connector_that_stored_nothing_is_still_judged(state: str, verdict: str, codes: list[str]) -> None:
    of = connector(PLAIN, state=state)
    assert outcome(of) == (verdict, codes)
    assert judged(of)[0].partition.as_dict() == {}


def test_the_limits_are_those_of_the_profile_and_else_the_general_ones() -> None:
    profile = Profile("x", ("UnheardOfConnector",), {}, time=TimeField("at", "seconds"))
    of = connector(PLAIN, stored(PARTITION, {"at": int(NOW - 2 * DAY)}, 3 * HOUR))

    def verdict(limits: Limits, **own: int) -> str:
        return judge_by_profile(of, replace(profile, **own), limits, NOW)[0].verdict  # type: ignore[arg-type]

    assert verdict(Limits()) == "ok"
    assert verdict(Limits(max_age_days=1)) == "late"
    assert verdict(Limits(max_age_days=1, max_commit_age_hours=2)) == "stuck"
    assert verdict(Limits(), max_age_seconds=DAY) == "late"
    assert verdict(Limits(), max_age_seconds=DAY, max_commit_age_seconds=2 * HOUR) == "stuck"


ENTRIES = st.builds(
    stored,
    st.sampled_from([SHOP, ORDERS, PARTITION, OLD_KEY, NEW_KEY, Partition.of({"server": "shop", "database": "d"})]),
    st.none()
    | st.fixed_dictionaries({}, optional={"ts_usec": st.integers(0, int(NOW) * 1_000_000), "snapshot": st.booleans()}),
    st.none() | st.integers(0, 60 * DAY),
)


@given(
    st.lists(ENTRIES, max_size=4, unique_by=lambda entry: entry.partition),
    st.sampled_from([None, SERVER, *PROFILES.values()]),
    st.sampled_from(["RUNNING", "PAUSED", "FAILED"]),
    st.integers(0, 90 * DAY),
)
def test_no_verdict_gets_better_by_waiting(
    entries: list[StoredOffset], profile: Profile | None, state: str, wait: int
) -> None:
    of = connector({**PLAIN, "topic.prefix": "shop", "table.whitelist": "orders"}, *entries, state=state)
    before = judge_by_profile(of, profile, Limits(), NOW)
    after = judge_by_profile(of, profile, Limits(), NOW + wait)
    assert [one.partition for one in before] == [one.partition for one in after]
    ranks = [(VERDICTS.index(one.verdict), VERDICTS.index(two.verdict)) for one, two in zip(before, after, strict=True)]
    assert [pair for pair in ranks if pair[1] < pair[0]] == []


@given(st.permutations([stored(one, {"x": 1}, 5) for one in (SHOP, ORDERS, PARTITION, OLD_KEY, NEW_KEY)]))
def test_verdicts_stand_in_the_order_of_their_partitions(entries: list[StoredOffset]) -> None:
    names = [str(one.partition) for one in judge_by_profile(connector(PLAIN, *entries), None, Limits(), NOW)]
    assert names == sorted(names)


def test_a_person_reads_partition_verdict_commit_and_why() -> None:
    config = {**JDBC, "table.whitelist": "orders,customers"}
    of = connector(config, stored(ORDERS, jdbc(4 * DAY), 2 * DAY))
    verdicts = judged(of)
    assert verdict_lines([verdict.as_data() for verdict in verdicts]) == [
        "  partition                     verdict  committed",
        "  protocol=1 table=shop.orders  stuck    2026-11-21 06:00Z",
        "      its time is 4 d ago, nothing stored for 2 d",
        "  table=customers               missing  -",
        "      expected, but it has no offset",
    ]
    assert worst(verdict.verdict for verdict in verdicts) == "stuck"


def test_a_connector_that_stored_nothing_has_a_line_as_well() -> None:
    of = connector(PLAIN)
    assert verdict_lines([verdict.as_data() for verdict in judged(of)])[1:] == [
        "  -          unknown  -",
        "      it has stored no offset, so nothing shows whether it works",
    ]


# What a reset wrote


def reset(entry: StoredOffset, ago: float = HOUR) -> StoredOffset:
    return replace(entry, reset_at=NOW - ago)


# All of these are "ok" by their commit times, which are those of the reset.
RESET = {
    "a file of which nothing was read since": (FILE, stored(ORDERS_FILE, {"position": 10_000}, HOUR)),
    "a class without a profile": (PLAIN, stored(PARTITION, {"pos": 1}, HOUR)),
    "an LSN in the future": (POSTGRES, stored(SHOP, postgres(MINUTE, lsn=2**50, lsn_proc=2**50), MINUTE)),
}


@pytest.mark.parametrize("config, entry", RESET.values(), ids=RESET)
def test_what_a_reset_wrote_is_no_commit_of_the_connector(config: Mapping[str, str], entry: StoredOffset) -> None:
    assert outcome(connector(config, entry))[0] == "ok"
    verdict, codes = outcome(connector(config, reset(entry)))
    assert (verdict, codes) == ("unknown", ["nothing_stored_since_reset"])


def test_what_is_stuck_stays_stuck_after_a_reset() -> None:
    entry = reset(stored(PARTITION, {"pos": 1}, 3 * DAY), 3 * DAY)
    assert outcome(connector(PLAIN, entry)) == ("stuck", ["nothing_stored_since_reset", "no_commit"])


def test_it_is_said_when_the_reset_was() -> None:
    (verdict,) = judged(connector(PLAIN, reset(stored(PARTITION, {"pos": 1}, HOUR))))
    (reason,) = verdict.reasons
    assert reason.message == "nothing stored since the reset of 2026-11-23 05:00Z"
    assert reason.since == at("2026-11-23T05:00")
