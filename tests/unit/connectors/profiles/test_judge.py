# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts by a profile and by commit times alone. The profiles are those of the documentation, read from its page."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import judge_by_profile
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    Profile,
    TimeField,
    choose_profile,
    read_profile,
    read_profiles,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Offset,
    Partition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import verdict_lines
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    VERDICTS,
    Limits,
    Verdict,
    worst,
)
from hypothesis import given
from hypothesis import strategies as st
from unit.connectors.stripe_reporting.cases import DAY, HOUR, NOW, at

PAGE = Path(__file__).parents[4] / "docs/profiles.md"
MINUTE = 60


def documented() -> tuple[Profile, ...]:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return read_profiles([one for block in blocks for one in yaml.safe_load(block)["connectops_profiles"]])


PROFILES = {profile.name: profile for profile in documented()}

JDBC = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    "mode": "timestamp",
    "table.whitelist": "orders",
}
QUIET_POSTGRES = {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "topic.prefix": "shop"}
POSTGRES = {**QUIET_POSTGRES, "heartbeat.interval.ms": "10000"}
MYSQL = {"connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "shop"}
FILE = {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "file": "/data/orders.txt"}
PLAIN = {"connector.class": "com.example.UnheardOfConnector"}

ORDERS = Partition.of({"protocol": "1", "table": "shop.orders"})
SHOP = Partition.of({"server": "shop"})
ORDERS_FILE = Partition.of({"filename": "/data/orders.txt"})
PLACE = Partition.of({"place": 1})


def stored(partition: Partition, offset: Offset | None, committed_ago: float | None = None) -> StoredOffset:
    """An offset that was committed so many seconds ago; None: nobody knows when."""
    return StoredOffset(partition, offset, None if committed_ago is None else NOW - committed_ago)


def connector(
    config: Mapping[str, str], *offsets: StoredOffset, state: str = "RUNNING", task: str | None = None
) -> Connector:
    tasks = () if state == "STOPPED" else (Task(0, task or state, "connect-1:8083"),)
    return Connector("source", "source", state, "connect-1:8083", tasks, config, offsets)


def assessed(of: Connector, now: float = NOW) -> tuple[Verdict, ...]:
    """As the collection does it: by the first documented profile that fits."""
    return judge_by_profile(of, choose_profile(documented(), of), Limits(), now)


def outcome(of: Connector, now: float = NOW) -> tuple[str, list[str]]:
    """The verdict on the only partition, and the codes of its reasons."""
    (verdict,) = assessed(of, now)
    return verdict.verdict, [reason.code for reason in verdict.reasons]


def jdbc(ago: float) -> dict[str, Any]:
    return {"timestamp": int(NOW - ago) * 1000, "timestamp_nanos": 0}


def postgres(ago: float, **more: Any) -> dict[str, Any]:
    return {
        "transaction_id": None,
        "lsn_proc": 27485360,
        "messageType": "UPDATE",
        "lsn": 27485360,
        "txId": 743,
        "ts_usec": int(NOW - ago) * 1_000_000 + 804_733,
        **more,
    }


def mysql(ago: float, **more: Any) -> dict[str, Any]:
    return {
        "transaction_id": None,
        "ts_sec": int(NOW - ago),
        "file": "mysql-bin.000123",
        "pos": 4567890,
        "row": 1,
        "server_id": 1,
        "event": 2,
        **more,
    }


def test_the_page_has_the_profiles_that_are_judged_with_here() -> None:
    assert set(PROFILES) == {"jdbc-timestamp", "debezium-postgres", "debezium-mysql", "file", "mirrormaker"}


# What newer versions of Debezium write: while the first snapshot runs, and with its last record.
RUNNING = {"snapshot": "INITIAL", "snapshot_completed": False}
COMPLETED = {"snapshot": "INITIAL", "snapshot_completed": True}
MIRROR = {"connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector", "topics": "ord.*,shop\\..*"}


def mirrored(topic: str) -> Partition:
    return Partition.of({"cluster": "primary", "partition": 0, "topic": topic})


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
    "any other": (PLAIN, stored(PLACE, {"x": 1}, 23 * HOUR)),
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
    "any other, silent": (PLAIN, stored(PLACE, {"x": 1}, 25 * HOUR), "stuck", ["no_commit"]),
    "any other, without Kafka": (PLAIN, stored(PLACE, {"x": 1}), "unknown", ["commit_time_unknown"]),
    "any other, its offset deleted": (PLAIN, stored(PLACE, None, MINUTE), "missing", ["no_offset"]),
    "a commit ahead of the clock": (PLAIN, stored(PLACE, {"x": 1}, -HOUR), "unknown", ["clock_doubtful"]),
    "a time ahead of the clock": (POSTGRES, stored(SHOP, postgres(-HOUR), 5), "unknown", ["clock_doubtful"]),
}


