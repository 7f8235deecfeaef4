# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for a person who watches a run: unchanged, since in a task's result they would be quoted and lose their columns."""

from __future__ import annotations

from collections.abc import Sequence

from ansible.utils.color import stringc
from ansible.utils.display import Display
from ansible_collections.connectops.recovery.plugins.plugin_utils.colour import coloured_parts


def show_lines(lines: Sequence[str]) -> None:
    """Print the lines; nothing if there are none."""
    if not lines:
        return
    # In one call, so that the lines of clusters that are handled in parallel do not mix.
    Display().display("\n".join(map(_coloured, lines)), screen_only=True)
    # A log file gets no colours.
    Display().display("\n".join(lines), log_only=True)


def _coloured(line: str) -> str:
    """The line for a terminal; the same line where Ansible shows no colours."""
    return "".join(part if colour is None else stringc(part, colour) for part, colour in coloured_parts(line))
