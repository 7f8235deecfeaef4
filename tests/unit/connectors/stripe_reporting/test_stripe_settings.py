# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the connector's config is read: settings, report types, timezones, API keys."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import (
    configured_keys,
    usable_keys,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.outside import (
    read_situation,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    WalkSettings,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Status,
)
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import (
    API_KEYS,
    CAIRO,
    DAY,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    TYPE,
    at,
    connector,
    offset,
)


def test_settings_have_the_connectors_defaults() -> None:
    read = WalkSettings.read({})
    assert (read.max_interval_seconds, read.report_types, read.initial_loads) == (30 * DAY, (), {})
    assert read.rounds.last(NOW) == TODAY


@pytest.mark.parametrize("days", ["0", "366", "-1", "", "many", "1.5", "\u00b2", "\u00a02", "9" * 30])
def test_an_interval_that_the_connector_would_not_accept_is_refused(days: str) -> None:
    with pytest.raises(InputError, match=r"max\.report\.interval\.days.*1 to 365"):
        WalkSettings.read({"max.report.interval.days": days})


@pytest.mark.parametrize("days", ["2", "+2", " 2 ", "002", "\uff12"])
def test_an_interval_is_read_as_connect_reads_it(days: str) -> None:
    assert WalkSettings.read({"max.report.interval.days": days}).max_interval_seconds == 2 * DAY


@pytest.mark.parametrize(
    "text, wait",
    [
        ("-5000", -5000),
        ("+5000", 5000),
        (" 7 ", 7),
        ("0", 0),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), 300_000),
        ("\u00b2", 300_000),
        ("1e3", 300_000),
    ],
)
def test_the_wait_is_read_as_connect_reads_it_and_may_be_negative(text: str, wait: int) -> None:
    assert WalkSettings.read({"stripe.report.max.wait.ms": text}).max_wait_milliseconds == wait


@pytest.mark.parametrize(
    "key", ["max.report.interval.days", "poll.cron", "stripe.report.initial.load.dates", "stripe.report.max.wait.ms"]
)
@pytest.mark.parametrize("text", ["${env:VALUE}", "${file:/run/a;b,c:value}", "********"])
def test_a_value_that_the_config_does_not_show_is_never_guessed(key: str, text: str) -> None:
    with pytest.raises(InputError, match=rf"^{re.escape(key)}: .*does not show the real value"):
        WalkSettings.read({key: text})


@pytest.mark.parametrize("text", ["${env:TYPES}", "${file:/run/a,b:types}", "a.1,${env:TYPES}", "********"])
def test_report_types_that_the_config_does_not_show_are_those_with_an_offset_or_a_date(text: str) -> None:
    of = connector({PST: offset("2026-11-22", TODAY)}, **{"stripe.report.types": text})
    of = replace(of, config={**of.config, "stripe.report.initial.load.dates": "b.1:2026-10-01"})
    types = {one.report_type for one in Situation.of(of, NOW).partitions}
    assert types == {TYPE, "b.1"} | ({"a.1"} if "a.1" in text else set())


def test_a_report_type_that_is_listed_twice_is_one() -> None:
    of = connector({PST: offset("2026-11-20", "2026-11-21")}, **{"stripe.report.types": f"{TYPE}, {TYPE},,"})
    assert Situation.of(of, NOW).partitions == (ReportPartition(PST, TYPE),)


def test_a_no_break_space_is_a_part_of_a_name_as_it_is_to_java() -> None:
    of = connector({}, **{"stripe.api.keys": "\u00a0PST\t:k", "stripe.report.types": "\u00a0a.1 "})
    assert Situation.of(of, NOW).partitions == (ReportPartition("\u00a0PST", "\u00a0a.1"),)


@pytest.mark.parametrize(
    "date, load",
    [
        ("2026-10-01", "2026-10-01"),
        (" 2026-10-01 ", "2026-10-01"),
        ("2026-02-30", None),
        ("2026-13-01", None),
        ("20261001", None),
        ("2026-10-01T05:00", None),
        ("2026-W40-1", None),
        ("1790812800", None),
        ("soon", None),
        ("", None),
    ],
)
def test_only_a_plain_date_is_an_initial_load_date(date: str, load: str | None) -> None:
    read = WalkSettings.read({"stripe.report.initial.load.dates": f"a.1:2026-01-02; {TYPE} :{date};no-colon"})
    expected = {"a.1": at("2026-01-02")}
    assert read.initial_loads == (expected if load is None else {**expected, TYPE: at(load)})


def test_report_types_are_a_list_with_blanks() -> None:
    assert WalkSettings.read({"stripe.report.types": " b.1, a.1 ,,"}).report_types == ("b.1", "a.1")


@pytest.mark.parametrize(
    "config, expected",
    [
        ({"connector.class": "com.mykaarma.connect.stripe.StripeSourceConnector", "stripe.report.types": "a"}, True),
        ({"connector.class": "org.other.StripeSourceConnector", "stripe.report.types": "a"}, True),
        ({"connector.class": "StripeSourceConnector", "stripe.report.types": "a"}, True),
        ({"connector.class": "com.stripe.StripeSourceConnector"}, False),
        ({"connector.class": "NotStripeSourceConnector", "stripe.report.types": "a"}, False),
        ({"stripe.report.types": "a"}, False),
        ({}, False),
    ],
)
def test_the_connector_is_known_by_its_class_and_settings(config: dict[str, str], expected: bool) -> None:
    kind = StripeReporting(StripeOptions(False, "", {}), SharedAnswers())
    assert kind.fits(Connector.of("c", "source", config, Status())) is expected