@pytest.mark.parametrize("config, entry, verdict, codes", TROUBLED.values(), ids=TROUBLED)
def test_a_troubled_partition_is_told_with_its_reasons(
    config: Mapping[str, str], entry: StoredOffset, verdict: str, codes: list[str]
) -> None:
    assert outcome(connector(config, entry)) == (verdict, codes)


def test_a_reason_has_its_figure_its_limit_and_since_when() -> None:
    (verdict,) = assessed(connector(JDBC, stored(ORDERS, jdbc(4 * DAY), 2 * DAY)))
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
    (verdict,) = assessed(connector(PLAIN, stored(PLACE, {"x": 1})))
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
    assert outcome(connector(PLAIN, stored(PLACE, {"x": 1}, ago), state=state, task=task)) == (verdict, codes)


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
    assert assessed(of)[0].partition.as_dict() == {}


def test_what_is_expected_and_what_is_stored_are_compared() -> None:
    config = {**JDBC, "table.whitelist": "orders,customers,gone"}
    customers = Partition.of({"protocol": "1", "table": "shop.customers"})
    attic = Partition.of({"protocol": "1", "table": "shop.attic"})
    of = connector(
        config,
        stored(attic, jdbc(90 * DAY), 90 * DAY),
        stored(ORDERS, jdbc(MINUTE), MINUTE),
        stored(customers, None, MINUTE),
    )
    assert [(str(one.partition), one.verdict, [r.code for r in one.reasons]) for one in assessed(of)] == [
        ("protocol=1 table=shop.attic", "orphaned", ["not_configured"]),
        ("protocol=1 table=shop.customers", "missing", ["no_offset"]),
        ("protocol=1 table=shop.orders", "ok", []),
        ("table=gone", "missing", ["no_offset"]),
    ]


def test_a_deleted_offset_of_what_is_not_expected_is_as_good_as_not_there() -> None:
    attic = Partition.of({"protocol": "1", "table": "shop.attic"})
    of = connector(JDBC, stored(attic, None, MINUTE), stored(ORDERS, jdbc(MINUTE), MINUTE))
    assert [str(one.partition) for one in assessed(of)] == ["protocol=1 table=shop.orders"]


SERVER = read_profile(
    {
        "name": "server",
        "connector_class": "UnheardOfConnector",
        "partition": ["server"],
        "time": {"field": "at", "unit": "seconds"},
    },
    "profiles[0]",
)
OLD_KEY, NEW_KEY = Partition.of({"server": "a"}), Partition.of({"server": "a", "database": "d"})


@pytest.mark.parametrize("with_kafka", [True, False], ids=["by commit time", "by the time in the offset"])
def test_of_partitions_that_differ_in_fields_of_no_account_the_latest_counts(with_kafka: bool) -> None:
    def entry(partition: Partition, ago: float) -> StoredOffset:
        return stored(partition, {"at": int(NOW - ago)}, ago if with_kafka else None)

    of = connector(PLAIN, entry(NEW_KEY, MINUTE), entry(OLD_KEY, 90 * DAY), entry(Partition.of({"server": "b"}), 5))
    verdicts = judge_by_profile(of, SERVER, Limits(), NOW)
    assert [(str(one.partition), one.verdict, [r.code for r in one.reasons]) for one in verdicts] == [
        ("database=d server=a", "ok", []),
        ("server=a", "orphaned", ["superseded"]),
        ("server=b", "ok", []),
    ]


def by_name(of: Connector) -> list[tuple[str, str, list[str]]]:
    return [(str(one.partition), one.verdict, [reason.code for reason in one.reasons]) for one in assessed(of)]


OLD_ORDERS = Partition.of({"table": "orders"})
TWO_FORMS = {
    # name: (tables, seconds since the older form was stored, since the newer was, verdict on the newer, on the older)
    "replaced": ("orders", 90 * DAY, MINUTE, ("ok", []), ("orphaned", ["superseded"])),
    "replaced, tables with their schema": ("shop.orders", 90 * DAY, MINUTE, ("ok", []), ("orphaned", ["superseded"])),
    "replaced, an expression": ("shop\\.ord.*", 90 * DAY, MINUTE, ("ok", []), ("orphaned", ["superseded"])),
    "replaced, without Kafka": ("orders", None, None, ("ok", []), ("orphaned", ["superseded"])),
    "back to an older version": ("orders", MINUTE, 90 * DAY, ("orphaned", ["superseded"]), ("ok", [])),
}


