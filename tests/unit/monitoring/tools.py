# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of Prometheus, where they are installed: make monitoring demands them, and all other runs skip what needs them."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[3] / "extensions"


def tool(name: str) -> str:
    """The path of a tool. Skips the test where it is not installed, or fails it where ``REQUIRE_MONITORING`` is set."""
    path = shutil.which(name)
    if path is None:
        sentence = f"{name} is not installed: see docs/testing.md, which says how to install it."
        if os.environ.get("REQUIRE_MONITORING"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
