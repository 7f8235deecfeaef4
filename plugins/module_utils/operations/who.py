# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs this task, and where, for the backup of a change."""

from __future__ import annotations

import getpass
import os
import socket


def who_runs_this() -> str:
    """``user@host``; the number of the user where it has no name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container often runs under a number that no file knows.
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
