# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kafka Connect 3.5 can stop a connector but not change its offsets over REST: they are written to the offsets topic."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from integration.recovery.tasks import PST, Tasks, Written, failed, initial_load, unfinished
from lab import Lab
from lab.days import MIDNIGHT, ago
from lab.scenarios import finished
from lab.trial import Trial


@pytest.fixture(scope="module", name="lab")
def lab_without_changes_over_rest() -> Iterator[Lab]:
    with Lab(workers=1, kafka_version="3.5.2") as lab:
        yield lab


def test_offsets_are_changed_where_rest_cannot_change_them(lab: Lab, trial: Trial, tasks: Tasks) -> None:
    trial.account(PST)
    trial.create(settings=initial_load(4))
    trial.await_offset(PST, processed_in_round=True)
    before = Written.now(lab)
    options = {"strategy": "timestamp", "timestamp": str(ago(2))}
    for more in ({}, {"write_to": "rest", "kafka_bootstrap_servers": [lab.bootstrap_servers]}):
        said = failed(tasks.reset(**options, **more))["msg"]
        assert f"Kafka Connect 3.5.2 at {lab.connect.urls[0]} cannot change offsets over REST" in said
        assert "Set kafka_bootstrap_servers (the variable connectops_kafka_bootstrap_servers)" in said
    assert Written.now(lab).settings_and_states == before.settings_and_states
    done = tasks.previewed_reset(**options, kafka_bootstrap_servers=[lab.bootstrap_servers])
    assert done["plan"]["write_to"] == "topic"
    assert done["plan"]["offsets"][0]["after"] == unfinished(2, 0)
    trial.await_delivered(16 + 8)
    assert trial.delivered()[16:] == trial.expected(PST, ago(2), MIDNIGHT)
    trial.await_offset(PST, **finished(0, 0))
