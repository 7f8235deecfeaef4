# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of a command costs."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds on the clock, seconds of CPU, mebibytes of its largest process."""

    wall_seconds: float
    cpu_seconds: float
    peak_mebibytes: float


def measured(command: Sequence[str], env: Mapping[str, str] | None = None, *, keeps_output: bool = False) -> Cost:
    """Run the command to its end. Raises RuntimeError with what it wrote when it fails.

    ``keeps_output``: its output is read, as part of the cost, for the case that it fails; else it is written to nowhere.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE if keeps_output else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if keeps_output else subprocess.PIPE,
    )
    stream = process.stdout or process.stderr
    written = stream.read() if stream else b""
    # The kernel's own account of this one process and all of its ended children.
    _pid, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{shlex.join(command)}\n{written.decode()}")
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
