# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of outputs shows what the tasks print."""

from __future__ import annotations

import re

from unit.outputs import PAGE, page

# Printed while something goes on, or with a path in it.
_MAY_BE_LONG = re.compile(r"stripe-reports: |connect-1 stripe-reports: |.*/var/lib/connectops/")


def test_the_page_shows_what_is_printed() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "look at what has changed, then run: python -m unit.outputs"


def test_what_is_printed_fits_80_columns() -> None:
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).splitlines()
    assert len(blocks) == 10
    assert [line for line in lines if len(line) > 80 and not _MAY_BE_LONG.match(line)] == []
