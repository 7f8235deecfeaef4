# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of ansible-playbook that is interrupted while a connector is STOPPED and its new offsets are written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from integration.recovery.holding import HoldingProxy
from integration.recovery.tasks import MAX_WAIT, Tasks, stuck, succeeded
from lab import await_condition
from lab.ansible_runs import playbook_environment

LONGER_WAIT = {MAX_WAIT: "60m"}


class Run:
    """ansible-playbook with the role ``reset``, as a process group of its own, at the held call."""

    def __init__(self, tasks: Tasks, proxy: HoldingProxy, process: subprocess.Popen[str]) -> None:
        self._tasks = tasks
        self._proxy = proxy
        self.process = process
        self._before = self._found()
        self.output = ""
        proxy.await_held()
        assert tasks.state() == "STOPPED"
        assert self._found() != self._before

    def _found(self) -> tuple[Any, Any]:
        return self._tasks.offsets(), self._tasks.lab.connect.config(self._tasks.trial.name)

    @property
    def worker(self) -> int:
        """The process of Ansible that carries out the task."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="utf-8")
        return int(children.split()[-1])

    def read_until(self, text: str) -> None:
        """Read what the run shows, until a line contains the text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return
        raise AssertionError(f"the run ended without {text!r}:\n{self.output}")

    def end(self) -> None:
        """Let the held call go on, and read to the end of all processes of the run that can show anything."""
        self._proxy.release()
        assert self.process.stdout is not None
        self.output += self.process.stdout.read()
        self.process.wait()

    def is_undone(self) -> bool:
        trial = self._tasks.trial
        tasks = [task["state"] for task in trial.cluster.status(trial.name)["tasks"]]
        return not self._tasks.journals and (self._tasks.state(), tasks, *self._found()) == (
            "RUNNING",
            ["RUNNING"],
            *self._before,
        )


@contextmanager
def held_run(tasks: Tasks, folder: Path, *, timeout: int = 0, shipped: bool = False) -> Iterator[Run]:
    stuck(tasks.trial)
    with HoldingProxy(tasks.lab.connect.urls[0]) as proxy:
        connection = {"connect_url": [proxy.url], "stripe_api_url": tasks.lab.stripe.url}
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            # An environment of its own is what makes a task be shipped.
            "environment": {"SHIPPED": "1"} if shipped else {},
            "vars": {"ansible_python_interpreter": sys.executable},
            "module_defaults": {
                "connectops.recovery.connect_offset_reset": {**connection, "backup_dir": str(tasks.backup_dir)}
            },
            "tasks": [
                {
                    "ansible.builtin.include_role": {"name": "connectops.recovery.reset"},
                    "vars": {
                        "reset_connectors": [tasks.trial.name],
                        "reset_strategy": "current",
                        "reset_at_least": LONGER_WAIT,
                    },
                }
            ],
        }
        playbook = folder / "interrupted.json"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(playbook)],
            env={**playbook_environment(), **({"ANSIBLE_TASK_TIMEOUT": str(timeout)} if timeout else {})},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Run(tasks, proxy, process)
        finally:
            process.kill()
            process.communicate()


@pytest.mark.core_matrix
@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGINT, id="SIGINT", marks=pytest.mark.lengthy), pytest.param(signal.SIGTERM, id="SIGTERM")],
)
def test_a_signal_to_the_group_undoes_the_change(tasks: Tasks, tmp_path: Path, number: signal.Signals) -> None:
    """As Ctrl-C in a terminal, and as AWX and CI cancel."""
    with held_run(tasks, tmp_path) as run:
        os.killpg(run.process.pid, number)
        run.read_until(f"Interrupted ({number.name}): unfinished changes are being undone")
        run.end()
        assert "It was undone: settings and offsets of " in run.output
        assert run.process.returncode != 0
        assert run.is_undone()


@pytest.mark.lengthy
@pytest.mark.core_matrix
def test_a_signal_to_the_group_undoes_the_change_of_a_shipped_module(tasks: Tasks, tmp_path: Path) -> None:
    with held_run(tasks, tmp_path, shipped=True) as run:
        worker = run.worker
        os.killpg(run.process.pid, signal.SIGTERM)
        await_condition(lambda: not Path(f"/proc/{worker}").exists(), "the end of Ansible's own process")
        run.end()
        await_condition(run.is_undone, lambda: f"the change to be undone: {run.output}")


@pytest.mark.lengthy
@pytest.mark.core_matrix
def test_the_timeout_of_a_task_undoes_the_change(tasks: Tasks, tmp_path: Path) -> None:
    # Long enough for the settle time, which the address of the proxy makes necessary.
    with held_run(tasks, tmp_path, timeout=30) as run:
        run.read_until("Interrupted (the task's timeout)")
        run.end()
        assert "was interrupted (the task's timeout). It was undone" in run.output
        assert "failed=1" in run.output
        assert run.is_undone()


def test_the_second_signal_lets_go_and_the_next_run_finishes(tasks: Tasks, tmp_path: Path) -> None:
    with held_run(tasks, tmp_path) as run:
        worker = run.worker
        os.kill(worker, signal.SIGTERM)
        run.read_until("Interrupted (SIGTERM)")
        os.kill(worker, signal.SIGTERM)
        # The held call is not waited for.
        run.read_until("was interrupted twice (SIGTERM) and left unfinished. It was RUNNING before")
        run.end()
    assert tasks.state() == "STOPPED"
    assert tasks.journals
    succeeded(tasks.reset(strategy="current", at_least=LONGER_WAIT, cluster_label="localhost"))
    assert tasks.state() == "RUNNING"
    assert not tasks.journals
