# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forks cost and gain: identify.yml on simulated clusters that answer slowly.

``make bench`` runs it. Memory is the largest sum over all processes of the run, each page that several share counted once.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from lab.ansible_runs import playbook_command, playbook_environment
from lab.connect_servers import ConnectServers
from lab.simulated_fleet import fleet, write_inventory

CLUSTERS = 100
SECONDS_PER_ANSWER = (0.05, 1.0)
FORKS = (10, 50, 100)
_SAMPLE_SECONDS = 0.5


def main() -> None:
    print(f"identify.yml on {CLUSTERS} clusters of 2 connectors with 10 partitions each, {os.cpu_count()} cores:")
    clusters = fleet(CLUSTERS, connectors=2, timezones=5, report_types=2)
    with ConnectServers(clusters), tempfile.TemporaryDirectory(prefix="connectops-bench-") as folder:
        inventory = write_inventory(clusters, Path(folder))
        for seconds in SECONDS_PER_ANSWER:
            for cluster in clusters:
                cluster.delay_seconds = seconds
            for forks in FORKS:
                _run(inventory, forks, seconds)


def _run(inventory: Path, forks: int, seconds: float) -> None:
    command = playbook_command("identify", inventory, "--forks", str(forks))
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=playbook_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    memory = _Memory(process.pid)
    _pid, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    memory.end()
    if status:
        raise RuntimeError(f"identify.yml with {forks} forks ended with {os.waitstatus_to_exitcode(status)}")
    cpu = usage.ru_utime + usage.ru_stime
    print(
        f"  {seconds:4.2f} s for each answer, {forks:>3} forks: {took:6.1f} s, {cpu:6.1f} s CPU, {memory.most / 1024:5.0f} MiB,"
        f" {memory.most_processes} processes",
        flush=True,
    )


class _Memory:
    """The memory of a process and its children, looked at again and again. ``most``: the largest sum so far, in KiB."""

    def __init__(self, process: int) -> None:
        self.most = self.most_processes = 0
        self._process = process
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(_SAMPLE_SECONDS):
            sizes = list(self._sizes())
            self.most, self.most_processes = max(self.most, sum(sizes)), max(self.most_processes, len(sizes))

    def _sizes(self) -> Iterator[int]:
        own = Path(f"/proc/{self._process}")
        try:
            children = [child for thread in own.glob("task/*/children") for child in thread.read_text().split()]
        except OSError:
            children = []
        for process in (str(self._process), *children):
            try:
                found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
            except OSError:
                # It has just ended.
                continue
            if found:
                yield int(found[1])


if __name__ == "__main__":
    main()
