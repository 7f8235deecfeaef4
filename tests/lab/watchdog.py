# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends everything that a lab has started when the lab's own process has ended for any reason.

Run as a script with the read end of a pipe as standard input. Each line is ``folder PATH``, ``started GROUP`` or
``ended GROUP``; a group is a process group id. The input also ends when the parent is
killed. Then the groups that still run get SIGKILL, and the folders are removed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys


def main() -> None:
    groups: set[int] = set()
    folders: list[str] = []
    for line in sys.stdin:
        word, _separator, value = line.rstrip("\n").partition(" ")
        if word == "folder":
            folders.append(value)
        elif word == "started":
            groups.add(int(value))
        else:
            groups.discard(int(value))
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
