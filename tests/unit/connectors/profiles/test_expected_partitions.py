# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which partitions a profile expects, and which of the stored ones count: missing, orphaned, replaced by a newer form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.judge import judge_by_profile
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    StoredOffset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import (
    Limits,
)
from unit.connectors.profiles.cases import (
    FILE,
    JDBC,
    MINUTE,
    MIRROR,
    NEW_KEY,
    OLD_KEY,
    ORDERS,
    ORDERS_FILE,
    PARTITION,
    PLAIN,
    PROFILES,
    SERVER,
    connector,
    jdbc,
    judged,
    mirrored,
    outcome,
    stored,
)
from unit.connectors.stripe_reporting.cases import DAY, NOW


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
    assert [(str(one.partition), one.verdict, [r.code for r in one.reasons]) for one in judged(of)] == [
        ("protocol=1 table=shop.attic", "orphaned", ["not_configured"]),
        ("protocol=1 table=shop.customers", "missing", ["no_offset"]),
        ("protocol=1 table=shop.orders", "ok", []),
        ("table=gone", "missing", ["no_offset"]),
    ]


def test_a_deleted_offset_of_what_is_not_expected_is_as_good_as_not_there() -> None:
    attic = Partition.of({"protocol": "1", "table": "shop.attic"})
    of = connector(JDBC, stored(attic, None, MINUTE), stored(ORDERS, jdbc(MINUTE), MINUTE))
    assert [str(one.partition) for one in judged(of)] == ["protocol=1 table=shop.orders"]


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
    return [(str(one.partition), one.verdict, [reason.code for reason in one.reasons]) for one in judged(of)]


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


@pytest.mark.parametrize("tables", ["", " ", '"shop"."orders"', "[shop].[orders]"])
def test_an_empty_setting_and_a_quoted_name_make_nothing_orphaned_or_missing(tables: str) -> None:
    of = connector({**JDBC, "table.whitelist": tables}, stored(ORDERS, jdbc(MINUTE), MINUTE))
    assert by_name(of) == [("protocol=1 table=shop.orders", "ok", [])]


def test_an_expression_that_cannot_be_read_makes_nothing_orphaned() -> None:
    config = {**MIRROR, "topics": "a[b"}
    assert by_name(connector(config, stored(mirrored("orders"), {"offset": 1}, MINUTE)))[0][1:] == ("ok", [])


def test_where_all_fields_count_none_takes_the_place_of_another() -> None:
    of = connector(PLAIN, stored(NEW_KEY, {"at": 1}, MINUTE), stored(OLD_KEY, {"at": 1}, 90 * DAY))
    verdicts = judge_by_profile(of, None, Limits(), NOW)
    assert [one.verdict for one in verdicts] == ["ok", "unknown"]


def test_a_partition_that_is_not_as_the_profile_has_it_is_no_good_sign() -> None:
    """A misspelt field in the profile must not make all partitions look like one, nor orphaned."""
    misspelt = replace(SERVER, partition=("sever",))
    of = connector(PLAIN, stored(OLD_KEY, {"at": int(NOW)}, 5), stored(NEW_KEY, {"at": int(NOW)}, 50))
    verdicts = judge_by_profile(of, misspelt, Limits(), NOW)
    assert [(one.verdict, [r.code for r in one.reasons]) for one in verdicts] == [("unknown", ["field_missing"])] * 2


def test_a_partition_without_the_field_of_the_list_is_not_called_orphaned() -> None:
    by_list_alone = replace(PROFILES["file"], partition=())
    of = connector(FILE, stored(PARTITION, {"position": 1}, 5), stored(ORDERS_FILE, {"position": 1}, 5))
    verdicts = judge_by_profile(of, by_list_alone, Limits(), NOW)
    assert [(one.verdict, [r.code for r in one.reasons]) for one in verdicts] == [
        ("ok", []),
        ("unknown", ["field_missing"]),
    ]


def test_a_query_of_jdbc_is_not_taken_for_a_table() -> None:
    query = Partition.of({"query": "query"})
    without_list = {key: value for key, value in JDBC.items() if key != "table.whitelist"}
    assert outcome(connector({**without_list, "query": "select 1"}, stored(query, jdbc(5), 5))) == ("ok", [])


def test_what_is_missing_stands_in_the_order_of_partitions_too() -> None:
    of = connector({**FILE, "file": "/a"}, stored(ORDERS_FILE, {"position": 1}, 5))
    assert [(str(one.partition), one.verdict) for one in judged(of)] == [
        ("filename=/a", "missing"),
        ("filename=/data/orders.txt", "orphaned"),
    ]
