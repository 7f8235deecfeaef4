# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary wherever a secret can stand, everything run at ``-vvvv`` in process and shipped: no canary comes out anywhere."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from lab import Lab, await_condition
from lab.ansible_runs import ROOT, playbook_environment, write_inventory
from lab.scenarios import StuckConnector, stuck_connector

pytestmark = pytest.mark.slow_file

MARK = "c4n4ry"
NAME = "guarded"
BROKEN = "broken"
# Settings with a secret, by odd names, and values of which a part is secret under harmless names.
ODD_SETTINGS = {
    **dict.fromkeys(
        ("clientSecret", "accessToken", "dbPassword", "userPass", "authHeader", "azure.sas", "session_key", "cookie"),
        f"{MARK}-in-a-setting",
    ),
    **dict.fromkeys(
        ("transforms.h.secretValue", "otp", "pw", "cert.pem", "consumerKey", "refresh_token", "kerberos.ticket"),
        f"{MARK}-in-another",
    ),
    "http.headers": f"Accept:text/xml|Authorization: Bearer {MARK}-of-a-bearer",
    "dsn": f"Server=h;uid=u;pwd={MARK}-of-a-dsn",
    "connection.url": f"jdbc:postgresql://h/db?user=u&password={MARK}-of-a-url",
    "mongo.uri": f"mongodb://u:{MARK}-of-a-user@h:1/db",
    "sasl.options": f'Module required username="u" password="{MARK} of an option";',
    "transforms.i.header": "X-Api-Key",
    "transforms.i.value.literal": f"{MARK}-of-a-header",
}
IDENTIFY, RECOVER, SUPPORT_BUNDLE = (
    str(ROOT / "playbooks" / f"{name}.yml") for name in ("identify", "recover", "support_bundle")
)
# Runs the commands on this machine, as another connection would on another one.
CONNECTION = """
DOCUMENTATION = "name: another_host\\nshort_description: x\\ndescription: x\\nauthor: x\\noptions: {}"
from ansible.plugins.connection import local
class Connection(local.Connection):
    transport = "another_host"
"""


@pytest.fixture(scope="module", name="lab")
def lab_of_two_clusters() -> Iterator[Lab]:
    provider = "org.apache.kafka.common.config.provider.FileConfigProvider"
    config = {"config.providers": "file", "config.providers.file.class": provider}
    with Lab(workers=1, clusters=2, worker_config=config) as lab:
        yield lab


@dataclass
class Watch:
    """Looks at what is there only while the runs last: the arguments of all processes, and journals."""

    folder: Path
    secrets: Sequence[str]
    found: set[str] = field(default_factory=set)
    looks: int = 0

    def __enter__(self) -> Watch:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.looks += 1
            for file in (*Path("/proc").glob("[0-9]*/cmdline"), *self.folder.rglob("*journal*.json*")):
                try:
                    text = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
                self.found.update(f"{file}: {text[:300]}" for secret in self.secrets if secret in text)


