# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook: alerts of Alertmanager start one plan for each connector, which waits for an approval in AWX."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from awx.awx_api import TOKEN, Awx, running
from lab.waiting import await_condition
from tooling.environment import ROOT
from unit.awx.objects import objects

RULEBOOK = ROOT / "extensions" / "eda" / "rulebooks" / "plan_on_alert.yml"
SECRET = "token-of-alertmanager"


def alert(cluster: str, connector: str, *, status: str = "firing", name: str = "ConnectopsStuck") -> dict[str, Any]:
    """An alert as Alertmanager sends it."""
    return {
        "status": status,
        "labels": {"alertname": name, "cluster": cluster, "connector": connector, "severity": "critical"},
        "annotations": {"summary": f"{connector} of {cluster} is stuck"},
        "startsAt": "2026-11-26T10:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph",
        "fingerprint": f"{cluster}-{connector}",
    }


class Alertmanager:
    """Sends groups of alerts to the rulebook."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/alerts"

    def send(self, *alerts: dict[str, Any], token: str | None = SECRET) -> int:
        """The status that the rulebook answers with; 0 while it does not listen."""
        data = {"version": "4", "status": "firing", "receiver": "awx", "groupLabels": {}, "alerts": alerts}
        headers = {"Content-Type": "application/json"}
        headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(self.url, json.dumps(data).encode(), headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            return 0


@pytest.fixture
def awx() -> Awx:
    """An AWX in which configure.yml has made the workflow."""
    made = Awx()
    organization = made.create("organizations", {"name": objects()["awx_organization"]})
    workflow = {"name": objects()["awx_workflow"], "organization": organization["id"], "ask_limit_on_launch": True}
    made.surveys[made.create("workflow_job_templates", workflow)["url"]] = {"spec": objects()["awx_workflow_questions"]}
    return made


@pytest.fixture
def alertmanager(awx: Awx, tools: Path, tool_environment: dict[str, str], tmp_path: Path) -> Iterator[Alertmanager]:
    """The rulebook is running, and listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    variables = tmp_path / "variables.json"
    variables.write_text(
        json.dumps(
            {
                "connectops_eda_host": "127.0.0.1",
                "connectops_eda_port": port,
                "connectops_eda_token": SECRET,
                "connectops_eda_organization": objects()["awx_organization"],
            }
        ),
        encoding="utf-8",
    )
    log = tmp_path / "rulebook.log"
    with running(awx) as url, log.open("w") as output:
        process = subprocess.Popen(
            [
                str(tools / "ansible-rulebook"),
                f"--rulebook={RULEBOOK}",
                f"--vars={variables}",
                f"--controller-url={url}",
                f"--controller-token={TOKEN}",
                "--verbose",
            ],
            env=tool_environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            sender = Alertmanager(port)
            await_condition(
                lambda: process.poll() is not None or sender.send(token="wrong") == 401,
                lambda: f"the rulebook to listen: {log.read_text()}",
            )
            assert process.poll() is None, log.read_text()
            yield sender
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            print(log.read_text())


def launched(awx: Awx) -> list[tuple[str, str, dict[str, Any]]]:
    jobs = awx.collections.get("workflow_jobs", {}).values()
    found = [(one["name"], one["limit"], one["extra_vars"]) for one in jobs]
    return sorted(found, key=lambda one: (one[1], str(one[2])))


def test_every_connector_is_planned_once_and_nothing_else_is_started(awx: Awx, alertmanager: Alertmanager) -> None:
    orders, bills = alert("connect-1", "orders"), alert("connect-2", "bills")
    noise = [
        alert("connect-1", "well-again", status="resolved"),
        alert("connect-1", "late", name="ConnectopsStale"),
        # These would be plans of all connectors, of several, or of all clusters.
        alert("connect-1", ""),
        alert("connect-1", "orders,others"),
        alert("", "orders"),
        alert("all", "orders"),
        alert("connect-*", "orders"),
        alert("connect-1", '["a", "b"]'),
        # Blank means all to the playbooks, and "ungrouped" is every host that is in no group.
        *(alert("connect-1", blank) for blank in (" ", "\t \n")),
        *(alert(group, "orders") for group in ("ungrouped", "ALL", "connect-1\n", " ")),
        *({"status": "firing", "labels": labels} for labels in ({"alertname": "ConnectopsStuck"}, {}, None, "text")),
        {},
    ]
    # A name that looks like a value of Python stays the name that it is.
    odd_names = ["123", "None", "()", "a b/c", "'quoted'", 'say "so"']
    for token in ("wrong", "", None):
        assert alertmanager.send(alert("connect-1", "from-a-stranger"), token=token) == 401
    for _time in range(2):
        assert alertmanager.send(orders, *noise, bills, *(alert("2", name) for name in odd_names)) == 200
        assert alertmanager.send() == 200
    # Its launch shows that everything before it was looked at, and that no approval is waited for.
    assert alertmanager.send(alert("connect-1", "the-last-one")) == 200
    await_condition(
        lambda: any(one[2]["connectops_connectors"] == "the-last-one" for one in launched(awx)),
        lambda: f"a plan for the last alert: {launched(awx)}",
    )
    assert launched(awx) == [
        *(("Connect: recover", "2", {"connectops_connectors": name}) for name in sorted(odd_names, key=repr)),
        ("Connect: recover", "connect-1", {"connectops_connectors": "orders"}),
        ("Connect: recover", "connect-1", {"connectops_connectors": "the-last-one"}),
        ("Connect: recover", "connect-2", {"connectops_connectors": "bills"}),
    ]
