# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab of a single worker for the recovery tests, and the tasks of the modules on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.kafka.client import KafkaClient
from integration.recovery.raw_topics import RawTopic, options
from integration.recovery.tasks import Tasks
from lab import Lab
from lab.trial import Trial


@pytest.fixture(scope="session", name="lab")
def lab_of_one_worker(single_worker_lab: Lab) -> Lab:
    return single_worker_lab


@pytest.fixture
def tasks(lab: Lab, trial: Trial, tmp_path: Path) -> Tasks:
    return Tasks(lab, trial, tmp_path / "backups")


@pytest.fixture
def kafka(lab: Lab) -> Iterator[KafkaClient]:
    with KafkaClient(options(lab)) as client:
        yield client


@pytest.fixture
def new_topic(lab: Lab) -> Iterator[Callable[..., RawTopic]]:
    made: list[RawTopic] = []

    def create(name: str | None = None, partitions: int = 1, cleanup_policy: str = "compact") -> RawTopic:
        made.append(RawTopic(lab.bootstrap_servers, name or f"raw-{uuid.uuid4().hex[:8]}", partitions, cleanup_policy))
        return made[-1]

    yield create
    for topic in made:
        topic.delete()
