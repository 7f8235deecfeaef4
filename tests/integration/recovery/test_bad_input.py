# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input ends in one clear sentence; nothing is written, and the connector is in the state it was in."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trustme
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks import (
    connect_config,
    offset_reset,
    offsets_facts,
)
from integration.recovery.tasks import MAX_WAIT, NEW_YORK, SPECS, Tasks, Written, failed, partition, run_task, succeeded
from lab import Lab
from lab.scenarios import finished
from lab.trial import Trial
from unit.connect.http_server import Expect, FakeConnect, refusing_url

SECRET = "correct-horse-battery"
MODULES = pytest.mark.parametrize(
    "module", [offset_reset, connect_config, offsets_facts], ids=["reset", "config", "facts"]
)


@pytest.fixture
def healthy(trial: Trial) -> Trial:
    trial.account(NEW_YORK)
    trial.create({NEW_YORK: finished(0, 0)}, {MAX_WAIT: 60_000})
    trial.cluster.await_state(trial.name, "RUNNING", tasks=1)
    return trial


@pytest.fixture
def untouched(lab: Lab, healthy: Trial, tasks: Tasks) -> Iterator[None]:
    """Whatever the test does, no topic of the cluster gets a record and the connector stays RUNNING."""
    before = Written.now(lab)
    yield
    assert Written.now(lab) == before
    assert tasks.state() == "RUNNING"
    assert not tasks.journals


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    "options, words",
    [
        pytest.param({"partitions": [{"timezone": "America/NewYork"}]}, f'nearest that Connect lists is {{"report_type": '
                     f'"balance.summary.1", "timezone": "{NEW_YORK}"}}.', id="partition not listed"),
        pytest.param({"partitions": [{}]}, "partitions[0] is empty", id="empty partition"),
        pytest.param({"partitions": [{"timezone": 1}]}, "the nearest that Connect lists is", id="wrong type"),
        pytest.param({"at_least": {MAX_WAIT: "-30m"}}, "'-30m' is not a duration", id="negative duration"),
        pytest.param({"at_least": {MAX_WAIT: -5}}, "-5 is not above zero", id="negative number"),
        pytest.param({"at_least": {MAX_WAIT: 0}}, "0 is not above zero", id="zero"),
        pytest.param({"at_least": {MAX_WAIT: "400d"}}, "longer than the maximum of 7 d", id="absurd duration"),
        pytest.param({"at_least": {MAX_WAIT: "soon"}}, "'soon' is not a duration", id="no duration"),
        pytest.param({"at_least": {"topic.prefix": 5}}, "is not a number: set it with config", id="no number to raise"),
        pytest.param({"at_least": {"batch.size": "60m"}}, "the unit of batch.size is not known", id="no unit"),
        pytest.param({"at_least": {MAX_WAIT: "2h"}, "config": {MAX_WAIT: 5}}, "is in both", id="set twice"),
        pytest.param({"config": {"name": "another"}}, "a connector cannot be renamed", id="another name"),
        pytest.param({"config": {"connector.class": None}}, "config.connector.class", id="no class"),
        pytest.param({"config": {"connector.class": "x.Unknown"}}, "x.Unknown", id="unknown class"),
        pytest.param({"config": {"batch.size": {"a": 1}}}, "cannot be a setting of a connector", id="nested setting"),
        pytest.param({"config": {"poll.cron": "never"}}, "'never' cannot be read", id="no cron"),
        pytest.param({"config": {"batch.size": 0}}, "refuses batch.size", id="refused by the connector"),
        pytest.param({"config": {"stripe.api.keys": "****"}}, "is a mask, not a secret", id="mask"),
        pytest.param({"strategy": "timestamp"}, "needs the option timestamp", id="timestamp missing"),
        pytest.param({"timestamp": "2026-11-01"}, "does not use the option timestamp", id="timestamp not used"),
        pytest.param({"strategy": "timestamp", "timestamp": "tomorrow"}, "is not a moment", id="no moment"),
        pytest.param({"strategy": "timestamp", "timestamp": "1795478400000"}, "(not milliseconds)", id="milliseconds"),
        pytest.param({"strategy": "offset"}, "needs the option offset", id="offset missing"),
        pytest.param({"strategy": "offset", "offset": {"a": {}}}, "flat map", id="nested offset"),
        pytest.param({"strategy": "restore"}, "needs the option backup_file", id="backup missing"),
        pytest.param({"strategy": "restore", "backup_file": "/no/such"}, "/no/such does not exist on", id="no backup"),
        pytest.param({"settle_seconds": -1.0}, "settle_seconds", id="negative settle time"),
        pytest.param({"timeout": 0.0}, "timeout is 0 s", id="no time"),
        pytest.param({"plan_id": "000000000000"}, "The plan 000000000000 does not fit", id="another plan"),
        pytest.param({"connectors": []}, "name at least one connector", id="no connector"),
        pytest.param({"connect_url": [f"http://me:{SECRET}@127.0.0.1:9"]}, "set url_username", id="login in the URL"),
    ],
)  # fmt: skip
def test_a_reset_that_cannot_be_meant_is_refused(
    tasks: Tasks, options: Mapping[str, Any], words: str, check_mode: bool
) -> None:
    result = failed(tasks.reset(check_mode=check_mode, **options))
    assert words in result["msg"]
    assert SECRET not in str(result)
    assert not result["changed"]
    assert not list(tasks.backup_dir.rglob("*"))


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "options, words",
    [
        pytest.param({}, "Neither config nor at_least names a setting", id="nothing"),
        pytest.param({"at_least": {MAX_WAIT: -1}}, "not above zero", id="negative number"),
        pytest.param({"config": {"tasks.max": 0}}, "refuses tasks.max", id="refused by Connect"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tasks: Tasks, options: Mapping[str, Any], words: str) -> None:
    assert words in failed(tasks.configure(**options))["msg"]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "options, words",
    [
        pytest.param({"timestamp": "tomorrow"}, "timestamp: 'tomorrow' is not a moment", id="no moment"),
        pytest.param({"worker_logs": ["/no/such"]}, "The log file /no/such cannot be read", id="no log"),
        pytest.param({"profiles": [{"nam": "x"}]}, "profiles[0]", id="misspelt key of a profile"),
        pytest.param({"offsets_topic": "connect-offsets"}, "kafka_bootstrap_servers", id="topic without servers"),
        pytest.param(
            {"kafka_bootstrap_servers": ["k:9092"], "kafka_sasl_username": "me", "kafka_sasl_password": SECRET},
            "kafka_security_protocol",
            id="login without a protocol for it",
        ),
    ],
)
def test_a_look_that_cannot_be_meant_is_refused(tasks: Tasks, options: Mapping[str, Any], words: str) -> None:
    result = failed(tasks.look(**options))
    assert words in result["msg"]
    assert SECRET not in str(result)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("option", ["max_age_days", "max_rounds_behind", "max_commit_age_hours", "max_run_age_hours"])
