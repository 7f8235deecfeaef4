# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot be done is said in one sentence, and nothing is written because of it."""

from __future__ import annotations

import ssl
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trustme
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.operations import (
    connect_config,
    offset_reset,
    offsets_facts,
)
from integration.recovery.tasks import MAX_WAIT, PST, Result, Tasks, Written, failed, run_task, unfinished
from lab.trial import Trial
from unit.fake_connect import Expect, FakeConnect, refusing_url

MODULES = (connect_config, offset_reset, offsets_facts)
ROOT = Expect("GET", "/", body={"version": "3.9.2", "commit": "x", "kafka_cluster_id": "test"})
LONGER_WAIT = {MAX_WAIT: "60m"}


def run_against(module: ModuleType, url: str, tmp_path: Path, **options: object) -> Result:
    """The failed result of a module that asks this URL for the connector ``c``."""
    own = {
        connect_config: {"at_least": LONGER_WAIT},
        offset_reset: {"backup_dir": str(tmp_path)},
        offsets_facts: {"backup_dir": str(tmp_path)},
    }
    result = failed(run_task(module, connect_url=[url], connectors=["c"], timeout=5, **{**own[module], **options}))
    assert not result["changed"]
    return result


# The cluster cannot be reached, or is none


@pytest.mark.parametrize("module", MODULES)
def test_a_url_where_nobody_listens(module: ModuleType, tmp_path: Path) -> None:
    with refusing_url() as url:
        message = run_against(module, url, tmp_path)["msg"]
    assert url in message
    assert "cannot be reached" in message
    assert "check connect_url" in message


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    "answer, words",
    [
        (Expect("GET", "/", body=b"<html>Welcome</html>", content_type="text/html"), "text/html instead of JSON"),
        (Expect("GET", "/", body={"hello": "world"}), "not as Kafka Connect does"),
        (Expect("GET", "/", 401, b"", "text/plain"), "asks for a login (status 401)"),
        (Expect("GET", "/", 403, b"no", "text/plain"), "forbids GET / (status 403)"),
    ],
)
def test_a_url_that_is_not_connect_or_lets_nobody_in(
    module: ModuleType, tmp_path: Path, answer: Expect, words: str
) -> None:
    with FakeConnect(answer) as fake:
        assert words in run_against(module, fake.url, tmp_path)["msg"]


@pytest.mark.parametrize("module", MODULES)
def test_a_certificate_of_a_ca_that_is_not_trusted(module: ModuleType, tmp_path: Path) -> None:
    server, other = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.issue_cert("127.0.0.1").configure_cert(context)
    ca_path = tmp_path / "ca.pem"
    other.cert_pem.write_to_path(str(ca_path))
    with FakeConnect(tls=context) as fake:
        message = run_against(module, fake.url, tmp_path, ca_path=str(ca_path))["msg"]
    assert "is not trusted" in message
    assert "set ca_path" in message


def test_a_cluster_that_refuses_a_change_in_the_middle_is_told_apart(tmp_path: Path) -> None:
    """Reading is allowed, writing is not: nothing was begun."""
    with FakeConnect(ROOT, Expect("OPTIONS", "/connectors/any/offsets", 403, b"", "text/plain")) as fake:
        assert "forbids OPTIONS" in run_against(offset_reset, fake.url, tmp_path)["msg"]


@pytest.mark.parametrize(
    "answer",
    [
        Expect("OPTIONS", "/connectors/any/offsets", body=b"", headers={"Allow": "GET, OPTIONS"}),
        Expect(
            "OPTIONS", "/connectors/any/offsets", 405, {"error_code": 405, "message": "HTTP 405 Method Not Allowed"}
        ),
        Expect("OPTIONS", "/connectors/any/offsets", 404, {"error_code": 404, "message": "HTTP 404 Not Found"}),
    ],
)
def test_a_version_without_the_offsets_api(tmp_path: Path, answer: Expect) -> None:
    old = Expect("GET", "/", body={"version": "3.4.0", "commit": "x", "kafka_cluster_id": "test"})
    with FakeConnect(old, answer) as fake:
        message = run_against(offset_reset, fake.url, tmp_path)["msg"]
    assert "3.4.0" in message
    assert "cannot change offsets over REST: it needs Kafka 3.6" in message


def test_a_sink_connector_has_no_offsets_of_this_kind(tmp_path: Path) -> None:
    status = {"name": "c", "connector": {"state": "RUNNING", "worker_id": "w:1"}, "tasks": [], "type": "sink"}
    with FakeConnect(
        ROOT,
        Expect("OPTIONS", "/connectors/any/offsets", body=b"", headers={"Allow": "GET, PATCH, DELETE, OPTIONS"}),
        Expect("GET", "/connectors/c/config", body={"name": "c", "connector.class": "x.Sink"}),
        Expect("GET", "/connectors/c/status", body=status),
        Expect("GET", "/connectors/c/offsets", body={"offsets": []}),
    ) as fake:
        assert "'c' is a sink connector, not a source connector" in run_against(offset_reset, fake.url, tmp_path)["msg"]


# The wish cannot be met


