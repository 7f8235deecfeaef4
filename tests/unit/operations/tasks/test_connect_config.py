# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing settings as a task: several connectors, check mode, secrets."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.hold import HOLD_KEY, Hold, Holder
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.connect_config import (
    configure,
    run,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import Outcome, TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_CONFIG
from unit.fake_cluster import FakeCluster, FakeConnector, Fault

OLD = {"connector.class": "Orders", "max.wait.ms": "1000"}
RAISED = {**OLD, "max.wait.ms": "3600000"}
SECRET = "sk_live_51abcdef"


def checked(cluster: FakeCluster, **options: Any) -> dict[str, Any]:
    # One after the other, so that the calls have a certain order.
    given = {"connect_url": ["http://connect-1:8083"], "connectors": sorted(cluster.by_name), "at_once": 1, **options}
    result = ArgumentSpecValidator(CONNECT_CONFIG).validate(given)
    assert not result.error_messages
    return dict(result.validated_parameters)


def change(cluster: FakeCluster, *, check_mode: bool = False, **options: Any) -> Outcome:
    return configure(
        cluster,
        checked(cluster, **options),
        TaskContext(check_mode, 0.0, sleep=cluster.sleep, clock=lambda: cluster.seconds),
    )


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(*(FakeConnector(name, dict(OLD)) for name in "ab"))


def test_a_setting_is_raised_without_a_stop_and_a_second_run_writes_nothing(cluster: FakeCluster) -> None:
    assert change(cluster, at_least={"max.wait.ms": "60m"}).result["changed"]
    assert [one.config for one in cluster.by_name.values()] == [RAISED, RAISED]
    assert cluster.writes == ["patch_config", "patch_config"]
    assert not change(cluster, at_least={"max.wait.ms": "60m"}).result["changed"]
    assert len(cluster.writes) == 2


def test_check_mode_says_the_same_and_writes_nothing(cluster: FakeCluster) -> None:
    shown = change(cluster, check_mode=True, config={"max.wait.ms": 2000}).result
    assert cluster.writes == []
    assert change(cluster, config={"max.wait.ms": 2000}).result == shown
    assert shown["connectors"]["a"] == {
        "changed": True,
        "settings": [{"key": "max.wait.ms", "before": "1000", "after": "2000"}],
    }


def test_after_one_that_fails_the_others_still_get_their_turn(cluster: FakeCluster) -> None:
    cluster.next_faults["patch_config"] = [Fault(ConnectError("Kafka Connect refused it (status 500)."))]
    with pytest.raises(RecoveryError, match=r"^Kafka Connect refused it \(status 500\)\.$") as caught:
        change(cluster, config={"max.wait.ms": 2000})
    assert caught.value.facts["connectors"]["a"]["failed"]
    assert caught.value.facts["connectors"]["b"]["changed"]
    assert [one.config["max.wait.ms"] for one in cluster.by_name.values()] == ["1000", "2000"]


def test_after_a_signal_the_write_that_has_begun_ends_and_no_other_begins(cluster: FakeCluster) -> None:
    def interrupt() -> None:
        handler = signal.getsignal(signal.SIGTERM)
        assert callable(handler)
        handler(signal.SIGTERM, None)

    change(cluster, config={"max.wait.ms": 2000})
    writing = cluster.methods().index("patch_config") + 1
    cluster.restarted()
    cluster.meddling[writing] = interrupt
    with pytest.raises(
        RecoveryError, match=r"'b' was interrupted \(SIGTERM\) before it began: nothing was changed\.$"
    ) as caught:
        change(cluster, config={"max.wait.ms": 3000})
    assert caught.value.facts["connectors"]["a"]["changed"]
    assert [one.config["max.wait.ms"] for one in cluster.by_name.values()] == ["3000", "2000"]


def test_a_secret_is_written_and_never_shown(cluster: FakeCluster) -> None:
    result = change(cluster, connectors=["a"], config={"db.password": SECRET}).result
    assert cluster.by_name["a"].config["db.password"] == SECRET
    assert SECRET not in json.dumps(result)
    assert SECRET in cluster.hidden


def test_a_task_that_names_no_setting_is_refused_before_anything_is_read(cluster: FakeCluster) -> None:
    with pytest.raises(InputError, match="Neither config nor at_least names a setting"):
        run(checked(cluster), TaskContext(False, 0.0))


def test_a_connector_that_another_run_is_changing_is_left_to_it(cluster: FakeCluster) -> None:
    hold = Hold("1", "p", "RUNNING", Holder("node-1", 7), 0, 60)
    cluster.by_name["a"].config[HOLD_KEY] = hold.as_text()
    for check_mode in (True, False):
        with pytest.raises(RecoveryError, match="being changed by another run, plan p of somebody on node-1"):
            change(cluster, check_mode=check_mode, at_least={"max.wait.ms": "60m"})
    # The others get their turn, and nothing of the mark is lost or changed.
    assert cluster.by_name["a"].config == {**OLD, HOLD_KEY: hold.as_text()}
    assert cluster.by_name["b"].config == RAISED


def test_a_whole_config_is_written_with_the_mark_that_is_in_it(cluster: FakeCluster) -> None:
    """Another run has died; before Kafka 3.8 only a whole config can be written."""
    hold = Hold("1", "p", "RUNNING", Holder("node-1", 7), -600, -1)
    cluster.by_name["a"].config[HOLD_KEY] = hold.as_text()
    cluster.verbs["config"] = {"GET", "PUT"}
    change(cluster, connectors=["a"], at_least={"max.wait.ms": "60m"})
    assert cluster.by_name["a"].config == {**RAISED, HOLD_KEY: hold.as_text()}
