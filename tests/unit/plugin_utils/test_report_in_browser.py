# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a report in a real browser, on a phone and on a screen, light and dark. Needs Chromium: see docs/testing.md.

The pictures stay in .cache/report.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.plugin_utils.report_pages import report_files
from tooling.browser import View, browser, measured, take_picture
from tooling.environment import ROOT
from unit.core.report.document.cases import fleet, hostile, long_names, previewed, recovered, report, soaked

PICTURES = ROOT / ".cache" / "report"
WIDTHS = (380, 800, 1280)
# That of A4 without its margins.
PAPER = 700
PAGES = {
    "recovered": report_files(report(recovered()))["report.html"],
    "fleet": report_files(fleet())["report.html"],
    "soaked": report_files(soaked())["report.html"],
    "previewed": report_files(previewed())["report.html"],
    "long names": report_files(long_names())["report.html"],
    "hostile": next(
        text for name, text in report_files(hostile()).items() if "script" in name and name.endswith(".html")
    ),
}
VIEWS = [(name, View(page, width, dark)) for name, page in PAGES.items() for width in WIDTHS for dark in (False, True)]
# Paper is white on a machine that prefers the dark, too.
VIEWS += [(name, View(page, PAPER, dark=True, is_print=True)) for name, page in PAGES.items()]
NAMES = [f"{name}-{view.width}-{'dark' if view.dark else 'light'}" for name, view in VIEWS]
# WCAG 2, level AA.
LEAST_CONTRAST = 4.5

pytestmark = pytest.mark.skipif(
    browser() is None and "REPORT_NEEDS_BROWSER" not in os.environ,
    reason="no Chromium on this machine: apt-get install chromium",
)


@pytest.fixture(scope="module")
def looked() -> tuple[list[dict[str, Any]], list[str]]:
    """What the browser measures in all views, and its console; it starts once for all of them."""
    return measured([view for _name, view in VIEWS])


def test_the_browser_has_nothing_to_complain_about(looked: tuple[list[dict[str, Any]], list[str]]) -> None:
    assert looked[1] == []


@pytest.mark.parametrize("number", range(len(VIEWS)), ids=NAMES)
def test_a_page_fits_and_can_be_read(looked: tuple[list[dict[str, Any]], list[str]], number: int) -> None:
    found, view = looked[0][number], VIEWS[number][1]
    assert (found["width"], found["scroll_width"]) == (view.width, view.width)
    assert found["outside"] == []
    assert len(found["texts"]) > 10
    assert [one for one in found["texts"] if one["contrast"] < LEAST_CONTRAST] == []
    assert [one for one in found["texts"] if one["size"] < 12] == []
    assert (found["unnamed_images"], found["doubled_ids"], found["scripts"]) == ([], [], 0)
    assert (found["language"], bool(found["title"])) == ("en", True)


@pytest.mark.parametrize("number", range(len(VIEWS)), ids=NAMES)
def test_the_headings_are_in_order(looked: tuple[list[dict[str, Any]], list[str]], number: int) -> None:
    levels = looked[0][number]["headings"]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_pictures_are_kept(looked: tuple[list[dict[str, Any]], list[str]]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    heights = {(name, view.width, view.dark): one["height"] for (name, view), one in zip(VIEWS, looked[0], strict=True)}
    for name in ("recovered", "soaked"):
        for width, dark in ((1280, False), (380, True)):
            picture = PICTURES / f"{name}-{width}{'-dark' if dark else ''}.png"
            picture.unlink(missing_ok=True)
            assert take_picture(View(PAGES[name], width, dark), heights[name, width, dark], picture) == []
            assert picture.stat().st_size > 10_000


def test_what_must_be_found_is_found() -> None:
    bad = (
        '<!DOCTYPE html><html lang="en"><head><meta http-equiv="Content-Security-Policy" content="img-src data:">'
        '<title>t</title></head><body style="margin:0;background:#fff"><h1>a</h1><h3>b</h3>'
        '<p style="color:#999;width:900px">faint and far too wide</p><svg width="9" height="9"></svg>'
        '<img src="http://127.0.0.1:9/x"></body></html>'
    )
    (found,), console = measured([View(bad, 380)])
    assert found["scroll_width"] > found["width"]
    assert found["outside"]
    assert [one["text"] for one in found["texts"] if one["contrast"] < LEAST_CONTRAST] == ["P faint and far too wide"]
    assert found["unnamed_images"]
    assert found["headings"] == [1, 3]
    assert console