def test_limits_by_which_everything_is_stuck_are_refused(tasks: Tasks, option: str) -> None:
    assert f"{option} is 0, at which every partition counts as stuck" in failed(tasks.look(**{option: 0}))["msg"]


@pytest.mark.usefixtures("untouched")
def test_a_backup_folder_that_cannot_be_written_stops_nothing(tasks: Tasks, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    result = failed(tasks.reset(backup_dir=str(taken), at_least={MAX_WAIT: "60m"}))
    assert "set backup_dir to a folder that can be written" in result["msg"]


@pytest.mark.usefixtures("untouched")
def test_a_lower_value_asked_for_by_at_least_changes_nothing(tasks: Tasks) -> None:
    result = succeeded(tasks.reset(at_least={MAX_WAIT: "1s"}))
    assert not result["changed"]


@pytest.mark.usefixtures("untouched")
def test_an_unknown_connector_is_named_with_the_nearest(healthy: Trial, tasks: Tasks) -> None:
    misspelt = healthy.name.upper() + "s"
    for result in (
        tasks.reset(connectors=[misspelt]),
        tasks.configure(connectors=[misspelt], at_least={MAX_WAIT: "60m"}),
        tasks.look(connectors=[misspelt]),
    ):
        assert f'connector "{misspelt}" was not found' in failed(result)["msg"]
        assert f'did you mean "{healthy.name}"' in result["msg"]


@MODULES
def test_an_unknown_strategy_or_option_is_refused_before_anything_is_read(module: ModuleType) -> None:
    options = {"connect_url": ["http://127.0.0.1:9"], "connectors": ["any"], "strategy": "forward"}
    checked = ArgumentSpecValidator(SPECS[module]).validate(options)
    words = "value of strategy must be one of: continue, current" if module is offset_reset else "strategy. Supported"
    assert words in checked.error_messages[0]


def test_a_sink_connector_is_not_reset_and_keeps_running(lab: Lab, connector_name: str, tmp_path: Path) -> None:
    sink = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "topics": lab.connect.status_topic,
        # The topic's keys are no JSON: with the workers' converter the task fails at the first record.
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "file": str(tmp_path / "sink.txt"),
    }
    lab.connect.create(connector_name, sink)
    lab.connect.await_state(connector_name, "RUNNING", tasks=1)
    before = len(lab.broker.messages(lab.connect.config_topic))
    options: dict[str, Any] = {"connect_url": lab.connect.urls, "connectors": [connector_name]}
    for strategy in ("continue", "delete"):
        result = failed(run_task(offset_reset, backup_dir=str(tmp_path), strategy=strategy, **options))
        assert f"Connector '{connector_name}' is a sink connector, not a source connector" in result["msg"]
    assert len(lab.broker.messages(lab.connect.config_topic)) == before
    facts = succeeded(run_task(offsets_facts, **options))["ansible_facts"]["connectops_offsets"]
    assert facts["connectors"][connector_name]["type"] == "sink"


