# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is predicted from offsets is what the worker's task then asks of Stripe, to the last request.

The offsets are generated. All connectors are created together, so that they take their time side by side.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.outside import (
    read_situation,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    Request,
    walk,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.read.connectors import read_snapshot
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.stripe import StripeOptions
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from integration.recovery.predicted_examples import NUMBERED, SEED, Example, drawn_examples
from lab import Lab, await_condition
from lab.scenarios import stripe_partition
from lab.stripe_simulator import JournalEntry
from unit.connectors.stripe_reporting.cases import DAY
from unit.connectors.stripe_reporting.reference_walk import Where, remembered
from unit.connectors.stripe_reporting.worlds import EARLIEST

pytestmark = pytest.mark.slow_file

FURTHER_POLLS = 3

_RUNS = "/v1/reporting/report_runs"
_FILE = re.compile(r"/v1/files/file_(\w+)/contents")
_RESUMING = re.compile(
    r"Resuming in-progress combination (\S+) (\S+) in round (\d+) with report run (\S+) from row (\d+)"
    r" \(interval: (\d+) to (\d+)\)"
)
_WITHOUT_START = re.compile(r"No interval start or end found for timezone (\S+) report type (\S+), skipping")


@dataclass(frozen=True)
class Asked:
    """One report that a task got from Stripe: a new run for an interval (epoch seconds), or the file of an older run."""

    zone: str
    report_type: str
    interval: tuple[int, int] | None
    resumed_run: str | None


# On the worker


def create(example: Example, lab: Lab) -> None:
    """Create the connector, STOPPED, and all that the example's Stripe has."""
    world = example.world
    for zone in world.zones:
        account = example.accounts[zone] = lab.stripe.account(f"sk_test_{example.name}_{zone}")
        for report_type in world.types:
            where = zone, report_type
            account.add_report_type(
                report_type,
                data_available_start=world.available_starts.get(where, EARLIEST - 400 * DAY),
                data_available_end=world.available[where],
            )
    stored = [
        {"partition": stripe_partition(*where), "offset": with_a_real_run(example, where, raw)}
        for where, raw in world.stored.items()
    ]
    in_the_lab = {
        "poll.cron": world.cron,
        "stripe.report.initial.load.dates": world.config["stripe.report.initial.load.dates"],
        "max.report.interval.days": world.max_days,
        # A poll that ends at a full batch would be another walk than the one of the model.
        "batch.size": 10_000,
        "stripe.report.max.wait.ms": 30_000,
        "stripe.report.poll.interval.ms": 1,
        "in.progress.poll.interval.ms": 100,
        "topic.prefix": "prediction_",
    }
    keys = {zone: account.key for zone, account in example.accounts.items()}
    config = lab.stripe_config(keys, world.types, **in_the_lab)
    lab.connect.create(example.name, config, stored, "STOPPED")


def with_a_real_run(example: Example, where: Where, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The offset with its open run replaced by one that the account really has, or had."""
    state = remembered(raw)
    if not state.run:
        return dict(raw)
    world, account = example.world, example.accounts[where[0]]
    start = world.available[where] if state.start is None else state.start
    end = min(world.available[where], start + world.max_days * DAY) if state.end is None else state.end
    status = world.run_status[where]
    run = account.add_run(where[1], start, end, status=status if status in ("pending", "failed") else "succeeded")
    if status == "lost":
        account.forget_run(run.id)
    if status == "file_lost":
        account.lose_file(run.id)
    example.older_runs[run.id] = ReportPartition(*where)
    return {**raw, "in_progress_report_run_id": run.id}


def predict(examples: list[Example], lab: Lab) -> None:
    """As the collection does: from what the worker and Stripe say."""
    now = time.time()
    stripe = StripeOptions(True, lab.stripe.url, {})
    with ConnectClient(ConnectOptions(tuple(lab.connect.urls))) as client:
        connectors = read_snapshot(client, [example.name for example in examples], now).connectors
    for example, connector in zip(examples, connectors, strict=True):
        it = read_situation(connector, stripe, SharedAnswers(), (), now)
        assert not it.problems
        predicted = walk(it.settings, it.offsets, it.partitions, it.stripe, now)
        example.requests, example.troubles = predicted.requests, predicted.problems


def let_them_work(examples: list[Example], lab: Lab) -> None:
    """Until each has asked as often as predicted, and some polls longer."""

    def polls() -> Counter[str]:
        lines = [line for worker in lab.connect.workers for line in worker.log_text().splitlines()]
        begun = [line for line in lines if "Current round ID" in line]
        return Counter({one.name: sum(f"[{one.name}|" in line for line in begun) for one in examples})

    for example in examples:
        lab.connect.request("PUT", f"/connectors/{example.name}/resume")
    # Each example's own tests show what did not come.
    with suppress(TimeoutError):
        await_condition(lambda: all(len(asked(one)) >= len(one.requests) for one in examples), "all requests")
    before = polls()
    await_condition(
        lambda: all(count >= before[name] + FURTHER_POLLS for name, count in polls().items()),
        lambda: f"{FURTHER_POLLS} polls more than {before}; there are {polls()}",
    )


def look(examples: list[Example], lab: Lab) -> None:
    """Read what the tasks logged and delivered; the topics are the same for all."""
    lines = [line for worker in lab.connect.workers for line in worker.log_text().splitlines()]
    for example in examples:
        example.log = tuple(line for line in lines if f"[{example.name}|" in line)

    def delivered() -> Counter[str]:
        topics = {f"prediction_{one.replace('.', '_')}" for example in examples for one in example.world.types}
        rows: Counter[str] = Counter()
        for topic in topics:
            for by_row in lab.delivered_rows(topic).values():
                rows += by_row
        return rows

    whole = [example for example in examples if not any(trouble.scope == "poll" for trouble in example.troubles)]
    expected = sum((predicted_rows(example) for example in whole), Counter[str]())
    with suppress(TimeoutError):
        await_condition(lambda: delivered() >= expected, "all rows")
    rows = delivered()
    for example in examples:
        example.stored = {
            ReportPartition(entry["partition"]["timezone"], entry["partition"]["report_type"]): entry["offset"]
            for entry in lab.connect.offsets(example.name)
        }
        ids = {account.id for account in example.accounts.values()}
        example.delivered = Counter({row: count for row, count in rows.items() if row.partition("-")[0] in ids})


@pytest.fixture(scope="module")
def played(lab: Lab) -> Iterator[Mapping[str, Example]]:
    """All examples, each after its connector has worked until nothing moved any more."""
    examples = drawn_examples()
    created = []
    try:
        for example in examples:
            created.append(example)
            create(example, lab)
        predict(examples, lab)
        let_them_work(examples, lab)
        look(examples, lab)
        yield dict(zip(NUMBERED, examples, strict=True))
    finally:
        for example in created:
            lab.connect.delete(example.name)


@pytest.fixture(params=NUMBERED)
def example(request: pytest.FixtureRequest, played: Mapping[str, Example]) -> Example:
    found: Example = played[request.param]
    print(f"Drawn with the seed {SEED}: {found}")
    return found


# What the tasks asked


def asked(example: Example) -> list[Asked]:
    """What the task got from its accounts since its start, in order."""
    return [answer for entry, zone in since_start(example) if (answer := as_asked(example, entry, zone)) is not None]


def refused(example: Example) -> set[ReportPartition]:
    """The partitions for which Stripe refused to make a report."""
    entries = since_start(example)
    return {
        ReportPartition(zone, entry.params["report_type"])
        for entry, zone in entries
        if entry.method == "POST" and entry.status == 400
    }


def since_start(example: Example) -> list[tuple[JournalEntry, str]]:
    """The requests of the task with their timezones, in order. It begins by listing the runs of each account."""
    entries = []
    for zone, account in example.accounts.items():
        journal = account.journal
        starts = [index for index, entry in enumerate(journal) if (entry.method, entry.path) == ("GET", _RUNS)]
        entries += [(entry, zone) for entry in journal[starts[-1] + 1 :]] if starts else []
    return sorted(entries, key=lambda pair: pair[0].at)


def as_asked(example: Example, entry: JournalEntry, zone: str) -> Asked | None:
    if entry.method == "POST" and entry.status == 200:
        start, end = (int(entry.params[f"parameters[interval_{edge}]"]) for edge in ("start", "end"))
        return Asked(zone, entry.params["report_type"], (start, end), None)
    file = _FILE.fullmatch(entry.path)
    if file and entry.status == 200 and (run_id := f"frr_{file[1]}") in example.older_runs:
        return Asked(zone, example.older_runs[run_id].report_type, None, run_id)
    return None


def as_predicted(request: Request) -> Asked:
    interval = (request.start, request.end) if request.is_new_run else None
    return Asked(request.partition.timezone, request.partition.report_type, interval, request.run_id)


def predicted_rows(example: Example) -> Counter[str]:
    """How often each row is to be in the topics, if no poll fails."""
    rows: Counter[str] = Counter()
    for request in example.requests:
        rows.update(rows_of(example, request))
    return rows


def rows_of(example: Example, request: Request) -> list[str]:
    account = example.accounts[request.partition.timezone]
    report = account.rows(request.partition.report_type, request.start, request.covers_end)
    return [row["row_id"] for row in report[request.first_row :]]


def texts(*values: object) -> tuple[str, ...]:
    return tuple(map(str, values))


# The tests


def test_the_task_asks_for_what_was_predicted_in_that_order_and_for_no_more(example: Example) -> None:
    assert asked(example) == [as_predicted(request) for request in example.requests]


def test_open_runs_are_resumed_at_the_predicted_row_and_for_the_predicted_interval(example: Example) -> None:
    fetched = {one.resumed_run for one in asked(example)}
    resumed = [
        (
            one.partition.timezone,
            one.partition.report_type,
            *texts(one.round_id, one.run_id, one.first_row, one.start, one.end),
        )
        for one in example.requests
        if not one.is_new_run
    ]
    assert [found for found in example.logged(_RESUMING) if found[3] in fetched] == resumed


def test_the_last_predicted_request_is_what_is_stored(example: Example) -> None:
    """Where a poll fails, what its partitions did is not stored; a report without rows is stored as the end of the round."""
    if any(trouble.scope == "poll" for trouble in example.troubles):
        return
    available = {ReportPartition(*where): end for where, end in example.world.available.items()}
    last = {one.partition: one for one in example.requests}
    expected = {
        partition: (one.round_id, one.end, None, one.end >= available[partition] or not rows_of(example, one))
        for partition, one in last.items()
    }
    names = ("round_id", "interval_end", "in_progress_report_run_id", "processed_in_round")
    assert {partition: tuple(example.stored[partition][name] for name in names) for partition in last} == expected


def test_polls_fail_and_partitions_are_left_out_only_where_it_was_predicted(example: Example) -> None:
    aborts = any(trouble.scope == "poll" for trouble in example.troubles)
    assert aborts == any("Error while polling" in line for line in example.log)
    assert refused(example) == example.partitions_in("before_data")
    fetched = {one.resumed_run for one in asked(example)}
    fetched |= {
        run
        for run in example.older_runs
        if any(f"CSV file not found (404) for report run {run}" in line for line in example.log)
    }
    in_vain = {
        ReportPartition(zone, one) for zone, one, _round, run, *_rest in example.logged(_RESUMING) if run not in fetched
    }
    assert {one for one in in_vain if one not in example.partitions_in("empty_run_id")} == example.partitions_in(
        "run_without_result"
    )
    left_out = {ReportPartition(zone, report_type) for zone, report_type in example.logged(_WITHOUT_START)}
    assert left_out == example.partitions_in("no_initial_load", "no_interval_end", "no_interval_start")


def test_the_topics_hold_the_predicted_rows(example: Example) -> None:
    predicted = predicted_rows(example)
    if any(trouble.scope == "poll" for trouble in example.troubles):
        # Where a poll fails, the rows of all its partitions are dropped.
        assert example.delivered <= predicted
    else:
        assert example.delivered == predicted
