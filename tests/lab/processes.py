# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Java processes and their folder; neither outlives the lab."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from lab.waiting import LIMIT_SECONDS

# The shell waits for a line of input, so that no process exists before the watchdog knows it.
START_ON_WORD = 'read -r word && exec "$@"'


class PortTaken(RuntimeError):
    """A port that was free when it was chosen was in use when the process started."""


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that are free at this moment, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _number in range(count)]
        for listener in sockets:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in sockets]


class LabProcess:
    """A process in a group of its own, its output in a log file."""

    def __init__(self, processes: Processes, name: str, command: Sequence[str]) -> None:
        self._processes = processes
        self._name = name
        self._log_file = processes.logs / f"{name}.log"
        with self._log_file.open("ab") as log:
            self._popen = subprocess.Popen(
                ["sh", "-c", START_ON_WORD, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=processes.folder,
            )
        processes.tell(f"started {self.pid}")
        assert self._popen.stdin is not None
        self._popen.stdin.write(b"start\n")
        self._popen.stdin.close()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def log_text(self) -> str:
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        if self.alive:
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._processes.tell(f"ended {self.pid}")

    def end(self) -> None:
        """SIGTERM; returns when the process has ended, or is far too late in doing so."""
        os.killpg(self.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(LIMIT_SECONDS)

    def suspend(self) -> None:
        """SIGSTOP; returns when the process has stopped."""
        os.killpg(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """SIGCONT."""
        os.killpg(self.pid, signal.SIGCONT)

    def demand_alive(self) -> None:
        """Raises PortTaken or RuntimeError if the process has ended."""
        if self.alive:
            return
        log = self.log_text()
        if "Address already in use" in log:
            raise PortTaken(f"{self._name} found its port taken")
        last_lines = "\n".join(log.splitlines()[-15:])
        raise RuntimeError(f"{self._name} ended with code {self._popen.returncode}; its log ends:\n{last_lines}")


class Processes:
    """The processes of one lab and their temporary folder; all of it is gone when this process ends, even by SIGKILL."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="connectops-lab-"))
        self._watchdog = subprocess.Popen(
            [sys.executable, "-ES", str(Path(__file__).with_name("watchdog.py"))],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.tell(f"folder {self.folder}")
        self.logs.mkdir()
        self._launched: list[LabProcess] = []

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def launch(self, name: str, command: Sequence[str]) -> LabProcess:
        """Start a process whose output is appended to ``logs/<name>.log``."""
        process = LabProcess(self, name, command)
        self._launched.append(process)
        return process

    def tell(self, line: str) -> None:
        """Send a line to the watchdog."""
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.write(line + "\n")
        self._watchdog.stdin.flush()

    def close(self) -> None:
        """Kill all processes and remove the folder; returns when both are gone."""
        for process in self._launched:
            process.kill()
        self._watchdog.communicate()
