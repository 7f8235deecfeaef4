# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a test runs a program of the environment of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

# The program's name and its arguments; named arguments are environment variables. Its output is in ``stdout``.
Run = Callable[..., subprocess.CompletedProcess[str]]
