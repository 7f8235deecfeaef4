# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the connector still has to do for each partition, and how long that may take."""

from __future__ import annotations

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import Evidence
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.kind import (
    StripeReporting,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.runs import (
    ReportRun,
    RunHistory,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import LogFacts
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook, Work
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from unit.connectors.stripe_reporting.cases import (
    CAIRO,
    NEW_YORK,
    NOW,
    PST,
    TODAY,
    TYPE,
    at,
    connector,
    offset,
    partition,
    situation,
)

FINISHED = offset(TODAY, TODAY, done=True)
BEHIND = offset("2026-11-20", TODAY)


def outlook(of: Connector, evidence: Evidence | None = None) -> Outlook:
    found = StripeReporting(StripeOptions(), SharedAnswers()).judge(
        situation(of, evidence=evidence or Evidence({})), Limits(), ()
    )
    assert found.outlook is not None
    return found.outlook


def ready_after(seconds: int) -> RunHistory:
    created = int(NOW) - 90_000
    start, end = at("2026-11-20"), at("2026-11-21")
    return RunHistory((ReportRun("frr_1", TYPE, start, end, created, "succeeded", created + seconds),), created)


def test_a_partition_that_has_finished_the_current_round_has_nothing_to_do() -> None:
    found = outlook(connector({CAIRO: FINISHED, PST: BEHIND}))
    assert found.work == {
        partition(CAIRO): Work(0, is_due=False, available_to=TODAY),
        partition(PST): Work(1, is_due=True, available_to=TODAY),
    }
    assert found.runs == 1


def test_a_partition_whose_key_stripe_refuses_never_comes_and_counts_no_run() -> None:
    refused = Evidence({}, frozenset({NEW_YORK}))
    found = outlook(connector({CAIRO: BEHIND, NEW_YORK: BEHIND}), refused)
    assert found.runs == 1
    assert found.work[partition(NEW_YORK)].never == "Stripe refuses its API key, so the task drops it"
    assert found.work[partition(CAIRO)].never is None


def test_a_refused_partition_never_comes_even_while_another_one_blocks() -> None:
    blocker = offset("2026-11-20", TODAY, run="", row=None)
    found = outlook(connector({CAIRO: blocker, NEW_YORK: BEHIND, PST: BEHIND}), Evidence({}, frozenset({NEW_YORK})))
    assert {one: work.never is not None for one, work in found.work.items()} == {
        partition(CAIRO): False,
        partition(NEW_YORK): True,
        partition(PST): False,
    }


def test_a_partition_that_the_task_has_dropped_never_comes() -> None:
    log = LogFacts(started_timezones=(CAIRO,), dropped={PST: "Expired API Key provided"}, failures=())
    found = outlook(connector({CAIRO: BEHIND, PST: BEHIND}), Evidence({}, log=log))
    assert "dropped until the task restarts" in str(found.work[partition(PST)].never)
    assert found.runs == 1


def test_a_partition_without_initial_load_date_and_offset_never_comes() -> None:
    found = outlook(connector({CAIRO: BEHIND}, zones=(CAIRO, PST), initial_load=None))
    assert found.work[partition(PST)].never is not None


def test_one_that_another_partition_blocks_may_still_come() -> None:
    blocker = offset("2026-11-20", TODAY, run="", row=None)
    found = outlook(connector({CAIRO: blocker, PST: BEHIND}))
    assert {one.never for one in found.work.values()} == {None}
    assert all(one.is_due for one in found.work.values())


def test_a_run_takes_no_longer_than_the_slowest_before_and_a_half_or_the_wait() -> None:
    of = connector({CAIRO: BEHIND}, stripe_report_max_wait_ms="3600000")
    assert (outlook(of).longest_run_seconds, outlook(of).usual_run_seconds) == (3600, None)
    known = outlook(of, Evidence({CAIRO: ready_after(700)}))
    assert (known.longest_run_seconds, known.usual_run_seconds) == (1051, 700)
    assert outlook(of, Evidence({CAIRO: ready_after(7000)})).longest_run_seconds == 3600
