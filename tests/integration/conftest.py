# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labs for the whole session: a broker, one Connect cluster of two workers or of one, a Stripe simulator."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from lab import ConnectRequestError, Lab
from lab.trial import Trial


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the logs of a failed test's lab and say where they are."""
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.when == "call" and report.failed and isinstance(lab, Lab):
        report.sections.append(("Lab", f"Its logs are kept in {lab.keep_logs()}"))
    return report


@pytest.fixture(scope="session", name="lab")
def running_lab() -> Iterator[Lab]:
    with Lab(workers=2) as lab:
        yield lab


@pytest.fixture(scope="session")
def single_worker_lab() -> Iterator[Lab]:
    """With a single worker no rebalance waits for a heartbeat, 0.5 s instead of 4 s."""
    with Lab(workers=1) as lab:
        yield lab


@pytest.fixture
def connector_name(lab: Lab) -> Iterator[str]:
    """A name that no other test uses; a connector of this name is deleted after the test."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    try:
        lab.connect.delete(name)
    except ConnectRequestError as error:
        if error.response.status_code != 404:
            raise


@pytest.fixture
def trial(lab: Lab, connector_name: str) -> Trial:
    """A Stripe connector of its own, not created yet."""
    return Trial(lab, connector_name)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """While this file exists a task that watches it stays in its poll."""
    path = tmp_path / "gate"
    path.touch()
    yield path
    path.unlink(missing_ok=True)
