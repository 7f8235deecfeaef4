# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging connectors one by one: each by its kind, and one that cannot be judged hides no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Judgement, Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.kind import Profiles
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.profiles.profile import read_profiles
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sinks.kind import Sinks
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    Partition,
    StoredOffset,
    Task,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.operations.judge import Judge, Judged
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import DAY, NOW, PST, TODAY, offset
from unit.connectors.stripe_reporting.cases import connector as stripe_connector

KINDS = (StripeReporting(StripeOptions(ask=False, api_url="", keys={}), SharedAnswers()), Sinks(), Profiles())
ORDERS = Partition.of({"table": "orders"})
STUCK = offset(TODAY - 12 * DAY, TODAY - 12 * DAY)


def judged(of: Connector, *log: str) -> Judged:
    return Judge("eu-1", Limits(), KINDS)(Read(of, NOW, log))


def connector(type: str = "source", committed_ago: float = 60, **fields: Any) -> Connector:
    stored = StoredOffset(ORDERS, {"id": 5}, committed_at=NOW - committed_ago)
    made = Connector(
        "orders", type, "RUNNING", "w:1", (Task(0, "RUNNING", "w:1"),), {"connector.class": "Orders"}, (stored,)
    )
    return replace(made, **fields)


@pytest.mark.parametrize(
    "of, profile, verdict, recovers",
    [
        (stripe_connector({PST: STUCK}), "stripe_reporting", "stuck", True),
        (stripe_connector({PST: offset(TODAY, TODAY, done=True)}), "stripe_reporting", "ok", True),
        (connector(), "generic", "ok", False),
        (connector(committed_ago=3 * DAY), "generic", "stuck", False),
        (connector("sink"), "sink", "unknown", False),
    ],
    ids=["stuck", "current", "generic", "generic, quiet for days", "sink without Kafka"],
)
def test_a_connector_is_judged_by_its_kind(of: Connector, profile: str, verdict: str, recovers: bool) -> None:
    found = judged(of)
    assert (found.facts["profile"], found.facts["verdict"], found.recovers) == (profile, verdict, recovers)
    assert found.lines("all")[0].startswith(f"eu-1  {of.name}  RUNNING 1/1")


def test_a_connector_whose_offsets_could_not_be_read_says_why() -> None:
    found = judged(connector(problem="Its plugin is missing."))
    assert (found.facts["verdict"], found.facts["verdicts"], found.recovers) == ("unknown", [], False)
    assert found.lines("all")[-1].strip() == "Its plugin is missing."
    assert found.warnings == ("Connector 'orders' cannot be judged: Its plugin is missing.",)


def test_a_config_that_cannot_be_read_is_that_connectors_own_problem() -> None:
    found = judged(stripe_connector({PST: STUCK}, poll_cron="whenever"))
    assert (found.facts["verdict"], found.facts["profile"]) == ("unknown", "stripe_reporting")
    assert "poll.cron" in found.warnings[0]


class _Broken(Profiles):
    def judge(self, *_arguments: Any) -> Judgement:
        raise ZeroDivisionError("sk_live_secret")


def test_what_nobody_foresaw_in_one_connector_hides_no_other() -> None:
    kinds = (StripeReporting(StripeOptions(ask=False, api_url="", keys={}), SharedAnswers()), _Broken())
    reads = [Read(connector(), NOW), Read(stripe_connector({PST: STUCK}), NOW)]
    broken, other = Judge("eu-1", Limits(), kinds).all(reads)
    assert (broken.facts["verdict"], broken.recovers, other.facts["verdict"]) == ("unknown", False, "stuck")
    assert "unexpected error (ZeroDivisionError at test_judge.py:" in broken.warnings[0]
    assert "sk_live" not in broken.warnings[0]


def test_a_stopped_connector_says_what_it_would_be_after_a_resume() -> None:
    found = judged(stripe_connector({PST: STUCK}, state="STOPPED"))
    assert (found.facts["verdict"], found.facts["verdict_after_resume"]) == ("stopped", "stuck")
    assert "After a resume:" in " ".join(" ".join(found.lines("all")).split())


@pytest.mark.parametrize(
    "of",
    [
        stripe_connector({PST: STUCK}),
        connector(committed_ago=3 * DAY),
        connector("sink"),
        connector(problem="Its plugin is missing."),
    ],
    ids=["stripe", "generic", "sink", "not judged"],
)
def test_the_last_warning_or_error_in_the_log_is_shown_for_any_class(of: Connector) -> None:
    log = f"[2026-11-23 05:59:00,000] ERROR [{of.name}|task-0] Refused: password=abc123def (org.example.Task)"
    found = judged(of, log, f"[2026-11-23 05:59:01,000] INFO [{of.name}|task-0] Waits (org.example.Task)")
    said = f"[2026-11-23 05:59:00,000] ERROR [{of.name}|task-0] Refused: password=******** (org.example.Task)"
    assert found.facts["last_log_problem"] == said
    assert f"Last warning or error in the workers' logs: {said}" in " ".join(" ".join(found.lines("all")).split())


def test_what_a_config_provider_gave_is_not_quoted_from_the_log() -> None:
    """No config shows it, so it is known by Connect's words alone."""
    log = (
        "[2026-11-23 05:59:00,000] ERROR [orders|task-0] Task threw an exception (org.example.Task)",
        "org.apache.kafka.common.config.ConfigException: Invalid value of-a-provider for configuration batch.size: Not a number",
    )
    found = judged(connector(committed_ago=3 * DAY), *log)
    assert "Invalid value ******** for configuration batch.size" in found.facts["last_log_problem"]
    assert "of-a-provider" not in str(found.facts) + " ".join(found.lines("all"))


def test_a_profile_names_the_lines_that_tell_of_a_problem() -> None:
    """A connector may log it at another level, or give up without an error of its own."""
    profile = {
        "name": "orders",
        "connector_class": "Orders",
        "log": {"failure": "gave up", "timeout": "no answer in time"},
    }
    kinds = (Profiles(read_profiles([profile])),)
    lines = [
        f"[2026-11-23 05:59:0{second},000] INFO [orders|task-0] {text} (org.example.Task)"
        for second, text in enumerate(("The poll gave up", "Got no answer in time", "Polls again"))
    ]
    quiet = connector(committed_ago=3 * DAY)
    found = Judge("eu-1", Limits(), kinds)(Read(quiet, NOW, lines))
    assert found.facts["last_log_problem"] == lines[1]
    assert judged(quiet, *lines).facts["last_log_problem"] is None


def test_the_log_of_a_connector_that_is_ok_is_not_quoted() -> None:
    found = judged(connector(), "[2026-11-23 05:59:00,000] WARN [orders|task-0] Slow (org.example.Task)")
    assert (found.facts["verdict"], found.facts["last_log_problem"]) == ("ok", None)
