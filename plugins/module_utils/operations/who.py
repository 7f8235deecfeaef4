# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs this task, and where: for the backup of a change, and for the mark of the run that makes it."""

from __future__ import annotations

import getpass
import os
import socket


def user_name() -> str:
    """The user of this process; its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container often runs under a number that no file knows.
        return str(os.getuid())


def who_runs_this() -> str:
    """``user@host``"""
    return f"{user_name()}@{socket.gethostname()}"
