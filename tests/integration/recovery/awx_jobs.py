# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX runs them: ansible-runner, a playbook of the project, the inventory of a slice, answers in a file of variables."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from unit.awx.objects import AWX
from unit.playbooks.test_options import Unsafe, UnsafeDumper

ROOT = AWX.parents[1]


@dataclass(frozen=True)
class Job:
    """A job that has ended. ``word`` is how AWX calls its end."""

    status: int
    events: list[dict[str, Any]]
    word: str = ""

    @property
    def texts(self) -> list[str]:
        """What each of its events printed, without colours."""
        return [re.sub(r"\x1b\[[0-9;]*m", "", one["stdout"]).replace("\r\n", "\n") for one in self.events]

    @property
    def output(self) -> str:
        """All that it printed, as AWX lets a person download it, in one line."""
        return " ".join("\n".join(self.texts).split())

    @property
    def artifacts(self) -> dict[str, Any]:
        """What it passes on to the next node of a workflow."""
        found: dict[str, Any] = self.events[-1]["event_data"]["artifact_data"]
        return found

    def results(self, task: str) -> dict[str, dict[str, Any]]:
        """The result of a task by host, out of the events of its hosts."""
        return {
            one["event_data"]["host"]: one["event_data"]["res"]
            for one in self.events
            if one["event"] == "runner_on_ok" and one["event_data"]["task"] == task
        }


def as_awx_passes(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Texts are marked as unsafe, at any depth."""

    def marked(value: Any) -> Any:
        if isinstance(value, str):
            return Unsafe(value)
        if isinstance(value, Mapping):
            return {key: marked(one) for key, one in value.items()}
        return [marked(one) for one in value] if isinstance(value, list) else value

    return {name: marked(value) for name, value in variables.items()}


def end_processes_of(folder: Path) -> None:
    """Kill every process of a job at once."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder).encode() in command.read_bytes():
                os.kill(int(command.parent.name), signal.SIGKILL)


def run_job(
    folder: Path,
    playbook: str,
    inventory: Path,
    variables: Mapping[str, Any],
    *,
    host: str | None = None,
    check: bool = False,
    is_cancelled: Callable[[], bool] | None = None,
    time_limit: float = 0,
) -> Job:
    """Run a playbook of the project to its end. ``host``: the job is a slice, which has only this host of the inventory.

    ``is_cancelled`` is asked again and again; ``time_limit``: seconds after which AWX ends the job, 0 for none.
    """
    folder.mkdir(parents=True)
    hosts = json.loads(inventory.read_text(encoding="utf-8"))["all"]["hosts"]
    of_slice = {name: one for name, one in hosts.items() if host in (None, name)}
    environment = folder / "env"
    environment.mkdir()
    (environment / "extravars").write_text(yaml.dump({**variables}, Dumper=UnsafeDumper), encoding="utf-8")
    done = ansible_runner.run(
        private_data_dir=str(folder),
        project_dir=str(AWX / "project"),
        playbook=f"{playbook}.yml",
        inventory={"all": {"hosts": of_slice}},
        cmdline="--check" if check else "",
        envvars={
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
            "ANSIBLE_HOME": str(ROOT / ".cache" / "ansible"),
            # The home of a container, which ends with it.
            "HOME": str(folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        settings={"pexpect_timeout": 0.02, "job_timeout": time_limit} if is_cancelled or time_limit else {},
        cancel_callback=is_cancelled,
        quiet=True,
    )
    if done.status in ("canceled", "timeout"):
        # In AWX its container ends with it. Ansible's workers have process groups of their own, which outlive it.
        end_processes_of(folder)
    job = Job(done.rc, list(done.events), done.status)
    print(job.output)
    return job
