# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles as users write them: what is read, what is refused and in which words, which connector they fit."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.kind import Profiles
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import (
    Expected,
    OpenRun,
    Profile,
    TimeField,
    choose_profile,
    read_profile,
    read_profiles,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.log_activity import read_activity
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

SMALLEST = {"name": "jdbc", "connector_class": "JdbcSourceConnector"}
JDBC_CLASS = "io.confluent.connect.jdbc.JdbcSourceConnector"


def connector(connector_class: str = JDBC_CLASS, **settings: str) -> Connector:
    config = {"connector.class": connector_class, **{key.replace("_", "."): value for key, value in settings.items()}}
    return Connector("orders", "source", "RUNNING", "", (), config)


def refusal(data: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_profile(data, "profiles[0]")
    return caught.value.message


def test_a_whole_profile_is_read() -> None:
    read = read_profile(
        {
            **SMALLEST,
            "settings": {"mode": "timestamp"},
            "partition": ["protocol", "table"],
            "older_partition": ["table"],
            "heartbeat": "heartbeat.interval.ms",
            "time": {"field": "timestamp", "unit": "milliseconds"},
            "open_run": {"field": "snapshot", "values": [True, "INITIAL"], "ended_by": "snapshot_completed"},
            "expected": {"setting": "table.whitelist", "separator": ";", "field": "table"},
            "log": {"progress": r"\d+ rows", "failure": "Failed to run query"},
            "max_age": "36h",
            "max_commit_age": "90m",
            "max_run_age": "1h 30m",
        },
        "profiles[0]",
    )
    assert read == Profile(
        name="jdbc",
        connector_classes=("JdbcSourceConnector",),
        settings={"mode": ("timestamp",)},
        partition=("protocol", "table"),
        older_partition=("table",),
        heartbeat="heartbeat.interval.ms",
        time=TimeField("timestamp", "milliseconds"),
        open_run=OpenRun("snapshot", (True, "INITIAL"), ("snapshot_completed",)),
        expected=Expected("table.whitelist", ";", "table"),
        delivery=Delivery(progress=r"\d+ rows", failure="Failed to run query", timeout=None),
        max_age_seconds=36 * 3600,
        max_commit_age_seconds=90 * 60,
        max_run_age_seconds=90 * 60,
    )


def test_a_verification_counts_the_lines_that_a_profile_names() -> None:
    log = {"progress": "records sent", "failure": "gave up", "timeout": "no answer"}
    kind = Profiles(read_profiles([{**SMALLEST, "log": log}]))
    stored = Connector("orders", "source", "RUNNING", "w:1", (), {"connector.class": "JdbcSourceConnector"}, ())
    texts = ("5 records sent", "It gave up", "Got no answer", "7 records sent", "An ERROR that says nothing")
    lines = [f"[2026-11-23 05:59:00,000] INFO [orders|task-0] {one}" for one in texts]
    found = read_activity(lines, "orders", kind.delivery(stored), None)
    assert (found.progress, found.failures, found.timeouts) == (2, 1, 1)
    # Without a profile nothing is known but errors.
    other = read_activity(lines, "orders", Profiles().delivery(stored), None)
    assert (other.progress, other.timeouts) == (0, 0)


def test_a_connector_is_judged_by_the_profile_that_fits_and_generic_without_one() -> None:
    kind = Profiles(read_profiles([SMALLEST]))
    assert kind.profile_of(connector()) == SMALLEST["name"]
    assert kind.profile_of(connector("io.debezium.Thing")) == "generic"


def test_a_name_and_a_class_are_enough() -> None:
    assert read_profile(SMALLEST, "profiles[0]") == Profile("jdbc", ("JdbcSourceConnector",), {})


def test_a_key_without_a_value_counts_as_left_out() -> None:
    """As a template that yields nothing leaves it."""
    empty = dict.fromkeys(("settings", "partition", "time", "open_run", "expected", "max_age"))
    assert read_profile({**SMALLEST, **empty}, "profiles[0]") == read_profile(SMALLEST, "profiles[0]")


def test_a_key_like_no_other_is_answered_with_all_there_are() -> None:
    keys = (
        "name, connector_class, settings, partition, older_partition, heartbeat, time, open_run, expected, log,"
        " max_age, max_commit_age, max_run_age"
    )
    assert refusal({**SMALLEST, "zzz": 1}) == f"profiles[0] (jdbc): zzz is not a key of a profile: there are {keys}."


REFUSED = {
    "a misspelt key": ({"tiem": {}}, 'profiles[0] (jdbc): tiem is not a key of a profile: did you mean "time"?'),
    "a misspelt key within": (
        {"time": {"feild": "x", "unit": "seconds"}},
        'profiles[0] (jdbc): time.feild is not a key of a profile: did you mean "field"?',
    ),
    "a misspelt unit": (
        {"time": {"field": "x", "unit": "milisecond"}},
        "profiles[0] (jdbc): time.unit 'milisecond' is not known: did you mean \"milliseconds\"?",
    ),
    "no unit": ({"time": {"field": "x"}}, "profiles[0] (jdbc): time.unit is missing: add it."),
    "no map": (
        {"time": "timestamp"},
        "profiles[0] (jdbc): time is not a map: its keys are field, unit.",
    ),
    "no class": (
        {"connector_class": None},
        "profiles[0] (jdbc): connector_class is missing: every profile needs it.",
    ),
    "an empty list of classes": (
        {"connector_class": []},
        "profiles[0] (jdbc): connector_class is not a list of texts: write at least one.",
    ),
    "a number for a class": (
        {"connector_class": 5},
        "profiles[0] (jdbc): connector_class is 5, not a text: write one.",
    ),
    "a number among fields": (
        {"partition": ["table", 1]},
        "profiles[0] (jdbc): partition is not a list of texts: write at least one.",
    ),
    "a log without a pattern": (
        {"log": {}},
        "profiles[0] (jdbc): log is empty: write at least one of progress, failure and timeout.",
    ),
    "no regular expression": (
        {"log": {"failure": "x("}},
        (
            "profiles[0] (jdbc): log.failure is not a regular expression (missing ), unterminated subpattern at position 1):"
            " correct it."
        ),
    ),
    "settings that are no map": (
        {"settings": ["mode"]},
        "profiles[0] (jdbc): settings is not a map: write a setting and its value, such as mode: timestamp.",
    ),
    "a setting without a value": (
        {"settings": {"mode": None}},
        "profiles[0] (jdbc): settings.mode has no value: write a value, or a list of values.",
    ),
    "no sign of an open run": (
        {"open_run": {"field": "snapshot"}},
        "profiles[0] (jdbc): open_run needs one of values and present: true. Write exactly one of them.",
    ),
    "both signs of an open run": (
        {"open_run": {"field": "snapshot", "values": [True], "present": True}},
        "profiles[0] (jdbc): open_run needs one of values and present: true. Write exactly one of them.",
    ),
    "absent for present": (
        {"open_run": {"field": "snapshot", "present": False}},
        "profiles[0] (jdbc): open_run.present must be true: for other values use the key values.",
    ),
    "one value for a list": (
        {"open_run": {"field": "snapshot", "values": True}},
        "profiles[0] (jdbc): open_run.values is not a list of values: write one such as [true, INITIAL].",
    ),
    "a length without a unit": (
        {"max_commit_age": 36},
        "profiles[0] (jdbc): max_commit_age: '36' is not a duration: write a number with ms, s, m, h or d, such as 60m.",
    ),
    "no length at all": (
        {"max_commit_age": "0h"},
        "profiles[0] (jdbc): max_commit_age 0h is less than a second: write a longer one, such as 36h.",
    ),
    "an age of nothing": (
        {"max_age": "36h"},
        "profiles[0] (jdbc): max_age requires the key time: add it.",
    ),
    "an age of no run": (
        {"max_run_age": "36h"},
        "profiles[0] (jdbc): max_run_age requires the key open_run: add it.",
    ),
    "an expected field that does not count": (
        {"partition": ["server"], "expected": {"setting": "tables", "field": "table"}},
        "profiles[0] (jdbc): expected.field 'table' is not in partition: add it there.",
    ),
}


@pytest.mark.parametrize("more, sentence", REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_told_in_one_sentence(more: dict[str, Any], sentence: str) -> None:
    assert refusal({**SMALLEST, **more}) == sentence


@pytest.mark.parametrize("data", ["jdbc", None, [], 5])
def test_what_is_no_map_is_no_profile(data: Any) -> None:
    assert refusal(data).startswith("profiles[0]: the profile is not a map: its keys are name, connector_class,")


def test_a_profile_without_a_name_is_found_by_its_place_in_the_list() -> None:
    with pytest.raises(InputError, match=r"^profiles\[1\]: name is missing: every profile needs it\.$"):
        read_profiles([SMALLEST, {"connector_class": "X"}])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("a1 -", max_size=5) | st.sampled_from(["seconds", "1h"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["field", "unit", "values", "present", "setting", "mode"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ("settings", "partition", "time", "open_run", "expected", "max_age", "max_commit_age", "max_run_age")


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_whatever_stands_in_a_profile_is_read_or_refused_in_one_line(data: dict[str, Any]) -> None:
    message = ""
    try:
        read_profile({**SMALLEST, **data}, "profiles[0]")
    except InputError as error:
        message = error.message
    assert re.fullmatch(r"|profiles\[0\] \(jdbc\): .+[.?]", message)


FITS = {
    "the full class": ({"connector_class": JDBC_CLASS}, connector(), True),
    "the simple name": ({}, connector(), True),
    "the simple name, another package": ({}, connector("io.aiven.connect.jdbc.JdbcSourceConnector"), True),
    "another package": ({"connector_class": JDBC_CLASS}, connector("io.aiven.connect.jdbc.JdbcSourceConnector"), False),
    "one of several": ({"connector_class": ["Other", "JdbcSourceConnector"]}, connector(), True),
    "the alias in the config": ({}, connector("JdbcSource"), True),
    "the simple name in the config": ({}, connector("JdbcSourceConnector"), True),
    "the alias for the full class": ({"connector_class": JDBC_CLASS}, connector("JdbcSource"), True),
    "the simple name for the full class": ({"connector_class": JDBC_CLASS}, connector("JdbcSourceConnector"), True),
    "the alias in the profile": ({"connector_class": "JdbcSource"}, connector(), True),
    "blanks around the class": ({}, connector(f" {JDBC_CLASS} "), True),
    "the alias of another class": ({}, connector("JdbcSink"), False),
    "no class": ({}, connector(""), False),
    "the end of a name": ({"connector_class": "SourceConnector"}, connector(), False),
    "the value wanted": ({"settings": {"mode": "timestamp"}}, connector(mode="timestamp"), True),
    "another value": ({"settings": {"mode": "timestamp"}}, connector(mode="bulk"), False),
    "no value": ({"settings": {"mode": "timestamp"}}, connector(), False),
    "one of the values": ({"settings": {"mode": ["a", "timestamp"]}}, connector(mode="timestamp"), True),
    "a bool as Connect keeps it": (
        {"settings": {"validate.non.null": False}},
        connector(validate_non_null="false"),
        True,
    ),
    "a number as Connect keeps it": ({"settings": {"tasks.max": 1}}, connector(tasks_max="1"), True),
    "two settings, one of them other": (
        {"settings": {"mode": "timestamp", "tasks.max": 1}},
        connector(mode="timestamp", tasks_max="2"),
        False,
    ),
}


@pytest.mark.parametrize("more, of, fits", FITS.values(), ids=FITS)
def test_a_profile_fits_by_class_and_settings(more: dict[str, Any], of: Connector, fits: bool) -> None:
    assert read_profile({**SMALLEST, **more}, "profiles[0]").fits(of) is fits


def test_the_first_profile_that_fits_is_taken() -> None:
    profiles = read_profiles(
        [
            {**SMALLEST, "name": "other", "connector_class": "Other"},
            {**SMALLEST, "name": "timestamp", "settings": {"mode": "timestamp"}},
            {**SMALLEST, "name": "rest"},
        ]
    )
    chosen = [choose_profile(profiles, one) for one in (connector(mode="timestamp"), connector(), connector("None"))]
    assert [one.name if one else None for one in chosen] == ["timestamp", "rest", None]


OPEN = {
    "true": ([True, "INITIAL"], {"snapshot": True}, True),
    "a word": ([True, "INITIAL"], {"snapshot": "INITIAL"}, True),
    "true as text, as after a template": (["true"], {"snapshot": True}, True),
    "text where true is wanted": ([True], {"snapshot": "true"}, True),
    "ended": (["INITIAL"], {"snapshot": "INITIAL", "completed": True}, False),
    "not ended": (["INITIAL"], {"snapshot": "INITIAL", "completed": False}, True),
    "ended by any of two": ([True], {"snapshot": True, "last": True, "completed": False}, False),
    "any value: ended": (None, {"snapshot": False, "completed": True}, False),
    "false": ([True, "INITIAL"], {"snapshot": False}, False),
    "a number is not true": ([True], {"snapshot": 1}, False),
    "absent": ([True, "INITIAL"], {"lsn": 1}, False),
    "null": ([True], {"snapshot": None}, False),
    "any value: there": (None, {"snapshot": False}, True),
    "any value: null": (None, {"snapshot": None}, False),
    "any value: absent": (None, {"lsn": 1}, False),
}


@pytest.mark.parametrize("values, offset, is_open", OPEN.values(), ids=OPEN)
def test_an_open_run_is_seen_in_the_offset(values: list[Any] | None, offset: dict[str, Any], is_open: bool) -> None:
    sign = {"present": True} if values is None else {"values": values}
    data = {"field": "snapshot", "ended_by": ["completed", "last"], **sign}
    read = read_profile({**SMALLEST, "open_run": data}, "profiles[0]").open_run
    assert read is not None
    assert read.is_in(offset) is is_open


LISTS = {
    "a list": ("orders, customers", ("orders", "customers")),
    "empty items and repeated ones": ("orders,,orders, ", ("orders",)),
    # As if it were not set: it is the default of such settings, which a tool may write down.
    "an empty list": ("", None),
    "a list of nothing": (" , ", None),
    "names in quotes": ('"public"."orders",`shop`.items', ("public.orders", "shop.items")),
    "names in the brackets of SQL Server": ("[dbo].[orders],dbo.[all items]", ("dbo.orders", "dbo.all items")),
    "a bracket within an expression": ("order[s],[ab]c", ("order[s]", "[ab]c")),
    "a placeholder": ("${file:/run/tables:list}", None),
    "a placeholder among others": ("orders,${file:/run/tables:list}", None),
    "a mask": ("****", None),
    "not set": (None, None),
    "an expression among names": ("orders, eu\\..*", ("orders", "eu\\..*")),
    "an expression for one name": ("shop\\.orders,^customers$", ("shop.orders", "customers")),
    "a comma within an expression": ("a{1\\,2},b", ("a{1\\,2}", "b")),
    "a name of Oracle's": ("SYS$LOG", ("SYS$LOG",)),
    "an expression that only Java reads": ("orders,a[b", None),
}


@pytest.mark.parametrize("text, values", LISTS.values(), ids=LISTS)
def test_what_is_expected_is_read_from_the_config_where_it_tells(
    text: str | None, values: tuple[str, ...] | None
) -> None:
    config = {} if text is None else {"table.whitelist": text}
    assert Expected("table.whitelist", ",", "table").values(config) == values


def test_a_setting_that_ends_in_regex_is_one_expression() -> None:
    expected = Expected("topics.regex", ",", "topic")
    assert expected.values({"topics.regex": "(a|b){1,3}"}) == ("(a|b){1,3}",)
    assert expected.values({"topics": "a"}) is None


MET = {
    "an expression": ("ord.*", {"table": "orders"}, True),
    "an expression for all": (".*", {"table": "shop.orders"}, True),
    "an expression in other letters": ("ORD.*", {"table": "orders"}, True),
    "an expression with the schema": ("shop\\.ord.*", {"table": "shop.orders"}, True),
    "an expression without the schema": ("ord.*", {"table": "shop.orders"}, True),
    "an expression for a part of the name": ("ord|cust", {"table": "orders"}, False),
    "an expression for another schema": ("attic\\..*", {"table": "shop.orders"}, False),
    "a name that looks like an expression": ("/data/a(1).txt", {"table": "/data/a(1).txt"}, True),
    "the same": ("shop.orders", {"table": "shop.orders"}, True),
    "without the schema": ("orders", {"table": "shop.orders"}, True),
    "the end of another name": ("orders", {"table": "shop.preorders"}, False),
    "another schema": ("shop.orders", {"table": "attic.orders"}, False),
    "more than the partition has": ("shop.orders", {"table": "orders"}, False),
    "a number": ("7", {"table": 7}, True),
    "no such field": ("orders", {"query": "orders"}, False),
}


@pytest.mark.parametrize("value, fields, is_met", MET.values(), ids=MET)
def test_a_partition_stands_for_an_expected_value(value: str, fields: dict[str, Any], is_met: bool) -> None:
    assert Expected("table.whitelist", ",", "table").is_met(value, Partition.of(fields)) is is_met


def test_the_settings_of_a_profile_are_those_it_asks_for() -> None:
    data = {
        "name": "orders",
        "connector_class": "Orders",
        "settings": {"mode": "bulk"},
        "heartbeat": "heartbeat.interval.ms",
        "partition": ["table"],
        "expected": {"setting": "tables", "field": "table"},
    }
    (profile,) = read_profiles([data])
    assert profile.setting_names == {"mode", "heartbeat.interval.ms", "tables"}
