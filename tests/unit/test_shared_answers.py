# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run ask Stripe, in forked processes as Ansible's are: each question once, not too fast, never stale."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils import shared_answers
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.shared_answers import SharedAnswers
from ansible_collections.connectops.recovery.plugins.module_utils.stripe.client import StripeAnswer, ask_stripe
from lab.stripe_simulator import Account, StripeSimulator
from lab.waiting import await_condition
from unit.stripe.two_accounts import END, KEYS, RUNS, START, TYPE, Clock, requests_of, two_accounts

FORKS = multiprocessing.get_context("fork")
PARTITIONS = {ReportPartition(timezone, TYPE): None for timezone in KEYS}
ONE_TYPE = f"/v1/reporting/report_types/{TYPE}"
EACH_ONCE = {RUNS: 1, ONE_TYPE: 1}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of all tasks in this process."""
    clock = Clock()
    monkeypatch.setattr(SharedAnswers.__init__, "__defaults__", (None, (), clock, clock.sleep))
    return clock


@pytest.fixture
def simulator() -> Iterator[StripeSimulator]:
    with two_accounts() as running:
        yield running


@pytest.fixture
def accounts(simulator: StripeSimulator) -> list[Account]:
    return [simulator.account(key) for key in KEYS.values()]


def task(run_folder: Path | None, cluster: str, simulator: StripeSimulator, *connectors: str) -> list[StripeAnswer]:
    """What one task gets to know of each connector of a cluster, one after the other."""
    answers = []
    with SharedAnswers.of_task(None if run_folder is None else str(run_folder), [cluster]) as shared:
        for connector in connectors or ("orders",):
            with shared.look(connector) as look:
                answers.append(ask_stripe(KEYS, PARTITIONS, time.time(), look, simulator.url))
    return answers


def in_forks(*works: Callable[[], Any]) -> list[BaseProcess]:
    """The works, each in a process of its own at the same time, to their ends."""
    begin = FORKS.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        begin.wait()
        work()

    processes = [FORKS.Process(target=run, args=(work,)) for work in works]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return processes


# Once in a run


def test_clusters_that_share_accounts_ask_each_account_once(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]
) -> None:
    def of(cluster: int) -> Callable[[], None]:
        def work() -> None:
            (answer,) = task(tmp_path, f"http://connect-{cluster}", simulator)
            assert {facts.available_to for facts in answer.by_partition.values()} == {END}
            assert set(answer.histories) == set(KEYS)

        return work

    assert {process.exitcode for process in in_forks(*map(of, range(8)))} == {0}
    assert [requests_of(account) for account in accounts] == [EACH_ONCE, EACH_ONCE]


def test_answers_that_fail_are_shared_too(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account], clock: Clock
) -> None:
    cairo, _pst = accounts
    cairo.respond(status=429, times=None)
    first, second = (task(tmp_path, f"http://connect-{number}", simulator)[0] for number in range(2))
    asked = requests_of(cairo)
    assert first == second
    (problem,) = first.problems
    assert "Request rate limit exceeded" in problem
    # The first one asked as long as it had patience: for 30 s in all, with pauses of 0.5 to 8 s. The other one asked nothing.
    assert asked == {RUNS: 7, ONE_TYPE: 4}


def test_another_run_asks_anew(tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]) -> None:
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        task(tmp_path / run, "http://connect-1", simulator)
    assert [requests_of(account) for account in accounts] == [{RUNS: 2, ONE_TYPE: 2}] * 2


def test_a_shipped_task_shares_among_its_connectors_alone_and_leaves_nothing(
    simulator: StripeSimulator, accounts: list[Account], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for _task in range(2):
        task(None, "http://connect-1", simulator, "orders", "payouts")
    assert [requests_of(account) for account in accounts] == [{RUNS: 2, ONE_TYPE: 2}] * 2
    assert list(tmp_path.iterdir()) == []


def test_the_steps_of_a_run_are_shared_one_by_one(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]
) -> None:
    for _step in range(3):
        for cluster in range(3):
            task(tmp_path, f"http://connect-{cluster}", simulator)
    assert [requests_of(account) for account in accounts] == [{RUNS: 3, ONE_TYPE: 3}] * 2


# Never stale


def test_a_later_task_of_a_cluster_is_told_nothing_that_was_asked_for_before(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]
) -> None:
    """As a verification after a reset, also when another cluster was looked at during the reset."""
    cairo, _pst = accounts
    with SharedAnswers.of_task(str(tmp_path), ["http://connect-1"]):
        task(tmp_path, "http://connect-2", simulator)
        cairo.report_type(TYPE).data_available_end = END + 1
    (after,) = task(tmp_path, "http://connect-1", simulator)
    assert after.by_partition[ReportPartition("Africa/Cairo", TYPE)].available_to == END + 1


def test_a_task_that_was_killed_counts_as_one_that_may_still_change_something(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]
) -> None:
    def work() -> None:
        with SharedAnswers.of_task(str(tmp_path), ["http://connect-1"]):
            os.kill(os.getpid(), signal.SIGKILL)

    in_forks(work)
    task(tmp_path, "http://connect-2", simulator)
    task(tmp_path, "http://connect-1", simulator)
    assert [requests_of(account) for account in accounts] == [{RUNS: 2, ONE_TYPE: 2}] * 2


def test_a_short_entry_replaces_the_whole_of_a_long_one(tmp_path: Path) -> None:
    shared = SharedAnswers(tmp_path)
    for content in ({"ended": 1234.5678}, {"ended": None}):
        with shared.locked("task", "connect-1", until=0) as entry:
            entry.write(content)
        with shared.locked("task", "connect-1", until=0) as entry:
            assert entry.read() == content


def test_two_looks_of_a_task_at_one_connector_are_told_two_things(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]
) -> None:
    task(tmp_path, "http://connect-1", simulator, "orders", "payouts", "orders")
    assert [requests_of(account) for account in accounts] == [{RUNS: 2, ONE_TYPE: 2}] * 2


@pytest.mark.parametrize("seconds, asked", [(119, 1), (121, 2)])
def test_an_answer_is_used_for_two_minutes(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account], clock: Clock, seconds: int, asked: int
) -> None:
    task(tmp_path, "http://connect-1", simulator)
    clock.sleep(seconds)
    task(tmp_path, "http://connect-2", simulator)
    assert [requests_of(account)[ONE_TYPE] for account in accounts] == [asked, asked]


# Not too fast


def test_all_processes_together_keep_to_the_rate(tmp_path: Path) -> None:
    most = shared_answers.MOST_PER_SECOND
    moments = FORKS.SimpleQueue()

    def work() -> None:
        with SharedAnswers(tmp_path).look("orders") as look:
            for _request in range(most):
                asked = time.monotonic()
                assert look.wait_for_turn("sk_test_1", "report_types")
                moments.put((asked, time.monotonic()))

    # A pipe holds this many.
    in_forks(work, work)
    asked, sent = zip(*(moments.get() for _request in range(2 * most)), strict=True)
    # Turns are a second apart from the one that is 20 before; a process may be late for its turn, never early.
    assert sorted(sent)[most] - min(asked) >= 1


def test_another_account_and_another_endpoint_have_a_rate_of_their_own(tmp_path: Path, clock: Clock) -> None:
    with SharedAnswers(tmp_path).look("orders") as look:
        for account, endpoint in (("a", "types"), ("a", "runs"), ("b", "types")):
            for _request in range(shared_answers.MOST_PER_SECOND):
                assert look.wait_for_turn(account, endpoint)
        assert clock.now == 1000
        assert look.wait_for_turn("a", "types")
        assert clock.now == 1001


def test_a_pause_that_stripe_asks_for_holds_for_all_tasks(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account], clock: Clock
) -> None:
    cairo, _pst = accounts
    cairo.respond(status=429, times=1, retry_after=7)
    (answer,) = task(tmp_path, "http://connect-1", simulator)
    assert answer.problems == ()
    assert clock.now >= 1007
    assert requests_of(cairo) == {RUNS: 2, ONE_TYPE: 1}
    # Longer than anybody waits: every question fails at once there.
    cairo.respond(status=429, times=1, retry_after=60)
    began = clock.now
    first, second = (task(tmp_path, "http://connect-1", simulator)[0] for _task in range(2))
    assert clock.now - began < 1
    assert ["rate limit" in first.problems[0], "this run has reached the limit on requests" in second.problems[0]] == [
        True,
        True,
    ]
    assert requests_of(cairo)[RUNS] == 3


# Processes that die or stand still


@pytest.fixture
def asking(tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]) -> Iterator[BaseProcess]:
    """A task of another cluster whose first question is not answered for a long time."""
    accounts[0].respond(status=None, times=1, delay_seconds=60)
    process = FORKS.Process(target=task, args=(tmp_path, "http://connect-1", simulator))
    process.start()
    try:
        await_condition(lambda: bool(accounts[0].journal), lambda: "the task to ask")
        yield process
    finally:
        process.kill()
        process.join()


def test_who_dies_while_it_asks_holds_up_nobody(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account], asking: BaseProcess
) -> None:
    with ThreadPoolExecutor() as pool:
        other = pool.submit(task, tmp_path, "http://connect-2", simulator)
        asking.kill()
        (answer,) = other.result()
    assert answer.problems == ()
    assert requests_of(accounts[0]) == {RUNS: 2, ONE_TYPE: 1}


def test_who_waits_for_one_that_stands_still_asks_alone_in_the_end(
    tmp_path: Path, simulator: StripeSimulator, asking: BaseProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_answers, "PATIENCE_SECONDS", 0.3)
    assert asking.pid is not None
    os.kill(asking.pid, signal.SIGSTOP)
    (answer,) = task(tmp_path, "http://connect-2", simulator)
    assert set(answer.histories) == set(KEYS)


@pytest.mark.parametrize("content", ["", '{"asked_at": 1', "[]"])
def test_an_answer_that_was_not_written_whole_is_asked_for_again(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account], content: str
) -> None:
    task(tmp_path, "http://connect-1", simulator)
    for file in (tmp_path / "connectops-answers").glob("answer-*"):
        file.write_text(content)
    task(tmp_path, "http://connect-2", simulator)
    assert [requests_of(account) for account in accounts] == [{RUNS: 2, ONE_TYPE: 2}] * 2


def test_a_folder_that_cannot_be_used_only_ends_the_sharing(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]
) -> None:
    no_folder = tmp_path / "file"
    no_folder.write_text("")
    for _task in range(2):
        (answer,) = task(no_folder, "http://connect-1", simulator)
        assert answer.problems == ()
    assert [requests_of(account) for account in accounts] == [{RUNS: 2, ONE_TYPE: 2}] * 2


# Secrets


def test_no_key_is_kept_and_the_folder_is_its_owners(
    tmp_path: Path, simulator: StripeSimulator, accounts: list[Account]
) -> None:
    cairo, pst = accounts
    cairo.add_run(TYPE, START, END, status="failed", error=f"The key {cairo.key} may not.")
    pst.respond(status=403, times=None)
    task(tmp_path, "http://connect-1", simulator)
    folder = tmp_path / "connectops-answers"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = [file.read_bytes() for file in folder.iterdir()]
    names = " ".join(file.name for file in folder.iterdir())
    assert any(b"may not" in one for one in kept)
    assert not any(key[-4:].encode() in one for key in KEYS.values() for one in kept if not _is_salt(one))
    assert not any(part in names for part in (*KEYS.values(), "Cairo", "PST", TYPE))
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in folder.iterdir())


def _is_salt(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return True
    return False


def test_the_same_key_has_another_name_in_another_run(tmp_path: Path, simulator: StripeSimulator) -> None:
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        task(tmp_path / run, "http://connect-1", simulator)
    first, second = ({file.name for file in (tmp_path / run).rglob("*-*")} for run in ("first", "second"))
    assert first & second == {"connectops-answers"}