@pytest.mark.parametrize("tables, older, newer, on_newer, on_older", TWO_FORMS.values(), ids=TWO_FORMS)
def test_of_the_two_forms_of_a_jdbc_table_one_counts(
    tables: str, older: float | None, newer: float | None, on_newer: Any, on_older: Any
) -> None:
    old = stored(OLD_ORDERS, jdbc(90 * DAY if older is None else older), older)
    new = stored(ORDERS, jdbc(MINUTE if newer is None else newer), newer)
    of = connector({**JDBC, "table.whitelist": tables}, old, new)
    assert by_name(of) == [("protocol=1 table=shop.orders", *on_newer), ("table=orders", *on_older)]


def test_a_deleted_older_form_is_not_missing_where_there_is_a_newer_one() -> None:
    of = connector(JDBC, stored(OLD_ORDERS, None, MINUTE), stored(ORDERS, jdbc(MINUTE), MINUTE))
    assert by_name(of) == [("protocol=1 table=shop.orders", "ok", [])]


@pytest.mark.parametrize("tables", ["orders", "shop.orders", "shop\\.orders", "shop\\.ord.*"])
def test_the_older_form_alone_is_neither_orphaned_nor_missing(tables: str) -> None:
    of = connector({**JDBC, "table.whitelist": tables}, stored(OLD_ORDERS, jdbc(MINUTE), MINUTE))
    assert by_name(of) == [("table=orders", "ok", [])]


def test_the_older_form_of_another_table_stays_as_it_is() -> None:
    customers = Partition.of({"table": "customers"})
    config = {**JDBC, "table.whitelist": "orders,customers"}
    of = connector(config, stored(customers, jdbc(MINUTE), MINUTE), stored(ORDERS, jdbc(MINUTE), MINUTE))
    assert [one[1] for one in by_name(of)] == ["ok", "ok"]


def test_an_older_form_needs_no_field_of_the_newer_one() -> None:
    profile = replace(PROFILES["jdbc-timestamp"], partition=("protocol", "table"))
    of = connector(JDBC, stored(OLD_ORDERS, jdbc(MINUTE), MINUTE))
    assert [one.verdict for one in judge_by_profile(of, profile, Limits(), NOW)] == ["ok"]


def test_expressions_in_a_list_of_topics_make_nothing_missing_and_only_what_they_do_not_match_orphaned() -> None:
    entries = [
        stored(mirrored(topic), {"offset": 1}, MINUTE) for topic in ("orders", "shop.items", "attic", "Ordinary")
    ]
    of = connector({**MIRROR, "topics": f"{MIRROR['topics']},bills"}, *entries)
    assert by_name(of) == [
        ("cluster=primary partition=0 topic=Ordinary", "ok", []),
        ("cluster=primary partition=0 topic=attic", "orphaned", ["not_configured"]),
        ("cluster=primary partition=0 topic=orders", "ok", []),
        ("cluster=primary partition=0 topic=shop.items", "ok", []),
        ("topic=bills", "missing", ["no_offset"]),
    ]


def test_an_expression_that_cannot_be_read_makes_nothing_orphaned() -> None:
    config = {**MIRROR, "topics": "a[b"}
    assert by_name(connector(config, stored(mirrored("orders"), {"offset": 1}, MINUTE)))[0][1:] == ("ok", [])


def test_where_all_fields_count_none_takes_the_place_of_another() -> None:
    of = connector(PLAIN, stored(NEW_KEY, {"at": 1}, MINUTE), stored(OLD_KEY, {"at": 1}, 90 * DAY))
    verdicts = judge_by_profile(of, None, Limits(), NOW)
    assert [one.verdict for one in verdicts] == ["ok", "stuck"]


def test_a_partition_that_is_not_as_the_profile_has_it_is_no_good_sign() -> None:
    """A misspelt field in the profile must not make all partitions look like one, nor orphaned."""
    misspelt = replace(SERVER, partition=("sever",))
    of = connector(PLAIN, stored(OLD_KEY, {"at": int(NOW)}, 5), stored(NEW_KEY, {"at": int(NOW)}, 50))
    verdicts = judge_by_profile(of, misspelt, Limits(), NOW)
    assert [(one.verdict, [r.code for r in one.reasons]) for one in verdicts] == [("unknown", ["field_missing"])] * 2