def test_numbers_go_to_connect_and_come_back_exactly_and_another_type_never_reaches_it(
    lab: Lab, connector_name: str, tmp_path: Path
) -> None:
    source = tmp_path / "source.txt"
    config = {"connector.class": "FileStreamSource", "file": str(source), "topic": connector_name}
    # This connector looks at its position alone.
    exact = {
        "position": 6,
        "zero": 0.0,
        "next": 2**53 + 1,
        "last": 2**63 - 1,
        "first": -(2**63),
        "large": 1.7976931348623157e308,
        "small": 5e-324,
        "decimal": 0.1,
    }
    lab.connect.create(connector_name, config, [{"partition": {"filename": str(source)}, "offset": exact}], "STOPPED")
    options: dict[str, Any] = {
        "connect_url": lab.connect.urls,
        "connectors": [connector_name],
        "backup_dir": str(tmp_path / "backups"),
        "settle_seconds": 0.0,
    }

    def stored() -> tuple[str, bytes | None]:
        (entry,) = lab.connect.offsets(connector_name)
        records = lab.offset_records(lab.connect.offsets_topic)
        (raw,) = (value for key, value in records.items() if key.startswith(f'["{connector_name}",'.encode()))
        return json.dumps(entry["offset"], sort_keys=True), raw

    before = stored()
    assert before[0] == json.dumps(exact, sort_keys=True)
    for wrong, words in (
        ({**exact, "position": "7"}, 'the connector stores an integer there (6), and "7" is a string'),
        ({"position": 7}, "also has"),
        ({**exact, "last": 2**63}, "does not fit into 64 bits"),
        ({**exact, "large": float("inf")}, "is not a number in JSON"),
        ({**exact, "zero": -0.0}, "Connect keeps -0.0 as 0.0"),
    ):
        assert words in failed(run_task(offset_reset, strategy="offset", offset=wrong, **options))["msg"]
    assert stored() == before
    moved = {**exact, "zero": 0.5, "next": 2**53, "last": -1}
    done = succeeded(run_task(offset_reset, strategy="offset", offset=moved, **options))
    assert stored()[0] == json.dumps(moved, sort_keys=True)
    backup = done["connectors"][connector_name]["backup_file"]
    succeeded(run_task(offset_reset, strategy="restore", backup_file=backup, **options))
    assert stored() == before


@pytest.mark.lengthy
def test_another_source_connector_can_be_set_and_deleted_but_not_moved_in_time(
    lab: Lab, connector_name: str, tmp_path: Path
) -> None:
    source = tmp_path / "source.txt"
    source.write_text("first\nsecond\n", encoding="utf-8")
    config = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "file": str(source),
        "topic": connector_name,
        "topic.creation.default.partitions": 1,
        "topic.creation.default.replication.factor": 1,
    }
    entry = {"partition": {"filename": str(source)}, "offset": {"position": 6}}
    lab.connect.create(connector_name, config, [entry], "STOPPED")
    options: dict[str, Any] = {
        "connect_url": lab.connect.urls,
        "connectors": [connector_name],
        "backup_dir": str(tmp_path / "backups"),
        "settle_seconds": 0.0,
    }
    for strategy, timestamp in (("current", None), ("available_end", None), ("timestamp", "2026-11-01")):
        refused = failed(run_task(offset_reset, strategy=strategy, timestamp=timestamp, **options))
        assert "which field of an offset is time, which is not known" in refused["msg"]
    assert not succeeded(run_task(offset_reset, **options))["changed"]
    done = succeeded(run_task(offset_reset, strategy="offset", offset={"position": 0}, **options))
    assert lab.connect.offsets(connector_name) == [{**entry, "offset": {"position": 0}}]
    assert any('{"position": 6} -> {"position": 0}' in line for line in done["preview"])
    backup = done["connectors"][connector_name]["backup_file"]
    succeeded(run_task(offset_reset, strategy="delete", **options))
    assert [one for one in lab.connect.offsets(connector_name) if one["offset"] is not None] == []
    succeeded(run_task(offset_reset, strategy="restore", backup_file=backup, **options))
    assert lab.connect.offsets(connector_name) == [entry]
    assert lab.connect.status(connector_name)["connector"]["state"] == "STOPPED"


