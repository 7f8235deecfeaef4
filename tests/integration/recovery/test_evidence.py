# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the report runs of the accounts and the logs of the workers show about a connector on a real worker."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.outside import (
    read_situation,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.situation import Situation
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.undelivered import (
    Undelivered,
    undelivered_spans,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.worker_log import (
    LogFacts,
    LogFailure,
    read_log,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_connector
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.worker_logs import WorkerLogOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from ansible_collections.connectops.recovery.plugins.module_utils.worker_logs import read_worker_logs
from integration.recovery.tasks import (
    CAIRO,
    MAX_WAIT,
    NEW_YORK,
    PST,
    TOO_SHORT_WAIT,
    Tasks,
    initial_load,
    stuck,
    succeeded,
    unfinished,
)
from lab import Lab
from lab.days import MIDNIGHT, ago
from lab.scenarios import REPORT_TYPE
from lab.trial import Trial

pytestmark = pytest.mark.slow_file

# Stripe shows whole seconds: only runs requested in different seconds can be put in order.
ONE_SECOND = 1.1
IN_CHUNKS_OF_TWO_DAYS = {
    "max.report.interval.days": 2,
    "in.progress.poll.interval.ms": 1100,
    # No report takes too long, however busy the machine is.
    MAX_WAIT: 600_000,
}


def report_partition(zone: str) -> ReportPartition:
    return ReportPartition(zone, REPORT_TYPE)


def snapshot(lab: Lab, trial: Trial) -> Connector:
    with ConnectClient(ConnectOptions(tuple(lab.connect.urls))) as client:
        return read_connector(client, trial.name, with_offsets=True)


def situation(lab: Lab, trial: Trial, keys: Mapping[str, str] | None = None) -> Situation:
    options = StripeOptions(ask=True, api_url=lab.stripe.url, keys=keys or {})
    return read_situation(snapshot(lab, trial), options, SharedAnswers(), (), time.time())


def log_facts(lab: Lab, trial: Trial) -> LogFacts:
    paths = tuple(str(path) for path in lab.logs.glob("*worker*.log"))
    return read_log(read_worker_logs(WorkerLogOptions(files=paths)).lines, trial.name)


def undelivered(lab: Lab, trial: Trial) -> tuple[Undelivered, ...]:
    it = situation(lab, trial)
    return undelivered_spans(it.partitions, it.evidence.histories, it.offsets, it.settings.initial_loads)


def fail_the_first_poll(trial: Trial, **settings: object) -> None:
    """A connector whose first poll, and no other, fails at New York, after it has fetched Cairo's first chunk."""
    trial.account(CAIRO).pending_seconds = ONE_SECOND
    trial.account(NEW_YORK).pending_seconds = math.inf
    trial.create(dict.fromkeys((CAIRO, NEW_YORK), unfinished(6, 0)), {**IN_CHUNKS_OF_TWO_DAYS, **settings})
    fail_one_run(trial)


def fail_one_run(trial: Trial) -> None:
    """Let New York's first report run fail, and none of the later ones."""
    account = trial.accounts[NEW_YORK]
    trial.await_runs(NEW_YORK, 1)
    account.pending_seconds = 0
    account.finish_run(account.runs[0].id, error="Not now.")


# Rows that were never delivered


def test_what_a_connector_that_healed_by_itself_jumped_over_is_found_to_the_row(lab: Lab, trial: Trial) -> None:
    fail_the_first_poll(trial)
    trial.await_offset(CAIRO, processed_in_round=True, interval_end=MIDNIGHT)
    trial.await_offset(NEW_YORK, processed_in_round=True, interval_end=MIDNIGHT)
    (span,) = undelivered(lab, trial)
    first = trial.accounts[CAIRO].runs[0]
    assert span == Undelivered(report_partition(CAIRO), ago(6), ago(4), first.created)
    missing = set(trial.expected(CAIRO, ago(6), MIDNIGHT)) - set(trial.delivered(CAIRO))
    assert missing == set(trial.expected(CAIRO, span.start, span.end))


def test_rows_that_a_restart_brought_back_are_not_missing(lab: Lab, trial: Trial) -> None:
    trial.account(CAIRO).pending_seconds = ONE_SECOND
    trial.account(NEW_YORK).fail_runs("Not now.")
    trial.create(dict.fromkeys((CAIRO, NEW_YORK), unfinished(6, 0)), IN_CHUNKS_OF_TWO_DAYS)
    trial.await_runs(NEW_YORK, 1)
    trial.stop()
    trial.accounts[NEW_YORK].succeed_runs()
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    trial.await_offset(CAIRO, processed_in_round=True, interval_end=MIDNIGHT)
    trial.await_offset(NEW_YORK, processed_in_round=True, interval_end=MIDNIGHT)
    assert undelivered(lab, trial) == ()
    assert set(trial.delivered(CAIRO)) == set(trial.expected(CAIRO, ago(6), MIDNIGHT))


def test_rows_that_the_next_round_delivers_again_are_not_missing(lab: Lab, trial: Trial) -> None:
    trial.account(CAIRO).pending_seconds = ONE_SECOND
    trial.account(NEW_YORK).pending_seconds = math.inf
    offsets = dict.fromkeys((CAIRO, NEW_YORK), unfinished(4, 1))
    trial.create(offsets, {**IN_CHUNKS_OF_TWO_DAYS, **initial_load(4)})
    fail_one_run(trial)
    trial.await_offset(CAIRO, round_id=MIDNIGHT, processed_in_round=True)
    trial.await_offset(NEW_YORK, round_id=MIDNIGHT, processed_in_round=True)
    assert undelivered(lab, trial) == ()
    assert set(trial.delivered(CAIRO)) == set(trial.expected(CAIRO, ago(4), MIDNIGHT))


@pytest.mark.parametrize("round_days", [0, 3], ids=["in the current round", "behind it"])
def test_after_a_recovery_nothing_is_missing(lab: Lab, trial: Trial, tasks: Tasks, round_days: int) -> None:
    trial.account(CAIRO).pending_seconds = ONE_SECOND
    trial.account(NEW_YORK).pending_seconds = math.inf
    offsets = dict.fromkeys((CAIRO, NEW_YORK), unfinished(4, round_days))
    # Long enough for Cairo's reports on a busy machine too, and short enough for the task to end in time.
    trial.create(offsets, {**IN_CHUNKS_OF_TWO_DAYS, MAX_WAIT: 4000})
    trial.await_runs(NEW_YORK, 2)
    # Stopped first, so that the connector cannot heal before the reset.
    trial.stop()
    trial.accounts[NEW_YORK].pending_seconds = ONE_SECOND
    succeeded(tasks.reset(strategy="continue", at_least={MAX_WAIT: "60m"}))
    trial.cluster.request("PUT", f"/connectors/{trial.name}/resume")
    for zone in (CAIRO, NEW_YORK):
        trial.await_offset(zone, round_id=MIDNIGHT, processed_in_round=True, interval_end=MIDNIGHT)
    assert undelivered(lab, trial) == ()
    for zone in (CAIRO, NEW_YORK):
        assert set(trial.delivered(zone)) == set(trial.expected(zone, ago(4), MIDNIGHT))


def test_what_a_restart_would_bring_back_is_not_jumped_over_yet(lab: Lab, trial: Trial) -> None:
    fail_the_first_poll(trial, **{"max.report.interval.days": 30})
    trial.await_offset(NEW_YORK, processed_in_round=True, interval_end=MIDNIGHT)
    assert undelivered(lab, trial) == ()
    assert trial.delivered(CAIRO) == []


# Report runs


def test_the_blockers_report_runs_are_told(lab: Lab, trial: Trial) -> None:
    stuck(trial)
    told = situation(lab, trial)
    runs = told.evidence.histories[NEW_YORK].runs
    assert len(runs) >= 2
    assert {(run.start, run.end) for run in runs} == {(ago(5), MIDNIGHT)}
    assert len(told.evidence.histories[CAIRO].runs) == 1
    assert told.evidence.histories[PST].runs == ()
    assert told.evidence.refused == frozenset()
    assert told.problems == ()


def test_a_timezone_whose_own_key_stripe_refuses_is_told(lab: Lab, trial: Trial) -> None:
    trial.account(CAIRO).respond(status=401, times=None)
    trial.account(PST)
    trial.create({PST: unfinished(2, 0)})
    trial.await_offset(PST, processed_in_round=True)
    told = situation(lab, trial)
    assert told.evidence.refused == {CAIRO}
    assert told.problems == (f"Stripe refuses the API key of the timezone {CAIRO} (401).",)
    assert list(told.evidence.histories) == [PST]
    assert [told.stripe[report_partition(zone)].asked for zone in (CAIRO, PST)] == [False, True]
    others = situation(lab, trial, {CAIRO: "sk_test_of_somebody_else"})
    assert others.evidence.refused == frozenset()
    assert len(others.problems) == 1


# The worker's log


def test_the_log_names_the_run_that_was_not_ready_and_whom_the_poll_got_past(lab: Lab, trial: Trial) -> None:
    stuck(trial)
    trial.await_log("Error while polling", 2)
    facts = log_facts(lab, trial)
    assert facts.started_timezones == (CAIRO, NEW_YORK, PST)
    first, second = trial.accounts[NEW_YORK].runs[:2]
    words = f"Report run {{}} did not complete within {TOO_SHORT_WAIT} ms"
    assert facts.failures[0] == LogFailure(first.id, words.format(first.id), report_partition(CAIRO))
    # Memory has Cairo as done, so that nothing is made before the second failure.
    assert facts.failures[1] == LogFailure(second.id, words.format(second.id), None)
    assert facts.dropped == {}


def test_the_log_names_a_dropped_timezone_without_its_key(lab: Lab, trial: Trial) -> None:
    account = trial.account(CAIRO)
    account.respond(status=401, times=None)
    trial.account(PST)
    trial.create({CAIRO: unfinished(2, 0), PST: unfinished(2, 0)})
    trial.await_log("Task started")
    facts = log_facts(lab, trial)
    assert facts.started_timezones == (PST,)
    assert facts.dropped[CAIRO].startswith("Expired API Key provided: ********")
    assert account.key[-4:] not in facts.dropped[CAIRO]


def test_the_log_names_the_partition_that_could_not_be_resumed(lab: Lab, trial: Trial) -> None:
    for zone in (CAIRO, PST):
        trial.account(zone)
    run_id = trial.earlier_run(PST, ago(3), ago(1), "pending")
    trial.create({CAIRO: unfinished(2, 0), PST: unfinished(1, 0, start=ago(3), run_id=run_id, row=1)})
    trial.await_log("Error while polling", 1)
    failure = log_facts(lab, trial).failures[0]
    assert (failure.run_id, failure.resuming) == (run_id, report_partition(PST))
    assert failure.after == report_partition(CAIRO)


def test_the_log_names_the_task_that_was_abandoned_and_a_person_is_warned(lab: Lab, trial: Trial) -> None:
    account = trial.account(PST)
    account.pending_seconds = math.inf
    trial.create({PST: unfinished(2, 0)}, {MAX_WAIT: 600_000})
    trial.await_runs(PST, 1)
    trial.stop()
    trial.await_log(f"Graceful stop of task {trial.name}-0 failed.")
    assert log_facts(lab, trial).abandoned_tasks == (0,)
    account.finish_run(account.runs[0].id)
