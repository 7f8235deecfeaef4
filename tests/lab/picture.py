# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture in the README: a preview as a terminal shows it, drawn from a real run on the lab."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from lab.ansible_runs import ROOT, run_playbook, write_inventory
from lab.lab import Lab
from lab.scenarios import stuck_connector

PICTURE = ROOT / "docs" / "images" / "preview.svg"
# rich's own frame would load a font from the network.
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


def draw_preview() -> Path:
    """Preview a recovery on the lab and draw what is shown; returns the picture's path."""
    with Lab(workers=1) as lab, tempfile.TemporaryDirectory(prefix="connectops-picture-") as folder:
        stuck_connector(lab)
        inventory = write_inventory(lab, Path(folder))
        output = run_playbook("recover", inventory, ["--check"]).stdout
    console = Console(record=True, width=120, file=io.StringIO())
    console.print(Text("$ ansible-playbook connectops.recovery.recover --check\n"))
    look, plan = _previews(output)
    # The plan begins with the headline of the look before it.
    for line in [*look, *plan[1:]]:
        console.print(_coloured(line))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(console.export_svg(title="", code_format=_FRAME, unique_id="preview"), encoding="utf-8")
    return PICTURE


def _previews(output: str) -> list[list[str]]:
    """The lines of each preview in a playbook's output: what follows the tasks that show one, up to their result."""
    found = []
    for task in output.split("\nTASK [")[1:]:
        if ": Show " in task.partition("\n")[0] and "skipping:" not in task:
            found.append(task.partition("\n")[2].partition("\nok: ")[0].splitlines())
    return found


def _coloured(line: str) -> Text:
    text = Text(line)
    text.highlight_words(["stuck"], "bold red")
    text.highlight_words(["~"], "yellow")
    text.highlight_regex(r"Plan \w+", "bold")
    text.highlight_regex(r"^connect-\d+", "bold")
    return text
