# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in policy of the Stripe reporting connector."""

from __future__ import annotations

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.policy import (
    STRIPE_POLICY,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.policy import read_policy
from ansible_collections.connectops.recovery.plugins.module_utils.core.policy.rule import Config
from tooling.examples import blocks
from unit.connectors.stripe_reporting.cases import NOW

GOOD = {
    "stripe.report.types": "balance.summary.1, payout.x.1",
    "stripe.report.initial.load.dates": "balance.summary.1:2026-01-01; payout.x.1:2026-02-28",
    "stripe.report.max.wait.ms": "3600000",
    "poll.cron": "0 0 0 * * ?",
    "tasks.max": "1",
}
DEFAULTS = {"max.report.interval.days": "30", "stripe.report.max.wait.ms": "300000", "poll.cron": "0 0 0 * * ?"}
DATES, CRON = "stripe.report.initial.load.dates", "poll.cron"


def found(**changes: str | None) -> dict[str, tuple[str, str]]:
    """Rule and end of the message of each deviation, by its setting. Names have underscores for dots."""
    named = {key.replace("_", "."): value for key, value in changes.items()}
    config = {key: value for key, value in {**GOOD, **named}.items() if value is not None}
    (stripe,) = read_policy({}, [STRIPE_POLICY]).classes
    deviations = [rule.check(Config(config, DEFAULTS, frozenset(), NOW)) for rule in stripe.rules]
    return {one.setting: (one.rule, one.message.rpartition(": ")[2]) for one in deviations if one is not None}


def test_a_good_config_keeps_it() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    "dates, why",
    [
        (None, "balance.summary.1 has none"),
        ("balance.summary.1:2026-01-01", "payout.x.1 has none"),
        ("balance.summary.1:2026-1-1;payout.x.1:2026-01-01", "that of balance.summary.1 is '2026-1-1'"),
        ("balance.summary.1:20260101;payout.x.1:2026-01-01", "that of balance.summary.1 is '20260101'"),
        ("balance.summary.1:2026-02-30;payout.x.1:2026-01-01", "that of balance.summary.1 is '2026-02-30'"),
        ("balance.summary.1:2026-01-01;payout.x.1:2099-01-01", "that of payout.x.1 is in the future (2099-01-01)"),
        (
            "balance.summary.1:2026-01-01;payout.x.1:2026-01-01;payouts.x.1:2026-01-01",
            "payouts.x.1 is not among stripe.report.types",
        ),
    ],
)
def test_a_report_type_without_a_day_to_begin_with_deviates(dates: str | None, why: str) -> None:
    assert found(stripe_report_initial_load_dates=dates) == {DATES: ("initial_load_dates", why)}


@pytest.mark.parametrize("types", ["${env:TYPES}", "balance.summary.1,${env:MORE}"])
def test_report_types_that_the_config_does_not_show_miss_no_day(types: str) -> None:
    assert DATES not in found(stripe_report_types=types)


@pytest.mark.parametrize("cron", ["0 0 * * *", "0 0 0 * * *", "midnight", "0 0 0 1 1 ? 2001"])
def test_a_cron_that_never_fires_or_cannot_be_read_deviates(cron: str) -> None:
    deviations = found(poll_cron=cron)
    assert {setting: rule for setting, (rule, _why) in deviations.items()} == {CRON: "quartz_cron"}
    (stripe,) = read_policy({}, [STRIPE_POLICY]).classes
    checked = [rule.check(Config({**GOOD, CRON: cron}, DEFAULTS, frozenset(), NOW)) for rule in stripe.rules]
    (message,) = (one.message for one in checked if one is not None)
    assert "correct it" not in message, "what to do is said by the policy"


@pytest.mark.parametrize(
    "setting, value, rule",
    [
        ("stripe_report_max_wait_ms", None, "minimum"),
        ("stripe_report_max_wait_ms", "-1", "minimum"),
        ("stripe_report_max_wait_ms", "2700000", "recommended"),
        ("max_report_interval_days", "0", "minimum"),
        ("max_report_interval_days", "90", "maximum"),
        ("tasks_max", "2", "allowed"),
    ],
)
def test_the_other_rules(setting: str, value: str | None, rule: str) -> None:
    assert {key: of for key, (of, _why) in found(**{setting: value}).items()} == {setting.replace("_", "."): rule}


def test_its_topics_are_named_as_the_connector_names_them() -> None:
    assert STRIPE_POLICY.topics(GOOD) == ("stripe_reporting_balance_summary_1", "stripe_reporting_payout_x_1")
    assert STRIPE_POLICY.topics({**GOOD, "topic.prefix": "p."})[0] == "p.balance_summary_1"


def test_the_page_shows_what_is_built_in() -> None:
    pages = [block.data()["connectops_policy"] for block in blocks("yaml") if block.page == "docs/policy.md"]
    assert {"stripe_reporting": STRIPE_POLICY.defaults} in pages
