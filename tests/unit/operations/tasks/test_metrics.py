# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics as a task: a file that is whole, a look that failed, a Pushgateway."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError, RecoveryError
from ansible_collections.connectops.recovery.plugins.module_utils.monitoring import metrics_file
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.metrics import Look, report, run
from ansible_collections.connectops.recovery.plugins.module_utils.operations.tasks.task import TaskContext
from ansible_collections.connectops.recovery.plugins.module_utils.options.metrics import MetricsOptions
from ansible_collections.connectops.recovery.plugins.module_utils.options.modules import CONNECT_METRICS
from prometheus_client.parser import text_string_to_metric_families
from unit.monitoring.facts import NOW, cluster_facts

# The discard port: nothing listens there.
NOWHERE = "http://127.0.0.1:9"
GOOD = Look(cluster_facts(), 1.5)


def params(**options: Any) -> dict[str, Any]:
    checked = ArgumentSpecValidator(CONNECT_METRICS).validate({"connect_url": [NOWHERE], **options})
    assert not checked.error_messages
    return dict(checked.validated_parameters)


def write(folder: Path | None, look: Look = GOOD, *, check_mode: bool = False, at: float = NOW, **options: Any) -> Any:
    given = {**options, **({} if folder is None else {"metrics_dir": str(folder)})}
    read = MetricsOptions.read(params(**given))
    file = None if folder is None else metrics_file(str(folder), "eu/1")
    return report(read, "eu/1", file, look, TaskContext(check_mode, at)).result


def samples(text: str) -> dict[str, list[float]]:
    return {family.name: [sample.value for sample in family.samples] for family in text_string_to_metric_families(text)}


def test_the_file_is_one_that_node_exporter_takes(tmp_path: Path) -> None:
    result = write(tmp_path)
    (file,) = tmp_path.iterdir()
    assert result["metrics_file"] == str(file)
    assert file.name == "connectops_eu%2F1.prom"
    assert file.stat().st_mode & 0o777 == 0o644
    text = file.read_text(encoding="utf-8")
    found = samples(text)
    assert found["connectops_look_success"] == [1]
    assert found["connectops_last_good_look_timestamp_seconds"] == [NOW]
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(len(line.rpartition("} ")[2].split()) == 1 for line in lines), "no timestamps"
    assert len({line.rpartition(" ")[0] for line in lines}) == len(lines), "no series twice"
    helps = [line for line in text.splitlines() if line.startswith("# HELP")]
    assert len(helps) == len(found)


def test_check_mode_returns_the_same_and_writes_nothing(tmp_path: Path) -> None:
    shown = write(tmp_path, check_mode=True)["metrics"]
    assert list(tmp_path.iterdir()) == []
    write(tmp_path)
    assert (tmp_path / "connectops_eu%2F1.prom").read_text(encoding="utf-8") == shown


def test_a_look_that_failed_is_written_and_what_was_known_is_kept(tmp_path: Path) -> None:
    write(tmp_path)
    file = tmp_path / "connectops_eu%2F1.prom"
    before = samples(file.read_text(encoding="utf-8"))
    for at in (NOW + 900, NOW + 1800):
        with pytest.raises(RecoveryError, match=r"^Gone\.$") as caught:
            write(tmp_path, Look(None, 3.0, problem="Gone."), at=at)
        assert caught.value.facts["look_success"] is False
        after = samples(file.read_text(encoding="utf-8"))
        assert (after["connectops_look_success"], after["connectops_look_timestamp_seconds"]) == ([0], [at])
        of_look = {name for name in before if name.startswith("connectops_look_")}
        assert {name: after[name] for name in set(after) - of_look} == {
            name: before[name] for name in set(before) - of_look
        }


def test_a_file_that_cannot_be_read_is_said_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "connectops_eu%2F1.prom"
    file.write_text('broken{a="b 1\n', encoding="utf-8")
    with pytest.raises(RecoveryError) as caught:
        write(tmp_path, Look(None, 3.0, problem="Gone."))
    assert "cannot be read" in caught.value.facts["warnings"][0]
    assert samples(file.read_text(encoding="utf-8"))["connectops_look_success"] == [0]