@pytest.mark.parametrize(
    "keys, timezones, expected",
    [
        (API_KEYS, ["UTC"], [CAIRO, NEW_YORK, PST]),
        (f" {PST} : sk_1 ; ;x", [], [PST]),
        ("${secrets:STRIPE_API_KEYS}", ["UTC", CAIRO], [CAIRO, "UTC"]),
        ("${secrets:STRIPE_API_KEYS}", [], [CAIRO]),
        (f"{PST}:sk_1;${{secrets:MORE}}", [CAIRO, "UTC"], [CAIRO, PST, "UTC"]),
        (f"${{secrets:MORE}};{PST}:sk_1", [], [CAIRO, PST]),
        ("${file:/a;b:keys}", [], [CAIRO]),
        ("********", [PST, CAIRO], [CAIRO, PST]),
        ("[hidden]", [], [CAIRO]),
        (f"{PST}:${{env:PST_KEY}};UTC:${{env:UTC_KEY}}", [CAIRO], [PST, "UTC"]),
        ("", [], [CAIRO]),
    ],
)
def test_timezones_come_from_the_config_else_the_inventory_else_the_offsets(
    keys: str, timezones: list[str], expected: list[str]
) -> None:
    of = connector({CAIRO: offset("2026-11-22", TODAY)}, **{"stripe.api.keys": keys})
    assert [one.timezone for one in Situation.of(of, NOW, timezones).partitions] == expected


@pytest.mark.parametrize(
    "given, words",
    [
        (["PTS"], "names no timezone that has an offset (Africa/Cairo, PST): correct it, or leave it out."),
        ([CAIRO, "PTS"], 'no offset is stored for PTS: did you mean "PST"?'),
        ([CAIRO, "pst"], 'no offset is stored for pst: did you mean "PST"?'),
        (["Africa/Ciro", PST], 'no offset is stored for Africa/Ciro: did you mean "Africa/Cairo"?'),
    ],
)
def test_timezones_that_look_mistyped_are_refused(given: list[str], words: str) -> None:
    done = offset("2026-11-22", TODAY)
    of = connector({CAIRO: done, PST: done}, **{"stripe.api.keys": "********"})
    with pytest.raises(InputError, match=re.escape(words)):
        Situation.of(of, NOW, given)


@pytest.mark.parametrize("given", [[CAIRO, PST], [CAIRO, PST, "EST"], [CAIRO, "EST"], [PST, "Africa/Algiers"], [CAIRO]])
def test_a_new_timezone_and_one_that_is_gone_are_no_typos(given: list[str]) -> None:
    done = offset("2026-11-22", TODAY)
    of = connector({CAIRO: done, PST: done}, **{"stripe.api.keys": "********"})
    assert [one.timezone for one in Situation.of(of, NOW, given).partitions] == sorted(given)


def test_partitions_are_walked_by_timezone_then_report_type() -> None:
    of = connector({}, zones=["b", "B", "a"], **{"stripe.report.types": "z.1,a.1"})
    assert [str(one) for one in Situation.of(of, NOW).partitions] == [
        "B a.1",
        "B z.1",
        "a a.1",
        "a z.1",
        "b a.1",
        "b z.1",
    ]


def test_a_key_of_the_user_goes_before_that_of_the_config_and_placeholders_are_no_keys() -> None:
    config = {"stripe.api.keys": f"{CAIRO}:sk_1;{PST}:sk_2;UTC:${{env:UTC_KEY}}"}
    assert usable_keys(config, {PST: "rk_3"}) == {CAIRO: "sk_1", PST: "rk_3"}
    assert configured_keys(config)["UTC"] == "${env:UTC_KEY}"


def test_a_timezone_with_an_empty_key_is_one_that_the_task_drops_and_stripe_is_not_asked() -> None:
    of = connector({PST: offset("2026-11-22", TODAY)}, **{"stripe.api.keys": f"{PST}: ;UTC:${{env:UTC_KEY}}"})
    situation = read_situation(of, StripeOptions(keys={}), SharedAnswers(), (), NOW)
    assert situation.evidence.refused == {PST}
    assert [one.timezone for one in situation.startable] == ["UTC"]


def test_report_types_that_the_config_does_not_show_are_told() -> None:
    of = connector({PST: offset("2026-11-22", TODAY)}, **{"stripe.report.types": "${env:TYPES}"})
    situation = read_situation(of, StripeOptions(ask=False, keys={}), SharedAnswers(), (), NOW)
    (problem,) = situation.problems
    assert problem.endswith(
        ": stripe.report.types does not show the report types, so the types with an offset or an initial load date are taken "
        "as the whole list."
    )


class Watched(dict[str, str]):
    """A config that knows what was asked of it."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def test_every_setting_that_decides_the_walk_is_one_that_is_shown() -> None:
    config = Watched(dict(connector({}).config))
    WalkSettings.read(config)
    configured_keys(config)
    assert len(config.asked) > 5
    assert config.asked == StripeReporting.settings