class Guarded:
    """Two clusters whose connectors hold canaries; one runs the tasks in process, the other one ships them."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.given, self.out = folder / "given", folder / "out"
        for one in (self.given, self.out, self.given / "connection_plugins"):
            one.mkdir()
        (self.given / "connection_plugins" / "another_host.py").write_text(CONNECTION, encoding="utf-8")
        self.provided = self.given / "provided.properties"
        self.provided.write_text("batch=5\n", encoding="utf-8")
        self._client_cert()
        self.stuck = [stuck_connector(lab, NAME, cluster, settings=ODD_SETTINGS) for cluster in lab.clusters]
        for one in self.stuck:
            self._break_another(one)
        self.inventory = self._write_inventory()
        self.tasks = self._write_tasks()

    @property
    def secrets(self) -> list[str]:
        login = base64.b64encode(f"recovery:{MARK}-of-the-login".encode()).decode()
        key_line = self.key.read_text(encoding="utf-8").splitlines()[3]
        return [MARK, login, key_line, *(one.key for stuck in self.stuck for one in stuck.accounts.values())]

    def run(self, *playbooks_and_arguments: str) -> str:
        command = [sys.executable, "-m", "ansible", "playbook", "-vvvv", "--diff", "-i"]
        done = subprocess.run(
            [*command, str(self.inventory), *playbooks_and_arguments],
            env={
                **playbook_environment(),
                "ANSIBLE_CONNECTION_PLUGINS": str(self.given / "connection_plugins"),
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_CACHE_PLUGIN": "jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.out / "cache"),
                "ANSIBLE_LOG_PATH": str(self.out / "ansible.log"),
                "ANSIBLE_HOME": str(self.out / "home"),
            },
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-12000:]
        return done.stdout + done.stderr

    def _client_cert(self) -> None:
        issued = trustme.CA().issue_cert("client")
        self.cert, self.key = self.given / "client.pem", self.given / "client.key"
        for pem in issued.cert_chain_pems:
            pem.write_to_path(str(self.cert), append=True)
        issued.private_key_pem.write_to_path(str(self.key))

    def _break_another(self, stuck: StuckConnector) -> None:
        """A connector whose task FAILED, with a trace that repeats what a config provider gave it."""
        cluster = stuck.cluster
        self.provided.write_text("batch=5\n", encoding="utf-8")
        settings = {"batch.size": f"${{file:{self.provided}:batch}}", "topic.prefix": f"{BROKEN}_"}
        config = self.lab.stripe_config({"PST": stuck.accounts["PST"].key}, [stuck.report_type], **settings)
        cluster.create(BROKEN, config)
        cluster.await_state(BROKEN, "RUNNING", tasks=1)
        self.provided.write_text(f"batch={MARK}-of-a-provider\n", encoding="utf-8")
        cluster.request("POST", f"/connectors/{BROKEN}/tasks/0/restart")
        await_condition(lambda: MARK in str(cluster.status(BROKEN)["tasks"]), "the trace of the task")

    def _write_inventory(self) -> Path:
        common: dict[str, Any] = {
            "connectops_client_cert": str(self.cert),
            "connectops_client_key": str(self.key),
            "connectops_connectors": [NAME],
            "ansible_python_interpreter": sys.executable,
        }
        logins = (
            {"connectops_url_username": "recovery", "connectops_url_password": f"{MARK}-of-the-login"},
            {"connectops_bearer_token": f"{MARK}-of-the-token", "ansible_connection": "another_host"},
        )
        hosts = {
            one.cluster.name: {
                **common,
                **login,
                "connectops_worker_logs": [
                    str(path) for path in sorted(self.lab.logs.glob(f"{one.cluster.name}-worker*.log"))
                ],
                "connectops_stripe_api_keys": {zone: account.key for zone, account in one.accounts.items()},
            }
            for one, login in zip(self.stuck, logins, strict=True)
        }
        written = write_inventory(self.lab, self.given, hosts)
        written.write_text(written.read_text(encoding="utf-8").replace(f"{self.given}/b", f"{self.out}/b"))
        return written

    def kafka_login(self) -> str:
        """A file of variables. Kafka refuses a login to its plain listener."""
        kafka = {
            "bootstrap_servers": [self.lab.bootstrap_servers],
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_username": "recovery",
            "sasl_password": f"{MARK}-of-kafka",
            "timeout": 1,
        }
        path = self.given / "kafka.json"
        path.write_text(json.dumps({f"connectops_kafka_{name}": value for name, value in kafka.items()}))
        return f"@{path}"

    def _write_tasks(self) -> Path:
        """Changes of secrets, and mistakes that a message could repeat."""
        here = {
            "connect_url": "{{ connectops_connect_url }}",
            "connectors": [NAME],
            "backup_dir": "{{ connectops_backup_dir }}",
        }
        config, reset = "connectops.recovery.connect_config", "connectops.recovery.connect_offset_reset"
        login = {"connect_url": f"http://recovery:{MARK}-of-a-url@127.0.0.1:9", "connectors": [NAME]}
        tasks = [
            {config: {**here, "config": {"clientSecret": f"{MARK}-new", "batch.size": 17}}},
            {config: {**here, "config": {"batch.size": f"{MARK}-no-number", "dbPassword": f"{MARK}-other"}}},
            {config: {**here, "config": {"otp": f"{MARK}-one"}, "at_least": {"otp": f"{MARK}-two"}}},
            {reset: {**here, "strategy": "forward", "config": {"userPass": f"{MARK}-unused"}}},
            {config: {**login, "config": {"pw": f"{MARK}-unsent"}}},
        ]
        play = {
            "hosts": "all",
            "gather_facts": False,
            "connection": "local",
            "tasks": [{**task, "ignore_errors": number > 0} for number, task in enumerate(tasks)],
        }
        path = self.given / "tasks.json"
        path.write_text(json.dumps([play]), encoding="utf-8")
        return path


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file below the folder with its text; of an archive, each of its files."""
    for file in folder.rglob("*"):
        if file.name.endswith(".tar.gz"):
            with tarfile.open(file) as archive:
                for member in archive.getmembers():
                    content = archive.extractfile(member)
                    assert content is not None
                    yield member.name, content.read().decode()
        elif file.is_file():
            yield str(file), file.read_bytes().decode(errors="replace")


