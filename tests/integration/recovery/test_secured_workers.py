# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two workers that take only TLS with a client's certificate and a login: changes are forwarded, proofs are asked over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from integration.recovery.tasks import MAX_WAIT, NEW_YORK, Tasks, Written, await_as_announced, failed, stuck, succeeded
from lab import Lab
from lab.rest_security import RestSecurity
from lab.scenarios import finished
from lab.trial import Trial


@pytest.fixture(scope="module", name="lab")
def lab_with_secured_workers() -> Iterator[Lab]:
    with Lab(workers=2, rest_tls=True) as lab:
        yield lab


@pytest.fixture
def security(lab: Lab) -> RestSecurity:
    assert lab.rest_security is not None
    return lab.rest_security


def test_each_worker_forwards_changes_and_proves_the_end_of_the_tasks(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    stuck(trial)
    found = tasks.look()["ansible_facts"]["connectops_offsets"]
    assert found["recoverable"] == [trial.name]
    first, second = lab.connect.urls
    done = tasks.previewed_reset(connect_url=[second, first], at_least={MAX_WAIT: "60m"})
    assert sorted(done["evidence"]["workers_asked"]) == sorted(worker.worker_id for worker in lab.connect.workers)
    assert done["evidence"]["workers_not_reached"] == []
    assert done["evidence"]["settled_seconds"] == 0
    await_as_announced(trial, done["forecast"])
    # One of the two is not the leader of the group, so one of the two changes was forwarded.
    assert succeeded(tasks.configure(connect_url=[first], at_least={MAX_WAIT: "90m"}))["changed"]


def _wrong(security: RestSecurity, folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    other = folder / "other.pem"
    foreign = trustme.CA()
    foreign.cert_pem.write_to_path(str(other))
    client = folder / "client.pem"
    foreign.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(str(client))
    yield {"ca_path": str(other)}, "certificate"
    yield {"client_cert": None}, "certificate"
    yield {"client_cert": str(client)}, "certificate"
    yield {"url_password": "wrong-horse-battery"}, "login"
    yield {"url_username": None, "url_password": None}, "login"


def test_a_wrong_certificate_or_login_is_named_and_nothing_is_written(
    lab: Lab, trial: Trial, tasks: Tasks, security: RestSecurity, tmp_path: Path
) -> None:
    trial.account(NEW_YORK)
    trial.create({NEW_YORK: finished(3, 3)}, state="STOPPED")
    lab.connect.await_state(trial.name, "STOPPED", tasks=0)
    before = Written.now(lab)
    for wrong, word in _wrong(security, tmp_path):
        message = failed(tasks.reset(strategy="current", allow_gap=True, timeout=20.0, **wrong))["msg"]
        assert word in message, (wrong, message)
        assert security.password not in message
    assert Written.now(lab) == before
