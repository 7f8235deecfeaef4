# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: decided with Connect, written, read back, and undone by the run that sent them only."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.errors import (
    ConnectError,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import SettingChange
from ansible_collections.connectops.recovery.plugins.module_utils.errors import (
    InputError,
    RecoveryError,
    UnknownOutcome,
)
from ansible_collections.connectops.recovery.plugins.module_utils.operations.change.settings import (
    SettingsWriter,
    decide_with_server,
)
from unit.fake_cluster import FakeCluster, FakeConnector, Fault

CONFIG = {"connector.class": "Orders", "max.wait.ms": "1000", "topic": "a"}
WAIT = SettingChange("max.wait.ms", "1000", "3600000", secret=False)
NEW_KEY = SettingChange("batch.size", None, "10", secret=False)
NO_TOPIC = SettingChange("topic", "a", None, secret=False)
CHANGES = (NEW_KEY, WAIT, NO_TOPIC)
AFTER = {"connector.class": "Orders", "max.wait.ms": "3600000", "batch.size": "10"}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(FakeConnector(config=dict(CONFIG)))


def writer(cluster: FakeCluster) -> SettingsWriter:
    return SettingsWriter(cluster, "c", cluster.sleep)


def config(cluster: FakeCluster) -> dict[str, str]:
    return cluster.by_name["c"].config


# Writing


@pytest.mark.parametrize("verbs, method", [({"PUT", "PATCH"}, "patch_config"), ({"PUT"}, "put_config")])
def test_keys_are_set_added_and_removed_and_the_rest_stays(cluster: FakeCluster, verbs: set[str], method: str) -> None:
    cluster.verbs["config"] = verbs
    writer(cluster).write(CHANGES)
    assert config(cluster) == AFTER
    assert cluster.writes == [method]


def test_a_patch_names_the_keys_that_change_alone(cluster: FakeCluster) -> None:
    writer(cluster).write((WAIT, NO_TOPIC))
    (call,) = [call for call in cluster.calls if call.method == "patch_config"]
    assert call.arguments == ("c", {"max.wait.ms": "3600000", "topic": None})


def test_a_worker_that_shows_the_old_config_for_a_while_is_read_again(cluster: FakeCluster) -> None:
    cluster.stale_reads = 3
    writer(cluster).write((WAIT,))
    assert cluster.writes == ["patch_config"]
    assert 0.3 <= cluster.seconds < 0.4


def test_an_answer_that_was_lost_is_settled_by_reading(cluster: FakeCluster) -> None:
    cluster.next_faults["patch_config"] = [Fault(UnknownOutcome("no answer"), acts=True)]
    writer(cluster).write((WAIT,))
    assert cluster.writes == ["patch_config"]


def test_a_write_that_was_lost_altogether_is_no_success(cluster: FakeCluster) -> None:
    cluster.next_faults["patch_config"] = [Fault(UnknownOutcome("no answer"))]
    with pytest.raises(RecoveryError) as caught:
        writer(cluster).write(CHANGES)
    assert caught.value.message == (
        "batch.size, max.wait.ms, topic of connector 'c' does not have the new value after the write: check the config and run"
        " again."
    )


@pytest.mark.parametrize("change", CHANGES, ids=["added", "set", "removed"])
def test_a_key_that_somebody_else_changed_is_refused_before_anything_is_sent(
    cluster: FakeCluster, change: SettingChange
) -> None:
    config(cluster)[change.key] = "theirs"
    with pytest.raises(RecoveryError) as caught:
        writer(cluster).write(CHANGES)
    assert caught.value.message == (
        f"Somebody else has changed {change.key} of connector 'c' since the plan was made: make a new plan."
    )
    assert cluster.writes == []


# Undoing


@pytest.mark.parametrize("verbs", [{"PUT", "PATCH"}, {"PUT"}], ids=["PATCH", "PUT"])
def test_what_was_sent_is_taken_back(cluster: FakeCluster, verbs: set[str]) -> None:
    cluster.verbs["config"] = verbs
    one = writer(cluster)
    one.write(CHANGES)
    one.undo()
    assert config(cluster) == CONFIG


