# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of real workers and brokers while a connector is changed; ``docs/faults.md`` lists these and all others.

After each: a clear result, the connector in its state, and offsets as planned or as before, shown by the raw topic.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import TaskContext
from integration.recovery.faulty_proxy import FaultyProxy
from integration.recovery.tasks import PST, Result, Tasks, failed, params_of, succeeded
from integration.recovery.worker_proxy import Answer
from lab import Lab, Worker
from lab.days import ago
from lab.scenarios import finished
from lab.trial import Trial

BUSY = b'{"error_code": 409, "message": "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"}'
BROKEN = b'{"error_code": 500, "message": "Failed to retrieve offsets for source connector"}'
LATER: dict[str, Any] = {"strategy": "timestamp", "timestamp": str(ago(2)), "allow_gap": True}


@pytest.fixture(scope="module", name="lab")
def lab_of_two_workers() -> Iterator[Lab]:
    # A worker that is gone is noticed soon, and a rebalance does not wait for long.
    with Lab(workers=2, worker_config={"heartbeat.interval.ms": 300, "session.timeout.ms": 6_000}) as lab:
        yield lab


@pytest.fixture(autouse=True)
def idle(lab: Lab, trial: Trial) -> None:
    """A connector that is current, so its offset moves by nothing but a reset."""
    trial.account(PST)
    trial.create({PST: finished(3, 0)}, state="PAUSED")
    lab.connect.await_state(trial.name, "PAUSED")


def stored(tasks: Tasks) -> int:
    """Up to where the connector has delivered, from the raw record."""
    (value,) = tasks.stored_bytes().values()
    found: int = json.loads(value)["interval_end"]
    return found


def assert_is(tasks: Tasks, moment: int) -> None:
    assert stored(tasks) == moment
    tasks.lab.connect.await_state(tasks.trial.name, "PAUSED")
    assert not tasks.journals


def reset_through(tasks: Tasks, answer: Callable[[str, str, int], Answer | None], **options: Any) -> Result:
    """A reset that reaches the worker through a proxy that answers some calls itself; at least one."""
    with FaultyProxy(tasks.lab.connect.urls[0], answer) as proxy:
        result = tasks.reset(**{**LATER, "connect_url": [proxy.url], "settle_seconds": 0.0, **options})
        assert proxy.answered, result
    return result


def first(count: int, method: str, end: str, answer: Answer) -> Callable[[str, str, int], Answer | None]:
    """The answer to the first calls of this method to a path that ends so."""
    return lambda one, path, before: answer if one == method and path.endswith(end) and before < count else None


# Answers of a worker that are late, cut or foreign


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(first(1, "PATCH", "/offsets", Answer(None, reaches=True)), id="the reply to the offsets is lost"),
        pytest.param(first(1, "PUT", "/stop", Answer(None, reaches=True)), id="the reply to the stop is lost"),
        pytest.param(first(2, "PUT", "/pause", Answer(None)), id="the return does not get through"),
        pytest.param(first(4, "PATCH", "/offsets", Answer(409, BUSY)), id="a storm of 409"),
        pytest.param(first(2, "PUT", "/pause", Answer(500, BROKEN)), id="500 at the return"),
        pytest.param(first(1, "PUT", "/pause", Answer(503, b"<html>", "text/html")), id="503 of a balancer"),
    ],
)
def test_an_answer_that_is_lost_or_refused_for_a_moment_is_made_good(
    tasks: Tasks, answer: Callable[[str, str, int], Answer | None]
) -> None:
    succeeded(reset_through(tasks, answer))
    # After a stop whose answer was lost the journal is kept, until it is known that it does not come again.
    for journal in tasks.journals:
        journal.unlink()
    assert_is(tasks, ago(2))


@pytest.mark.parametrize(
    "answer, words",
    [
        (Answer(200, b"<html>Welcome</html>", "text/html"), "Kafka Connect"),
        (Answer(200, b'{"offsets": [{"parti', length=200), "Kafka Connect"),
        (Answer(500, BROKEN), "Failed to retrieve offsets"),
    ],
    ids=["foreign", "cut short", "500"],
)
def test_offsets_that_cannot_be_read_stop_nothing(tasks: Tasks, answer: Answer, words: str) -> None:
    config_topic = tasks.lab.connect.config_topic
    before = len(tasks.lab.broker.messages(config_topic))
    message = failed(reset_through(tasks, first(1000, "GET", "/offsets", answer), timeout=3.0))["msg"]
    assert words in message
    assert len(tasks.lab.broker.messages(config_topic)) == before
    assert_is(tasks, ago(3))


@pytest.mark.lengthy
def test_a_login_that_expires_in_the_middle_leaves_a_journal_and_the_next_run_returns_the_connector(
    tasks: Tasks,
) -> None:
    """From the write of the offsets on every call is refused. The return is tried for the minute that is reserved for it."""
    refused = threading.Event()

    def expired(method: str, path: str, _before: int) -> Answer | None:
        if method == "PATCH" and path.endswith("/offsets"):
            refused.set()
        return (
            Answer(401, b'{"error_code": 401, "message": "User cannot access the resource."}')
            if refused.is_set()
            else None
        )

    result = failed(reset_through(tasks, expired, timeout=10.0, cluster_label="lab"))
    assert "401" in result["msg"] or "login" in result["msg"]
    assert "It was PAUSED before; if it is still STOPPED, run this task again" in result["msg"]
    assert tasks.state() == "STOPPED"
    assert stored(tasks) == ago(3)
    assert tasks.journals
    # With a login that is valid.
    succeeded(tasks.reset(**LATER, cluster_label="lab"))
    assert_is(tasks, ago(2))


