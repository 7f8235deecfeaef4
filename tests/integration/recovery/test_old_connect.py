# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kafka Connect that is too old to show offsets over REST: the offsets topic is read instead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect import replies
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import offset_reset, offsets_facts
from ansible_collections.connectops.recovery.plugins.module_utils.options.connect import ConnectOptions
from integration.recovery.tasks import failed, initial_load, run_task, succeeded, unfinished
from lab import Lab, await_condition
from lab.days import MIDNIGHT
from lab.trial import Trial


@pytest.fixture(scope="module", name="lab")
def lab_before_offsets_over_rest() -> Iterator[Lab]:
    with Lab(workers=1, kafka_version="3.4.1") as lab:
        yield lab


@pytest.fixture
def finished_trial(lab: Lab, trial: Trial) -> Trial:
    """A connector that has stored its offset."""
    trial.account("PST")
    trial.create(settings=initial_load(2))
    head = f'["{trial.name}",'.encode()
    await_condition(
        lambda: any(key and key.startswith(head) for key in lab.offset_records(lab.connect.offsets_topic)),
        "an offset in the topic",
    )
    return trial


def test_the_offsets_topic_is_read_where_rest_cannot_tell_offsets(lab: Lab, finished_trial: Trial) -> None:
    options = {"connect_url": lab.connect.urls, "stripe_api_url": lab.stripe.url}
    kafka = {"kafka_bootstrap_servers": [lab.bootstrap_servers]}
    refused = failed(run_task(offset_reset, **options, **kafka, connectors=[finished_trial.name]))["msg"]
    assert "Kafka Connect 3.4.1" in refused
    assert "no state STOPPED (it needs Kafka 3.5)" in refused
    assert "it needs Kafka 3.5" in failed(run_task(offsets_facts, **options))["msg"]
    result = succeeded(run_task(offsets_facts, **options, **kafka))
    assert result["warnings"] == [
        "Kafka Connect 3.4.1 cannot list offsets over REST (that needs 3.5), so they are read from the topic."
    ]
    one = result["ansible_facts"]["connectops_offsets"]["connectors"][finished_trial.name]
    (verdict,) = one["verdicts"]
    assert (verdict["verdict"], verdict["delivered_to"]) == ("ok", MIDNIGHT)
    assert verdict["committed_at"] > MIDNIGHT
    assert one["state"] == "RUNNING"
    assert one["offsets"][0]["offset"]["interval_end"] == unfinished(0, 0)["interval_end"]


def test_single_calls_say_what_the_call_for_all_connectors_says(
    lab: Lab, finished_trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a gateway that keeps one of two equal parameters, and before Kafka 2.3."""
    lab.connect.await_state(finished_trial.name, "RUNNING", tasks=1)
    with ConnectClient(ConnectOptions(tuple(lab.connect.urls))) as client:
        expanded = client.connectors()
        assert expanded[finished_trial.name].state == "RUNNING"
        monkeypatch.setattr(replies, "connectors", lambda data: {})
        assert client.connectors() == expanded