def test_nothing_is_taken_back_that_this_run_did_not_send(cluster: FakeCluster) -> None:
    """Another run has just written the same target, and this one was refused for it."""
    one = writer(cluster)
    config(cluster).update(AFTER)
    with pytest.raises(RecoveryError, match="Somebody else has changed"):
        one.write(CHANGES)
    one.undo()
    assert config(cluster) == {**AFTER, "topic": "a"}
    assert cluster.writes == []


def test_a_key_that_has_a_third_value_by_now_is_left(cluster: FakeCluster) -> None:
    one = writer(cluster)
    one.write(CHANGES)
    config(cluster)["batch.size"] = "theirs"
    one.undo()
    assert config(cluster) == {**CONFIG, "batch.size": "theirs"}


@pytest.mark.parametrize("acts", [False, True], ids=["not made", "made"])
def test_a_write_in_doubt_is_taken_back_where_it_was_made(cluster: FakeCluster, acts: bool) -> None:
    one = writer(cluster)
    cluster.next_faults["patch_config"] = [Fault(ConnectError("status 500"), acts=acts)]
    with pytest.raises(ConnectError):
        one.write(CHANGES)
    one.undo()
    assert config(cluster) == CONFIG
    assert len(cluster.writes) == 1 + acts


# Deciding


def decide(cluster: FakeCluster, exact: dict[str, Any], at_least: dict[str, Any]) -> tuple[SettingChange, ...]:
    connector = Connector.of("c", "source", dict(config(cluster)), cluster.by_name["c"].status)
    return decide_with_server(cluster, connector, exact, at_least)[0]


def test_nothing_wanted_asks_nothing(cluster: FakeCluster) -> None:
    assert decide(cluster, {}, {}) == ()
    assert cluster.calls == []


def test_a_default_that_is_high_enough_is_not_lowered(cluster: FakeCluster) -> None:
    cluster.defaults = {"poll.ms": "7200000"}
    assert decide(cluster, {}, {"poll.ms": "60m"}) == ()
    assert decide(cluster, {}, {"poll.ms": "3h"}) == (SettingChange("poll.ms", None, "10800000", False),)


def test_what_the_plugin_refuses_is_refused_and_what_was_invalid_before_is_not(cluster: FakeCluster) -> None:
    cluster.invalid = {("topic", "a"): "is old", ("batch.size", "0"): "must be above zero."}
    assert decide(cluster, {"batch.size": "10"}, {}) == (NEW_KEY,)
    with pytest.raises(InputError, match=r"^Connector 'c' refuses batch\.size: must be above zero\.$"):
        decide(cluster, {"batch.size": 0}, {})
    assert cluster.writes == []


def test_secrets_old_and_new_are_hidden_before_the_plugin_may_quote_them(cluster: FakeCluster) -> None:
    cluster.password_keys = frozenset({"odd"})
    config(cluster)["odd"] = "old-secret"
    (change,) = decide(cluster, {"odd": "new-secret"}, {})
    assert change.secret
    assert {"old-secret", "new-secret"} <= cluster.hidden


@pytest.mark.parametrize("verbs, is_refused", [({"PUT"}, True), ({"PUT", "PATCH"}, False)])
def test_a_masked_secret_is_never_written_back(cluster: FakeCluster, verbs: set[str], is_refused: bool) -> None:
    config(cluster)["db.password"] = "****"
    cluster.verbs["config"] = verbs
    if is_refused:
        with pytest.raises(InputError, match=r"shows db\.password of connector 'c' masked.*would replace the secret"):
            decide(cluster, {"topic": "b"}, {})
    else:
        assert decide(cluster, {"topic": "b"}, {})


def test_a_connector_keeps_its_class(cluster: FakeCluster) -> None:
    with pytest.raises(InputError, match="a connector without its class cannot exist"):
        decide(cluster, {"connector.class": None}, {})
