# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the plan to the rollback of the rollback, with a run that is killed: each run has a home folder of its own.

``docs/nothing-is-lost.md`` shows the lines that a person reads; they are compared here, without what differs from run to run.
After a deliberate change write them again: ``UPDATE_TRANSCRIPT=1 pytest tests/integration/recovery/test_transcript.py``.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.holding import HoldingProxy
from lab import Lab
from lab.ansible_runs import ROOT, playbook_environment, write_inventory
from lab.scenarios import StuckConnector, stuck_connector

PAGE = ROOT / "docs" / "nothing-is-lost.md"
NAME = "stripe-reporting-source-connector"
# Of the long output the lines that the page shows.
SHOWN = re.compile(
    r"^(  Plan |  Takes back|  Skipped|  ~  \S+\.ms |  \d+ plans? of |"
    + re.escape(NAME)
    + r": |\[WARNING\]: Connector|connect-1 +: ok=)"
)
# What differs from run to run.
VARYING = (
    (re.compile(r"topic:\S+"), "BACKUP"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(T| )[\d:.]+Z|\b\d\d:\d\d(:\d\d)?Z|\b\d{4}-\d\d-\d\d\b"), "TIME"),
    (re.compile(r"plan ID of \S+ on \S+ \(process \d+\)"), "WHO"),
    (re.compile(r"(ok|skipped|rescued|ignored|unreachable)=\d+ *"), ""),
    # The name of the user decides where this line ends.
    (re.compile(r"(Takes back plan ID of TIME).*"), r"\1"),
)


class Desk:
    """A machine on which runs are typed, with a new home folder for each run."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._folder = folder
        self._homes = 0
        kafka: dict[str, Any] = {
            "connectops_backup_topic": "connectops-backups",
            "connectops_backup_topic_create": True,
            "connectops_kafka_bootstrap_servers": [lab.bootstrap_servers],
        }
        written = write_inventory(lab, folder, {lab.connect.name: kafka})
        written.rename(folder / "inventory.yml")
        self.transcript: list[str] = []

    def start(self, command: str, *extra: str) -> subprocess.Popen[str]:
        """Type a command; ``extra`` are arguments that the page does not show."""
        self._homes += 1
        home = self._folder / f"home-{self._homes}"
        home.mkdir()
        environment = {**playbook_environment(), "HOME": str(home), "COLUMNS": "200"}
        words = shlex.split(command)[1:]
        return subprocess.Popen(
            [sys.executable, "-m", "ansible", "playbook", *words, *extra],
            cwd=self._folder,
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def type(self, command: str) -> str:
        """The output of a command, which must succeed; it becomes a part of the transcript."""
        process = self.start(command)
        output = process.communicate()[0]
        assert process.returncode == 0, output
        self.note(command, output)
        return output

    def note(self, command: str, output: str, end: Sequence[str] = ()) -> None:
        lines = [line.rstrip() for line in output.splitlines() if SHOWN.search(line)]
        self.transcript += [f"$ {command}", *dict.fromkeys(lines), *end, ""]


@pytest.fixture
def stuck(lab: Lab) -> Iterator[StuckConnector]:
    # With a look every 50 ms there are at most 31 within the connector's wait.
    yield stuck_connector(lab, NAME, blocker_pending_seconds=15.0, blocker_ready_after_looks=60)
    lab.connect.delete(NAME)


@pytest.mark.lengthy
def test_a_change_is_planned_killed_finished_taken_back_and_brought_again(
    lab: Lab, stuck: StuckConnector, tmp_path: Path
) -> None:
    desk = Desk(lab, tmp_path)
    old = lab.connect.config(NAME)
    playbook = "ansible-playbook -i inventory.yml connectops.recovery"
    desk.type(f"{playbook}.recover --check -e connectops_plan_file=plans.json")

    apply = f"{playbook}.recover -e connectops_plan_file=plans.json"
    _kill_in_the_window(desk, lab, apply)
    assert lab.connect.status(NAME)["connector"]["state"] == "STOPPED"

    desk.type(apply)
    lab.connect.await_state(NAME, "RUNNING", tasks=1)
    new = lab.connect.config(NAME)
    assert new == {**old, "stripe.report.max.wait.ms": "3600000"}

    back = f"{playbook}.rollback -e connectops_connectors={NAME} -e rollback_allow_moved_offsets=true"
    output = desk.type(back)
    assert lab.connect.config(NAME) == old

    (backup,) = set(re.findall(r"-e rollback_backup_file=(topic:\S+)", output))
    output = desk.type(f"{back} -e rollback_backup_file={backup}")
    assert lab.connect.config(NAME) == new
    assert re.search(r"^connect-1 .* changed=1 .* failed=0", output, re.MULTILINE)
    _compare("\n".join(desk.transcript).strip())


def _kill_in_the_window(desk: Desk, lab: Lab, command: str) -> None:
    """SIGKILL to the whole run, when its offsets are written and not read back yet: as a job whose container is killed."""
    with HoldingProxy(lab.connect.urls[0]) as proxy:
        process = desk.start(command, "-e", f"connectops_connect_url={proxy.url}")
        proxy.await_held()
        for one in (process.pid, *_descendants(process.pid)):
            os.kill(one, signal.SIGKILL)
        output = process.communicate()[0]
    desk.note(command, output, ["Killed"])


def _descendants(process: int) -> list[int]:
    """Ansible's workers are in sessions of their own."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
    return [one for child in map(int, children) for one in (child, *_descendants(child))]


def _compare(found: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    head, _fence, rest = page.partition("```text\n")
    shown, _fence, tail = rest.partition("\n```")
    if os.environ.get("UPDATE_TRANSCRIPT"):
        PAGE.write_text(f"{head}```text\n{found}\n```{tail}", encoding="utf-8")
        return
    assert _without_what_varies(shown) == _without_what_varies(found)


def _without_what_varies(text: str) -> list[str]:
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return [" ".join(line.split()) for line in text.splitlines()]
