# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""connect_config on real workers: it writes what was asked, nothing else, and only when it must."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.connect.client import ConnectClient
from integration.recovery.tasks import MAX_WAIT, PST, Tasks, Written, failed, succeeded, without_backups
from lab.scenarios import finished
from lab.trial import Trial

STARTED = "Task started with report types"


@pytest.fixture(autouse=True)
def idle_connector(trial: Trial) -> None:
    """A connector that is current, so that it writes nothing."""
    trial.account(PST)
    trial.create({PST: finished(0, 0)}, {MAX_WAIT: 300_000, "stripe.report.columns": "x:y"})
    trial.await_log(STARTED)


@pytest.fixture
def without_patch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Workers as before Kafka 3.8: they take only whole configs. Holds the names of the connectors written whole."""
    supports, put_config = ConnectClient.supports, ConnectClient.put_config
    written: list[str] = []

    def asked(client: ConnectClient, verb: str, resource: Any) -> bool:
        return (verb, resource) != ("PATCH", "config") and supports(client, verb, resource)

    def put(client: ConnectClient, name: str, config: Mapping[str, str | None]) -> bool:
        written.append(name)
        return put_config(client, name, config)

    def refuse(client: ConnectClient, name: str, changes: Mapping[str, str | None]) -> None:
        raise AssertionError("these workers have no PATCH")

    monkeypatch.setattr(ConnectClient, "supports", asked)
    monkeypatch.setattr(ConnectClient, "put_config", put)
    monkeypatch.setattr(ConnectClient, "patch_config", refuse)
    return written


def config_of(tasks: Tasks) -> dict[str, str]:
    return tasks.lab.connect.config(tasks.trial.name)


def assert_unchanged(tasks: Tasks, before: Written, starts: int = 1) -> None:
    assert Written.now(tasks.lab) == before
    assert tasks.trial.count_log(STARTED) == starts


def test_a_wait_that_is_too_low_is_raised_and_only_that(trial: Trial, tasks: Tasks) -> None:
    before = config_of(tasks)
    result = succeeded(tasks.configure(at_least={MAX_WAIT: "60m"}))
    assert result["changed"]
    assert tasks.of(without_backups(result)) == {
        "changed": True,
        "settings": [{"key": MAX_WAIT, "before": "300000", "after": "3600000"}],
        "backup_file": None,
    }
    assert config_of(tasks) == {**before, MAX_WAIT: "3600000"}
    trial.await_log(STARTED, 2)


@pytest.mark.parametrize(
    "options",
    [
        {"at_least": {MAX_WAIT: "60m"}},
        {"at_least": {MAX_WAIT: 3_600_000}},
        {"config": {"batch.size": 500, "stripe.report.columns": None}},
    ],
)
def test_a_second_run_writes_nothing_and_restarts_nothing(trial: Trial, tasks: Tasks, options: dict[str, Any]) -> None:
    assert succeeded(tasks.configure(**options))["changed"]
    trial.await_log(STARTED, 2)
    before = Written.now(tasks.lab)
    again = succeeded(tasks.configure(**options))
    assert not again["changed"]
    assert again["diff"] == []
    assert tasks.of(again) == {"changed": False, "settings": [], "backup_file": None}
    assert_unchanged(tasks, before, starts=2)


def test_a_higher_value_is_never_lowered(tasks: Tasks) -> None:
    before = Written.now(tasks.lab)
    assert not succeeded(tasks.configure(at_least={MAX_WAIT: "4m", "batch.size": 999}))["changed"]
    assert_unchanged(tasks, before)


def test_raising_counts_from_the_connectors_own_default(tasks: Tasks) -> None:
    """The default of max.report.interval.days is 30 and stands in no config."""
    before = Written.now(tasks.lab)
    assert not succeeded(tasks.configure(at_least={"max.report.interval.days": 20}))["changed"]
    assert_unchanged(tasks, before)
    settings = tasks.of(succeeded(tasks.configure(at_least={"max.report.interval.days": 40})))["settings"]
    assert settings == [{"key": "max.report.interval.days", "before": None, "after": "40"}]


def test_a_worker_that_shows_the_old_config_for_a_moment_is_asked_again(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two workers 1 of 150 reads straight after a PATCH answered 200 was old, for 0.13 s at the worst."""
    patch, config, old = ConnectClient.patch_config, ConnectClient.config, [config_of(tasks)] * 3
    written: list[str] = []

    def patched(client: ConnectClient, name: str, changes: Mapping[str, str | None]) -> None:
        patch(client, name, changes)
        written.append(name)

    def read(client: ConnectClient, name: str) -> Mapping[str, str | None]:
        return old.pop() if written and old else config(client, name)

    monkeypatch.setattr(ConnectClient, "patch_config", patched)
    monkeypatch.setattr(ConnectClient, "config", read)
    assert succeeded(tasks.configure(at_least={MAX_WAIT: "60m"}))["changed"]
    assert written == [tasks.trial.name]
    assert old == []


def test_exact_values_are_set_lowered_and_removed(tasks: Tasks) -> None:
    before = config_of(tasks)
    wanted = {MAX_WAIT: 1000, "batch.size": "500", "stripe.report.columns": None}
    succeeded(tasks.configure(config=wanted))
    expected = {**before, MAX_WAIT: "1000", "batch.size": "500"}
    del expected["stripe.report.columns"]
    assert config_of(tasks) == expected