# What is not a Kafka Connect that this can work with


def answered_by(module: ModuleType, *answers: Expect, tls: ssl.SSLContext | None = None, **options: Any) -> str:
    """The sentence with which a task ends that talks to a stand-in with these answers."""
    with FakeConnect(*answers, tls=tls) as fake:
        result = failed(run_task(module, connect_url=[fake.url], **{**REQUESTS[module], **options}))
        assert not [call for call in fake.calls if call.method in ("PUT", "PATCH", "POST", "DELETE")]
    message: str = result["msg"]
    assert SECRET not in message
    return message


REQUESTS: Mapping[ModuleType, Mapping[str, Any]] = {
    offset_reset: {"connectors": ["any"], "timeout": 5.0},
    connect_config: {"connectors": ["any"], "timeout": 5.0, "at_least": {MAX_WAIT: "60m"}},
    offsets_facts: {"connectors": ["any"], "timeout": 5.0},
}


@MODULES
def test_an_address_where_nobody_listens(module: ModuleType) -> None:
    with refusing_url() as url:
        result = failed(run_task(module, connect_url=[url], **REQUESTS[module]))
    assert f"cannot be reached at {url}: connection refused" in result["msg"]


@MODULES
def test_html_instead_of_json(module: ModuleType) -> None:
    page = Expect("GET", "/", body=b"<html>Welcome</html>", content_type="text/html", forever=True)
    assert "text/html instead of JSON" in answered_by(module, page)


@MODULES
def test_json_that_is_not_connects(module: ModuleType) -> None:
    assert "not like Kafka Connect" in answered_by(module, Expect("GET", "/", body={"hello": "world"}))


@MODULES
@pytest.mark.parametrize(
    "status, options, words",
    [
        pytest.param(401, {}, "asks for a login (status 401): set url_username", id="401"),
        pytest.param(401, {"url_username": "me", "url_password": SECRET}, "does not accept the login", id="401 login"),
        pytest.param(401, {"bearer_token": SECRET}, "check bearer_token", id="401 token"),
        pytest.param(403, {}, "forbids GET / (status 403)", id="403"),
    ],
)
def test_credentials_that_are_missing_wrong_or_not_enough(
    module: ModuleType, status: int, options: Mapping[str, Any], words: str
) -> None:
    denied = Expect("GET", "/", status, {"error_code": status, "message": "denied"})
    assert words in answered_by(module, denied, **options)


@MODULES
def test_a_certificate_of_a_ca_that_is_not_trusted(module: ModuleType, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    other = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    assert "is not trusted" in answered_by(module, tls=context, ca_path=str(other))


@pytest.mark.parametrize(
    "answer, needed",
    [
        pytest.param({"body": b"", "headers": {"Allow": "HEAD,GET,OPTIONS"}}, "3.6", id="only GET"),
        pytest.param(
            {"status": 405, "body": {"error_code": 405, "message": "HTTP 405 Method Not Allowed"}}, "3.5", id="405"
        ),
        pytest.param({"status": 404, "body": {"error_code": 404, "message": "HTTP 404 Not Found"}}, "3.5", id="404"),
    ],
)
def test_a_version_that_cannot_change_offsets(answer: Mapping[str, Any], needed: str) -> None:
    root = Expect("GET", "/", body={"version": "3.5.2", "commit": "abc", "kafka_cluster_id": "id"})
    message = answered_by(offset_reset, root, Expect("OPTIONS", "/connectors/any/offsets", **answer))
    assert "Kafka Connect 3.5.2" in message
    assert f"needs Kafka {needed}" in message


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, healthy: Trial, tasks: Tasks) -> None:
    monkeypatch.setitem(__import__("sys").modules, "croniter", None)
    result = failed(tasks.reset())
    assert "The Python library croniter is missing: " in result["msg"]
    assert partition(NEW_YORK)["timezone"] in tasks.offsets()