def test_a_partition_without_the_field_of_the_list_is_not_called_orphaned() -> None:
    by_list_alone = replace(PROFILES["file"], partition=())
    of = connector(FILE, stored(PLACE, {"position": 1}, 5), stored(ORDERS_FILE, {"position": 1}, 5))
    verdicts = judge_by_profile(of, by_list_alone, Limits(), NOW)
    assert [(one.verdict, [r.code for r in one.reasons]) for one in verdicts] == [
        ("ok", []),
        ("unknown", ["field_missing"]),
    ]


def test_a_query_of_jdbc_is_not_taken_for_a_table() -> None:
    query = Partition.of({"query": "query"})
    without_list = {key: value for key, value in JDBC.items() if key != "table.whitelist"}
    assert outcome(connector({**without_list, "query": "select 1"}, stored(query, jdbc(5), 5))) == ("ok", [])


TIMES = {
    # name: (unit, value, epoch seconds)
    "seconds": ("seconds", 1763877600, 1763877600),
    "milliseconds": ("milliseconds", 1763877600500, 1763877600),
    "microseconds": ("microseconds", 1763877600123456, 1763877600),
    "nanoseconds": ("nanoseconds", 1763877600123456789, 1763877600),
    "text": ("milliseconds", "1763877600500", 1763877600),
    "a decimal": ("seconds", 1763877600.5, 1763877600),
    "a double": ("nanoseconds", 1.7638776e18, 1763877600),
    "ISO with Z": ("iso8601", "2025-11-23T06:00:00Z", 1763877600),
    "ISO with Java's nine digits": ("iso8601", "2025-11-23T06:00:00.123456789Z", 1763877600),
    "ISO with one digit": ("iso8601", "2025-11-23T06:00:00.5Z", 1763877600),
    "ISO of another zone": ("iso8601", "2025-11-23T08:00:00+02:00", 1763877600),
    "a leap day": ("iso8601", "2024-02-29T00:00:00Z", at("2024-02-29")),
}


def verdict_on_time(unit: str, value: Any) -> Verdict:
    profile = Profile("x", ("UnheardOfConnector",), {}, time=TimeField("at", unit))
    (verdict,) = judge_by_profile(connector(PLAIN, stored(PLACE, {"at": value}, 5)), profile, Limits(), NOW)
    return verdict


@pytest.mark.parametrize("unit, value, seconds", TIMES.values(), ids=TIMES)
def test_a_time_is_read_in_its_unit(unit: str, value: Any, seconds: int) -> None:
    assert verdict_on_time(unit, value).delivered_to == seconds


def test_a_time_without_a_zone_is_utc_wherever_this_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert verdict_on_time("iso8601", "2025-11-23T06:00:00").delivered_to == 1763877600
    finally:
        monkeypatch.undo()
        time.tzset()


MISREAD = {
    # name: (unit, value, words)
    "seconds as milliseconds": ("milliseconds", 1763877600, "in seconds it would be 2025-11-23 06:00Z"),
    "milliseconds as seconds": ("seconds", 1763877600000, "in milliseconds it would be 2025-11-23 06:00Z"),
    "microseconds as milliseconds": ("milliseconds", 1763877600000000, "in microseconds it would be 2025-11-23 06:00Z"),
    "nanoseconds as seconds": ("seconds", 1763877600000000000, "in nanoseconds it would be 2025-11-23 06:00Z"),
    "a number as ISO": ("iso8601", 1763877600, "in seconds it would be 2025-11-23 06:00Z"),
    "zero": ("milliseconds", 0, "its at 0 is no sensible time in milliseconds"),
    "below zero": ("seconds", -5, "its at -5 is no sensible time in seconds"),
    "message": ("seconds", "yesterday", "its at yesterday is no sensible time in seconds"),
    "a bool": ("seconds", True, "its at True is no sensible time in seconds"),
    "a monstrous number": ("nanoseconds", 10**400, "is no sensible time in nanoseconds"),
    "not a number": ("seconds", float("nan"), "its at nan is no sensible time in seconds"),
    "infinity": ("seconds", float("inf"), "its at inf is no sensible time in seconds"),
    "ISO of no calendar": ("iso8601", "2025-02-30T00:00:00Z", "is no sensible time in iso8601"),
}


@pytest.mark.parametrize("unit, value, words", MISREAD.values(), ids=MISREAD)
def test_a_time_of_no_sense_is_no_verdict_but_a_doubt(unit: str, value: Any, words: str) -> None:
    verdict = verdict_on_time(unit, value)
    assert (verdict.verdict, [reason.code for reason in verdict.reasons]) == ("unknown", ["unit_doubtful"])
    assert words in verdict.reasons[0].message
    assert verdict.delivered_to is None


