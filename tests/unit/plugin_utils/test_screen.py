# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for a person: coloured on the screen, plain in a log file."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.utils.display import Display
from ansible_collections.connectops.recovery.plugins.plugin_utils import screen
from ansible_collections.connectops.recovery.plugins.plugin_utils.screen import show_lines


def test_each_place_gets_all_lines_at_once_and_only_the_screen_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(Display, "display", lambda _display, text, **where: shown.append((text, where)))
    monkeypatch.setattr(screen, "stringc", lambda text, colour: f"<{colour}>{text}</>")
    monkeypatch.setattr(screen, "coloured_parts", lambda line: [("a ", None), (line, "red")])
    show_lines([])
    assert shown == []
    show_lines(["x", "y"])
    assert shown == [("a <red>x</>\na <red>y</>", {"screen_only": True}), ("x\ny", {"log_only": True})]
