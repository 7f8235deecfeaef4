# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages as a real browser shows them: what it measures on them, what it complains about, and pictures of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
# A page that loads and runs nothing is there at once; the limit is for a machine that is busy with other things.
_TIMEOUT_SECONDS = 300
_HEAD = "<!DOCTYPE html><meta charset=utf-8>"
_DARK = "@media (prefers-color-scheme: dark)"
_MEASURE = Path(__file__).with_name("measure.js")


@dataclass(frozen=True)
class View:
    """One way to look at a page; ``width`` is in CSS pixels. ``is_print``: as on paper of this width."""

    page: str
    width: int
    dark: bool = False
    is_print: bool = False

    @property
    def html(self) -> str:
        """The page as the view asks for it, whatever the machine prefers."""
        page = self.page.replace(_DARK, "@media all" if self.dark else "@media not all")
        if not self.is_print:
            return page
        return page.replace("@media screen and", "@media not all and").replace("@media print", "@media all")

    def frame(self, height: int) -> str:
        style = f"display:block;border:0;width:{self.width}px;height:{height}px"
        return f'<iframe style="{style}" srcdoc="{escape(self.html)}"></iframe>'


def browser() -> str | None:
    """The program; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def measured(views: Sequence[View]) -> tuple[list[dict[str, Any]], list[str]]:
    """What the browser measures in each view (see measure.js), and what it writes to its console meanwhile."""
    frames = "".join(view.frame(600) for view in views)
    script = f"<script>{_MEASURE.read_text('utf-8')}</script>"
    output, console = _run(f"{_HEAD}<body>{frames}<pre id=measured></pre>{script}</body>", "--dump-dom")
    found = re.search(r'<pre id="measured">(.*?)</pre>', output, re.DOTALL)
    if found is None or not found[1]:
        raise RuntimeError(f"The browser has measured nothing: {output[-2000:]} {console}")
    result: list[dict[str, Any]] = json.loads(unescape(found[1]))
    return result, console


def take_picture(view: View, height: int, path: Path) -> list[str]:
    """Write a picture (PNG) of the view from its top; returns what the browser wrote to its console."""
    page = f'{_HEAD}<body style="margin:0">{view.frame(height)}</body>'
    # A window cannot be as narrow as a phone, a frame in it can.
    _output, console = _run(page, f"--screenshot={path}", f"--window-size={max(view.width, 500)},{height}")
    return console


def _run(page: str, *arguments: str) -> tuple[str, list[str]]:
    """The browser's output for a page, and the lines of its console."""
    program = browser()
    if program is None:
        raise RuntimeError("There is no Chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="connectops-browser-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        done = subprocess.run(
            [
                program,
                *_FLAGS,
                f"--user-data-dir={folder}/profile",
                "--enable-logging=stderr",
                *arguments,
                file.as_uri(),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