def test_a_cluster_that_cannot_be_reached_is_a_failed_look(tmp_path: Path) -> None:
    given = params(metrics_dir=str(tmp_path), cluster_label="eu", backup_dir=str(tmp_path / "backups"))
    with pytest.raises(RecoveryError, match="Kafka Connect cannot be reached"):
        run(given, TaskContext(False, NOW))
    found = samples((tmp_path / "connectops_eu.prom").read_text(encoding="utf-8"))
    assert found["connectops_look_success"] == [0]
    assert "connectops_last_good_look_timestamp_seconds" not in found


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({}, "Neither metrics_dir nor pushgateway_url is set: set at least one of them."),
        (
            {"pushgateway_url": "http://me:s3cret@gateway:9091"},
            (
                "pushgateway_url contains a user name or password: remove them and set pushgateway_username and"
                " pushgateway_password."
            ),
        ),
        (
            {"pushgateway_url": "gateway:9091"},
            'pushgateway_url "gateway:9091" is not the URL of a Pushgateway: write it as http://pushgateway:9091.',
        ),
        (
            {"pushgateway_url": NOWHERE, "pushgateway_username": "me"},
            "pushgateway_username and pushgateway_password belong together: set both or none.",
        ),
        ({"metrics_dir": "/", "metrics_partitions": -1}, "metrics_partitions is -1: set it to 0 or more."),
        (
            {"metrics_dir": "/no/such/folder"},
            (
                "metrics_dir /no/such/folder is not a folder: set it to the folder that node_exporter reads"
                " (--collector.textfile.directory)."
            ),
        ),
    ],
)
def test_options_that_cannot_work_are_refused_before_anything_is_read(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        run(params(**options), TaskContext(False, NOW))
    assert caught.value.sentence == sentence


@dataclass
class Gateway:
    """A Pushgateway that keeps what it is sent, and answers with ``status``."""

    status: int = 200
    pushed: list[tuple[str, str, str | None, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    kept = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8")
            kept.pushed.append((self.command, self.path, self.headers["Authorization"], text))
            self.send_response(kept.status)
            self.end_headers()

        def do_POST(self) -> None:
            self.do_PUT()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()
    server.server_close()


def test_a_good_look_replaces_what_the_gateway_has_and_a_failed_one_adds_to_it(gateway: Gateway) -> None:
    login = {"pushgateway_username": "me", "pushgateway_password": "s3cret"}
    write(None, pushgateway_url=gateway.url, **login)
    with pytest.raises(RecoveryError, match=r"^Gone\.$"):
        write(None, Look(None, 3.0, problem="Gone."), pushgateway_url=gateway.url)
    (first, path, authorization, all_text), (second, _path, no_login, look_text) = gateway.pushed
    assert (first, second, no_login) == ("PUT", "POST", None)
    # The library writes a label with a slash in base64.
    assert path == f"/metrics/job/connectops/cluster@base64/{base64.urlsafe_b64encode(b'eu/1').decode()}"
    assert authorization == "Basic " + base64.b64encode(b"me:s3cret").decode()
    assert samples(all_text)["connectops_last_good_look_timestamp_seconds"] == [NOW]
    assert set(samples(look_text)) == {
        "connectops_look_success",
        "connectops_look_timestamp_seconds",
        "connectops_look_duration_seconds",
    }


@pytest.mark.parametrize(
    "status, sentence",
    [
        (401, "(it answered with the status 401): check pushgateway_username and pushgateway_password."),
        (500, "(it answered with the status 500): look at its log."),
    ],
)
def test_a_gateway_that_refuses_fails_the_task_and_the_file_is_written(
    gateway: Gateway, tmp_path: Path, status: int, sentence: str
) -> None:
    gateway.status = status
    with pytest.raises(RecoveryError) as caught:
        write(tmp_path, pushgateway_url=gateway.url)
    assert caught.value.sentence == f"The Pushgateway at {gateway.url} did not take the metrics {sentence}"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_gateway_that_is_not_there_fails_the_task(tmp_path: Path) -> None:
    with pytest.raises(RecoveryError, match=r"^The Pushgateway at http://127\.0\.0\.1:9 cannot be reached \(.*refused"):
        write(tmp_path, pushgateway_url=NOWHERE)