def test_the_limits_are_those_of_the_profile_and_else_the_general_ones() -> None:
    profile = Profile("x", ("UnheardOfConnector",), {}, time=TimeField("at", "seconds"))
    of = connector(PLAIN, stored(PLACE, {"at": int(NOW - 2 * DAY)}, 3 * HOUR))

    def verdict(limits: Limits, **own: int) -> str:
        return judge_by_profile(of, replace(profile, **own), limits, NOW)[0].verdict  # type: ignore[arg-type]

    assert verdict(Limits()) == "ok"
    assert verdict(Limits(max_age_days=1)) == "late"
    assert verdict(Limits(max_age_days=1, max_commit_age_hours=2)) == "stuck"
    assert verdict(Limits(), max_age_seconds=DAY) == "late"
    assert verdict(Limits(), max_age_seconds=DAY, max_commit_age_seconds=2 * HOUR) == "stuck"


ENTRIES = st.builds(
    stored,
    st.sampled_from([SHOP, ORDERS, PLACE, OLD_KEY, NEW_KEY, Partition.of({"server": "shop", "database": "d"})]),
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


def test_what_is_missing_stands_in_the_order_of_partitions_too() -> None:
    of = connector({**FILE, "file": "/a"}, stored(ORDERS_FILE, {"position": 1}, 5))
    assert [(str(one.partition), one.verdict) for one in assessed(of)] == [
        ("filename=/a", "missing"),
        ("filename=/data/orders.txt", "orphaned"),
    ]


@given(st.permutations([stored(one, {"x": 1}, 5) for one in (SHOP, ORDERS, PLACE, OLD_KEY, NEW_KEY)]))
def test_verdicts_stand_in_the_order_of_their_partitions(entries: list[StoredOffset]) -> None:
    names = [str(one.partition) for one in judge_by_profile(connector(PLAIN, *entries), None, Limits(), NOW)]
    assert names == sorted(names)


def test_a_person_reads_partition_verdict_commit_and_why() -> None:
    config = {**JDBC, "table.whitelist": "orders,customers"}
    of = connector(config, stored(ORDERS, jdbc(4 * DAY), 2 * DAY))
    verdicts = assessed(of)
    assert verdict_lines([verdict.as_data() for verdict in verdicts]) == [
        "  partition                     verdict  committed          why",
        "  protocol=1 table=shop.orders  stuck    2026-11-21 06:00Z  its time is 4 d ago, nothing stored for 2 d",
        "  table=customers               missing  -                  expected, but it has no offset",
    ]
    assert worst(verdict.verdict for verdict in verdicts) == "stuck"


def test_a_connector_that_stored_nothing_has_a_line_as_well() -> None:
    of = connector(PLAIN)
    assert verdict_lines([verdict.as_data() for verdict in assessed(of)])[-1] == (
        "  -          unknown  -          it has stored no offset, so nothing shows whether it works"
    )


# What a reset wrote


def reset(entry: StoredOffset, ago: float = HOUR) -> StoredOffset:
    return replace(entry, reset_at=NOW - ago)


# All of these are "ok" by their commit times, which are those of the reset.
RESET = {
    "a file of which nothing was read since": (FILE, stored(ORDERS_FILE, {"position": 10_000}, HOUR)),
    "a class without a profile": (PLAIN, stored(PLACE, {"pos": 1}, HOUR)),
    "an LSN in the future": (POSTGRES, stored(SHOP, postgres(MINUTE, lsn=2**50, lsn_proc=2**50), MINUTE)),
}


@pytest.mark.parametrize("config, entry", RESET.values(), ids=RESET)
def test_what_a_reset_wrote_is_no_commit_of_the_connector(config: Mapping[str, str], entry: StoredOffset) -> None:
    assert outcome(connector(config, entry))[0] == "ok"
    verdict, codes = outcome(connector(config, reset(entry)))
    assert (verdict, codes) == ("unknown", ["nothing_stored_since_reset"])


def test_what_is_stuck_stays_stuck_after_a_reset() -> None:
    entry = reset(stored(PLACE, {"pos": 1}, 3 * DAY), 3 * DAY)
    assert outcome(connector(PLAIN, entry)) == ("stuck", ["nothing_stored_since_reset", "no_commit"])


def test_it_is_said_when_the_reset_was() -> None:
    (verdict,) = assessed(connector(PLAIN, reset(stored(PLACE, {"pos": 1}, HOUR))))
    (reason,) = verdict.reasons
    assert reason.message == "nothing stored since the reset of 2026-11-23 05:00Z"
    assert reason.since == at("2026-11-23T05:00")