@pytest.fixture
def untouched(trial: Trial, tasks: Tasks) -> Any:
    """A connector in a state of its own; after the test neither it nor its offsets or its config have changed."""
    trial.account(PST)
    trial.create({PST: unfinished(5, 4)}, {MAX_WAIT: 300_000}, "PAUSED")
    trial.cluster.await_state(trial.name, "PAUSED")
    before = Written.now(tasks.lab)
    yield
    assert Written.now(tasks.lab) == before
    assert tasks.state() == "PAUSED"
    assert not list(tasks.backup_dir.rglob("*"))


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    "options, words",
    [
        ({"strategy": "timestamp"}, "The strategy timestamp needs the option timestamp"),
        ({"strategy": "continue", "timestamp": "2026-01-01"}, "does not use the option timestamp"),
        ({"strategy": "offset"}, "The strategy offset needs the option offset"),
        ({"strategy": "offset", "offset": {"a": {"b": 1}}}, "flat map of plain values"),
        ({"strategy": "restore"}, "The strategy restore needs the option backup_file"),
        ({"strategy": "timestamp", "timestamp": "soon", "allow_gap": True}, "'soon' is not a moment"),
        ({"strategy": "timestamp", "timestamp": "1795478400000", "allow_gap": True}, "is it in milliseconds?"),
        ({"partitions": [{"timezone": "PTS"}]}, '"timezone": "PST"'),
        ({"partitions": [{"timezone": 1}]}, "the nearest that the server lists is"),
        ({"partitions": [{}]}, "partitions[0] is empty"),
        ({"at_least": {MAX_WAIT: "-1m"}}, f"at_least.{MAX_WAIT}"),
        ({"at_least": {MAX_WAIT: -60_000}}, "not above zero"),
        ({"at_least": {MAX_WAIT: 0}}, "not above zero"),
        ({"at_least": {MAX_WAIT: "400d"}}, "longer than the 7 d"),
        ({"at_least": {MAX_WAIT: "an hour"}}, "is not a duration"),
        ({"at_least": {"batch.size": "60m"}}, "the unit of batch.size is not known"),
        ({"at_least": {"topic.prefix": 5}}, "which is no number"),
        ({"at_least": {MAX_WAIT: "60m"}, "config": {MAX_WAIT: 5}}, "stands in both config and at_least"),
        ({"config": {"name": "another"}}, "a connector cannot be renamed"),
        ({"config": {"connector.class": None}}, "connector.class"),
        ({"config": {"connector.class": "x.Unknown"}}, "x.Unknown"),
        ({"config": {"stripe.api.keys": "[hidden]"}}, "the value is a mask"),
        ({"config": {"batch.size": {"a": 1}}}, "cannot be a setting of a connector"),
        ({"config": {"batch.size": "many"}}, "batch.size"),
        ({"config": {"poll.cron": "never"}}, "'never' cannot be read"),
        ({"plan_id": "000000000000"}, "The plan 000000000000 does not fit"),
        ({"settle_seconds": -1}, "settle_seconds"),
        ({"timeout": 0}, "timeout is 0 s"),
        ({"request_timeout": -3}, "request_timeout is -3 s"),
        ({"connect_url": ["http://user:pw@127.0.0.1:1"]}, "has a user name or password in it"),
        ({"connectors": []}, "name at least one connector"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(
    untouched: None, tasks: Tasks, check_mode: bool, options: dict[str, Any], words: str
) -> None:
    result = failed(tasks.reset(check_mode=check_mode, **options))
    assert words in result["msg"]
    assert not result["changed"]


def test_a_connector_that_does_not_exist_names_the_nearest(untouched: None, trial: Trial, tasks: Tasks) -> None:
    misspelt = trial.name.upper() + "x"
    for result in (
        tasks.reset(connectors=[misspelt]),
        tasks.configure(connectors=[misspelt], at_least=LONGER_WAIT),
        tasks.look(connectors=[misspelt]),
    ):
        assert f'connector "{misspelt}" was not found' in failed(result)["msg"]
        assert f'did you mean "{trial.name}"?' in result["msg"]


@pytest.mark.parametrize(
    "options, words",
    [
        ({}, "Neither config nor at_least names a setting"),
        ({"at_least": {MAX_WAIT: -1}}, "not above zero"),
        ({"config": {"tasks.max": 0}}, "tasks.max"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    untouched: None, tasks: Tasks, options: dict[str, Any], words: str
) -> None:
    assert words in failed(tasks.configure(**options))["msg"]


def test_at_least_never_lowers(untouched: None, tasks: Tasks) -> None:
    result = tasks.configure(at_least={MAX_WAIT: "1m"})
    assert not result["changed"]


@pytest.mark.parametrize("module", MODULES)
def test_unknown_options_and_choices_are_named(module: ModuleType) -> None:
    spec = ArgumentSpecValidator(module.ARGUMENT_SPEC)
    given: dict[str, object] = {"connect_url": ["http://127.0.0.1:1"], "connectors": ["c"]}
    assert "conector" in spec.validate({**given, "conector": "c"}).errors.msg
    if module is offset_reset:
        message = spec.validate({**given, "strategy": "latest"}).errors.msg
        assert "one of: continue, current, available_end" in message
        assert "latest" in message


@pytest.mark.parametrize("option", ["max_age_days", "max_rounds_behind"])
def test_limits_that_make_everything_stuck_are_refused(untouched: None, tasks: Tasks, option: str) -> None:
    assert f"{option}: 0 is not above zero" in failed(tasks.look(**{option: 0}))["msg"]


def test_a_backup_folder_that_cannot_be_written_stops_nothing(trial: Trial, tasks: Tasks, tmp_path: Path) -> None:
    trial.account(PST)
    trial.create({PST: unfinished(5, 4)}, {MAX_WAIT: 300_000}, "PAUSED")
    trial.cluster.await_state(trial.name, "PAUSED")
    before = Written.now(tasks.lab)
    taken = tmp_path / "taken"
    taken.touch()
    result = failed(tasks.reset(backup_dir=str(taken)))
    assert "set backup_dir to a folder that can be written" in result["msg"]
    assert Written.now(tasks.lab) == before