def test_check_mode_tells_all_that_a_real_run_does_and_writes_nothing(tasks: Tasks) -> None:
    options: dict[str, Any] = {"at_least": {MAX_WAIT: "60m"}, "config": {"batch.size": 7}}
    before = Written.now(tasks.lab)
    preview = succeeded(tasks.configure(check_mode=True, **options))
    assert_unchanged(tasks, before)
    assert preview == without_backups(succeeded(tasks.configure(**options)))


def test_workers_without_patch_get_the_whole_config_with_the_change_in_it(
    trial: Trial, tasks: Tasks, without_patch: list[str]
) -> None:
    before = config_of(tasks)
    options: dict[str, Any] = {"at_least": {MAX_WAIT: "60m"}, "config": {"stripe.report.columns": None}}
    preview = succeeded(tasks.configure(check_mode=True, **options))
    assert without_patch == []
    assert preview == without_backups(succeeded(tasks.configure(**options)))
    assert without_patch == [trial.name]
    expected = {**before, MAX_WAIT: "3600000"}
    del expected["stripe.report.columns"]
    assert config_of(tasks) == expected
    assert not succeeded(tasks.configure(**options))["changed"]
    assert without_patch == [trial.name]


def test_a_mask_is_not_written_back_as_the_secret(
    tasks: Tasks, without_patch: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in front of the workers masks secrets, and the workers take only whole configs."""
    config = ConnectClient.config
    monkeypatch.setattr(
        ConnectClient, "config", lambda client, name: {**config(client, name), "stripe.api.keys": "********"}
    )
    before = Written.now(tasks.lab)
    for check_mode in (True, False):
        result = failed(tasks.configure(check_mode=check_mode, at_least={MAX_WAIT: "60m"}))
        assert "stripe.api.keys" in result["msg"]
        assert "masked" in result["msg"]
    assert without_patch == []
    assert_unchanged(tasks, before)


def test_where_only_named_keys_are_written_a_mask_does_no_harm(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    config, before = ConnectClient.config, config_of(tasks)
    monkeypatch.setattr(
        ConnectClient, "config", lambda client, name: {**config(client, name), "stripe.api.keys": "********"}
    )
    succeeded(tasks.configure(at_least={MAX_WAIT: "60m"}))
    assert config_of(tasks) == {**before, MAX_WAIT: "3600000"}


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_the_connector_itself_refuses_is_not_written(tasks: Tasks, check_mode: bool) -> None:
    before = Written.now(tasks.lab)
    result = failed(tasks.configure(check_mode=check_mode, config={"batch.size": 0, MAX_WAIT: 5000}))
    assert "batch.size" in result["msg"]
    assert not result["changed"]
    assert_unchanged(tasks, before)


def test_a_new_secret_is_written_and_never_told(trial: Trial, tasks: Tasks) -> None:
    new = trial.account("Asia/Tokyo").key
    result = succeeded(tasks.configure(config={"stripe.api.keys": f"Asia/Tokyo:{new}"}))
    assert config_of(tasks)["stripe.api.keys"] == f"Asia/Tokyo:{new}"
    (setting,) = tasks.of(result)["settings"]
    assert setting["key"] == "stripe.api.keys"
    assert setting["before"] != setting["after"]


def test_an_error_text_that_repeats_the_config_tells_no_secret(trial: Trial, tasks: Tasks) -> None:
    """Connect's own texts repeat values, here that of a key whose converter refuses it."""
    key = trial.accounts[PST].key
    result = failed(tasks.configure(config={"batch.size": key, "header.converter": f"x.{key}"}))
    assert "batch.size" in result["msg"] or "header.converter" in result["msg"]


def test_an_unknown_connector_names_the_nearest_and_keeps_no_other_from_its_turn(trial: Trial, tasks: Tasks) -> None:
    misspelt = trial.name[:-1]
    result = failed(tasks.configure(connectors=[misspelt, trial.name], at_least={MAX_WAIT: "60m"}))
    assert f'did you mean "{trial.name}"?' in result["msg"]
    assert result["changed"]
    assert result["connectors"][misspelt]["failed"]
    assert result["connectors"][misspelt]["nearest"] == [trial.name]
    assert tasks.of(result)["changed"]
    assert config_of(tasks)[MAX_WAIT] == "3600000"


@pytest.mark.parametrize("state", ["PAUSED", "STOPPED"])
def test_the_state_of_the_connector_stays(trial: Trial, tasks: Tasks, state: str) -> None:
    trial.cluster.request("PUT", f"/connectors/{trial.name}/{'pause' if state == 'PAUSED' else 'stop'}")
    trial.cluster.await_state(trial.name, state)
    succeeded(tasks.configure(at_least={MAX_WAIT: "60m"}))
    trial.cluster.await_state(trial.name, state)
    assert config_of(tasks)[MAX_WAIT] == "3600000"


def test_a_change_of_settings_is_taken_back_and_a_running_connector_keeps_its_offsets(
    trial: Trial, tasks: Tasks
) -> None:
    before, offsets = config_of(tasks), tasks.offsets()
    options = {"at_least": {MAX_WAIT: "60m"}, "config": {"stripe.report.columns": None, "batch.size": 7}}
    done = succeeded(tasks.configure(**options))
    assert tasks.of(done)["backup_file"]
    assert "connect_rollback" in " ".join(done["next_steps"])
    preview = succeeded(tasks.roll_back(check_mode=True))
    assert "strategy settings" in " ".join(" ".join(preview["preview"]).split())
    assert not tasks.of(preview)["plan"]["offsets"]
    tasks.previewed_rollback()
    assert (config_of(tasks), tasks.offsets(), tasks.state()) == (before, offsets, "RUNNING")
    assert not succeeded(tasks.roll_back())["changed"]