# Workers


def owner_and_other(tasks: Tasks) -> tuple[Worker, Worker]:
    status = tasks.lab.connect.status(tasks.trial.name)
    owner = status["connector"]["worker_id"]
    one, two = sorted(tasks.lab.connect.workers, key=lambda worker: worker.worker_id != owner)
    return one, two


def reset_with(tasks: Tasks, at: str, act: Callable[[], None], **options: Any) -> Result | str:
    """A reset during which something is done at the first line that ends so; its result, or its message."""
    done = threading.Event()

    def progress(line: str) -> None:
        if at in line and not done.is_set():
            done.set()
            act()

    params = params_of(offset_reset, **{**tasks.reset_options, **LATER, **options})
    try:
        result = offset_reset.run(params, TaskContext(False, time.time(), progress)).result
    except RecoveryError as error:
        result = error.message  # type: ignore[assignment]
    assert done.is_set()
    return result


@pytest.mark.parametrize(
    "at",
    [
        pytest.param("backed up", marks=pytest.mark.lengthy, id="before the stop"),
        pytest.param("its tasks have ended", id="in the window"),
    ],
)
def test_a_worker_that_is_killed_does_not_keep_the_reset_from_its_end(tasks: Tasks, at: str) -> None:
    """The one that has the connector; the other one takes over. It may be the leader of the group, too."""
    owner, other = owner_and_other(tasks)
    urls = [other.url, owner.url]
    try:
        result = reset_with(tasks, at, owner.kill, connect_url=urls, settle_seconds=0.5)
        if isinstance(result, str):
            # Nothing of it is there, or the next run finishes it.
            assert "\n" not in result
            succeeded(tasks.reset(**LATER, connect_url=urls, settle_seconds=0.5))
        assert_is(tasks, ago(2))
    finally:
        owner.restart()


def test_a_dead_address_in_the_list_does_not_matter(tasks: Tasks) -> None:
    urls = ["http://127.0.0.1:9", *tasks.lab.connect.urls]
    done = tasks.of(succeeded(tasks.reset(**LATER, connect_url=urls, settle_seconds=0.5)))
    assert done["evidence"]["offsets_kept"] == 1
    assert_is(tasks, ago(2))


@pytest.mark.lengthy
def test_other_connectors_that_come_and_go_do_not_disturb_a_reset(lab: Lab, tasks: Tasks) -> None:
    """Each of them is a rebalance of the group."""
    ended = threading.Event()
    names = [f"{tasks.trial.name}-other-{number}" for number in range(2)]
    config = {"connector.class": "FileStreamSource", "file": "/no/such", "topic": "none"}

    def come_and_go() -> None:
        while not ended.is_set():
            for name in names:
                lab.connect.create(name, config)
            for name in names:
                lab.connect.delete(name)

    others = threading.Thread(target=come_and_go)
    others.start()
    try:
        succeeded(tasks.reset(**LATER))
    finally:
        ended.set()
        others.join()
    assert_is(tasks, ago(2))


# Brokers and disks


@pytest.mark.lengthy
def test_a_broker_that_stands_still_for_a_moment_in_the_window_is_waited_for(lab: Lab, tasks: Tasks) -> None:
    """Connect itself cannot write meanwhile: its calls are answered when the broker goes on."""

    def stand_still() -> None:
        lab.broker.process.suspend()
        threading.Timer(2.0, lab.broker.process.resume).start()

    result = reset_with(tasks, "its tasks have ended", stand_still)
    assert not isinstance(result, str), result
    assert_is(tasks, ago(2))


def test_a_disk_that_is_full_stops_nothing(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    config_topic = tasks.lab.connect.config_topic
    before = len(tasks.lab.broker.messages(config_topic))
    message = failed(tasks.reset(**LATER))["msg"]
    assert "No space left on device" in message
    assert "nothing was changed" in message
    assert len(tasks.lab.broker.messages(config_topic)) == before
    assert_is(tasks, ago(3))


def test_a_folder_that_turns_read_only_in_the_window_leaves_nothing_mixed(tasks: Tasks, tmp_path: Path) -> None:
    """What cannot be noted is not written."""
    real = os.replace

    def read_only(*_arguments: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def turn() -> None:
        os.replace = read_only  # type: ignore[assignment]

    try:
        result = reset_with(tasks, "its tasks have ended", turn)
    finally:
        os.replace = real
    assert isinstance(result, str)
    assert "Read-only file system" in result
    assert stored(tasks) == ago(3)
    tasks.lab.connect.await_state(tasks.trial.name, "PAUSED")


# A load balancer


def test_behind_a_balancer_kafka_tells_which_workers_there_are(lab: Lab, tasks: Tasks) -> None:
    with FaultyProxy(lab.connect.urls[0], lambda *_call: None) as balancer:
        urls: dict[str, Any] = {"connect_url": [balancer.url], "settle_seconds": 0.5}
        done = tasks.of(succeeded(tasks.reset(**LATER, **urls)))
        assert done["evidence"]["workers_may_be_missing"]
        assert done["evidence"]["settled_seconds"] == 0.5
        kafka: dict[str, Any] = {"kafka_bootstrap_servers": [lab.bootstrap_servers]}
        done = tasks.of(succeeded(tasks.reset(**{**LATER, "timestamp": str(ago(1))}, **urls, **kafka)))
    assert not done["evidence"]["workers_may_be_missing"]
    assert done["evidence"]["workers_asked"] == sorted(worker.worker_id for worker in lab.connect.workers)
    assert done["evidence"]["settled_seconds"] == 0
    assert_is(tasks, ago(1))