def test_no_canary_comes_out_anywhere(lab: Lab, tmp_path: Path) -> None:
    guarded = Guarded(lab, tmp_path)
    secrets = guarded.secrets
    with Watch(guarded.out, secrets) as watch:
        pages = ("-e", f"connectops_report_dir={guarded.out}/reports", "-e", "connectops_set_stats=true")
        preview = guarded.run(RECOVER, "--check", "-e", guarded.kafka_login(), *pages)
        report = ("-e", f"identify_report_file={guarded.out}/report.json", *pages)
        output = guarded.run(str(guarded.tasks), RECOVER, *report)
        # Of the one that has failed too.
        both = ("-e", json.dumps({"connectops_connectors": [NAME, BROKEN]}))
        output += guarded.run(IDENTIFY, SUPPORT_BUNDLE, *both, *report)
    (guarded.out / "output.txt").write_text(preview + output, encoding="utf-8")
    found = dict(texts(guarded.out))
    for cluster in lab.clusters:
        found[f"the topic {cluster.offsets_topic}"] = str(lab.topic_records(cluster.offsets_topic))

    leaks = [
        f"{place}: ...{text[max(0, text.index(secret) - 200) : text.index(secret) + 80]}"
        for place, text in found.items()
        for secret in secrets
        if secret in text
    ]
    assert not leaks, "\n\n".join(leaks[:10])
    assert not watch.found
    assert watch.looks > 20

    # The canaries were there to be seen, and what is not a secret is.
    names = {Path(place).name for place in found}
    assert {"settings.json", "status.json", "log.txt", "backups.json", "report.json", "ansible.log"} <= names
    assert {"report.html", "report.md", "cluster-connect-1.html", "cluster-connect-2.md"} <= names
    settings = [json.loads(text)[NAME] for place, text in found.items() if place.endswith("/settings.json")]
    assert len(settings) == 2
    for one in settings:
        assert one["clientSecret"] == one["otp"] == one["transforms.i.value.literal"] == "********"
        assert one["http.headers"] == "Accept:text/xml|Authorization: ********"
        assert one["batch.size"] == "17"
    traces = [text for place, text in found.items() if place.endswith("/status.json")]
    assert all("Invalid value ******** for configuration batch.size" in trace for trace in traces)
    assert "clientSecret" in output
    assert "does not accept the login" in preview
    assert any("own_writes" in name for name in names)
