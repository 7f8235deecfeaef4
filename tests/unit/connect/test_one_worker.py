# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one worker alone says of its own tasks: the proof that they have ended."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect import client as client_module
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    NotFound,
    TimedOut,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connect.replies import WorkerAnswer
from lab.waiting import LIMIT_SECONDS
from unit.connect.clients import PATIENT, Clock, MakeClient
from unit.connect.http_server import Expect, FakeConnect, refusing_url, tls_worker
from unit.connect.recorded import REBALANCE, ROOT, error, failing, info


def test_the_workers_own_answer_lists_the_tasks(make: MakeClient) -> None:
    with FakeConnect(
        Expect("GET", "/connectors/a%20c", body=info("a c")),
        Expect("GET", "/connectors/a%20c", body={**info("a c"), "tasks": []}),
    ) as worker:
        client = make("http://127.0.0.1:1/gate", bearer_token="t0ken")
        assert client.worker_answer(worker.address, "a c", 5) == WorkerAnswer("answered", tasks=(0,))
        assert client.worker_answer(worker.address, "a c", 5) == WorkerAnswer("answered", tasks=())
        assert worker.connections == 1
    assert worker.calls[0].headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("code", "body", "outcome"),
    [
        (409, error(409, REBALANCE), "busy"),
        (500, error(500, "Request cannot be completed because a rebalance is expected"), "busy"),
        (500, error(500, "Request timed out"), "busy"),
        (500, error(500, "java.lang.NullPointerException"), "busy"),
        (404, b"<html></html>", "busy"),
        (503, b"", "busy"),
        (200, b"<html></html>", "unreachable"),
        (302, b"", "unreachable"),
        (401, error(401, "no"), "unreachable"),
    ],
)
def test_other_answers_of_the_worker_are_told_apart(
    make: MakeClient, clock: Clock, code: int, body: Any, outcome: str
) -> None:
    with FakeConnect(Expect("GET", "/connectors/c", code, body)) as worker:
        answer = make("http://127.0.0.1:1").worker_answer(worker.address, "c", 5)
    assert answer.outcome == outcome
    assert answer.reason
    assert clock.waited == 0


def test_a_worker_that_is_still_ending_tasks_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_SECONDS", LIMIT_SECONDS)
    began = time.monotonic()
    calls = Expect("GET", "/connectors/c", hang=True), Expect("GET", "/", body=ROOT)
    with FakeConnect(*calls) as worker, ConnectClient(PATIENT) as client:
        answer = client.worker_answer(worker.address, "c", 0.2)
    assert answer == WorkerAnswer("busy", reason="no answer within 0.2 s")
    assert time.monotonic() - began < LIMIT_SECONDS


def test_an_address_that_takes_connections_and_answers_nothing_is_silent(
    make: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_SECONDS", 0.2)
    with FakeConnect(Expect("GET", "/connectors/c", hang=True), Expect("GET", "/", hang=True)) as worker:
        answer = make("http://127.0.0.1:1").worker_answer(worker.address, "c", 0.2)
    assert answer == WorkerAnswer("silent", reason="no answer within 0.2 s")


def test_a_worker_that_is_gone_is_unreachable(make: MakeClient) -> None:
    with refusing_url() as url:
        answer = make("http://127.0.0.1:1").worker_answer(url.removeprefix("http://"), "c", 5)
    assert answer == WorkerAnswer("unreachable", reason="connection refused")


def test_a_worker_whose_certificate_does_not_fit_is_unreachable(make: MakeClient) -> None:
    with tls_worker() as (worker, _authority):
        answer = make("https://127.0.0.1:1").worker_answer(worker.address, "c", 5)
    assert answer.outcome == "unreachable"
    assert "certificate" in answer.reason


@pytest.mark.parametrize("worker_id", ["", "w", "evil@w:1", "w:1/x", "http://w:1", "w:1?x"])
def test_a_worker_id_that_is_no_address_is_never_asked(make: MakeClient, worker_id: str) -> None:
    answer = make("http://127.0.0.1:1").worker_answer(worker_id, "c", 5)
    assert answer == WorkerAnswer("unreachable", reason="its worker id is not host:port")


def test_a_worker_that_does_not_know_the_connector_raises_not_found(make: MakeClient) -> None:
    with FakeConnect(failing("GET", "/connectors/c", 404, "Connector c not found")) as worker, pytest.raises(NotFound):
        make("http://127.0.0.1:1").worker_answer(worker.address, "c", 5)


def test_no_worker_is_asked_after_the_deadline(make: MakeClient, clock: Clock) -> None:
    with FakeConnect() as worker:
        client = make("http://127.0.0.1:1", timeout_seconds=1.0)
        clock.now += 2
        with pytest.raises(TimedOut):
            client.worker_answer(worker.address, "c", 5)
