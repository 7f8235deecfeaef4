# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of the documentation: terminal output and the report of real runs on the lab."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import WIDTH
from ansible_collections.connectops.recovery.plugins.plugin_utils.colour import coloured_parts
from rich.console import Console
from rich.text import Text
from tooling.browser import View, take_picture

from lab.ansible_runs import ROOT, run_playbook, write_inventory
from lab.lab import Lab
from lab.scenarios import same_interval_runs, stuck_connector
from lab.waiting import await_condition

IMAGES = ROOT / "docs" / "images"
# The frame of rich would load a font from the network.
_FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre; }}
{styles}
</style>
<defs>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">{matrix}</g></g>
</svg>
"""


def draw_pictures() -> list[Path]:
    """Look at a stuck connector of the lab, preview its recovery, recover it; returns the paths of what was drawn."""
    with Lab(workers=1) as lab, tempfile.TemporaryDirectory(prefix="connectops-picture-") as folder:
        stuck = stuck_connector(lab)
        # By then some of the abandoned reports are old enough to differ from one that may still get ready.
        blocker = stuck.accounts[stuck.blocker]
        await_condition(lambda: same_interval_runs(blocker) >= 4, "four report runs of the blocker")
        inventory = write_inventory(lab, Path(folder))
        identify = run_playbook("identify", inventory).stdout
        recover = run_playbook("recover", inventory, ["--check"]).stdout
        run_playbook("recover", inventory, ["-e", f"connectops_report_dir={folder}/reports"])
        (page,) = Path(folder).glob("reports/*/report.html")
        report = _photograph(page)
    (look,) = _previews(identify)
    _look, plan = _previews(recover)
    return [_draw("identify", "identify", look), _draw("preview", "recover --check", plan), report]


def _photograph(page: Path) -> Path:
    """The top of a report, as far as a page of the documentation shows it."""
    picture = IMAGES / "report.png"
    take_picture(View(page.read_text(encoding="utf-8"), 1040), 1480, picture)
    return picture


def _draw(name: str, command: str, lines: list[str]) -> Path:
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text(f"$ ansible-playbook connectops.recovery.{command}\n"))
    for line in lines:
        console.print(_coloured(line))
    picture = IMAGES / f"{name}.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(console.export_svg(title="", code_format=_FRAME, unique_id=name), encoding="utf-8")
    return picture


def _previews(output: str) -> list[list[str]]:
    """The lines of each preview in a playbook's output: what a task shows before its result."""
    # A play may follow on a task without a result, such as one that ends the batch.
    tasks = (task.partition("\n")[2] for task in re.split(r"\n(?:TASK|PLAY) \[", output)[1:])
    shown = (
        re.split(r"^(?:ok|changed|skipping|included|fatal): ", task, maxsplit=1, flags=re.MULTILINE)[0]
        for task in tasks
    )
    return [lines.rstrip("\n").splitlines() for lines in shown if lines.strip()]


def _coloured(line: str) -> Text:
    return Text.assemble(*(part if colour is None else (part, colour) for part, colour in coloured_parts(line)))
