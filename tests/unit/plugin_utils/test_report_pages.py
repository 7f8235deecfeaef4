# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report: complete, linked, and harmless whatever names and messages hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import RunReport
from ansible_collections.connectops.recovery.plugins.plugin_utils.report_pages import report_files
from unit.core.report.document.cases import HOSTILE, NAME, REPORTS, fleet, hostile, previewed, recovered, report


class Page(HTMLParser):
    """What a page is made of."""

    # These have no end.
    _VOID = frozenset({"meta", "link", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        if tag not in self._VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += data


def prose_of(text: str) -> str:
    """Markdown without its blocks of code, in which nothing has a meaning."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_every_page_is_whole_and_needs_nothing_else(made: Callable[[], RunReport]) -> None:
    files = report_files(made())
    pages = {name: Page(text) for name, text in files.items() if name.endswith(".html")}
    assert pages
    for page in pages.values():
        assert "script" not in page.tags
        assert not [name for name, _value in page.attributes if name.startswith("on")]
        assert all(unquote(link) in files for link in page.links if link != "data:,")
        assert {"h1", "main", "title"} <= set(page.tags)


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
def test_the_text_links_to_files_that_are_there(made: Callable[[], RunReport]) -> None:
    files = report_files(made())
    for name, text in files.items():
        if name.endswith(".md"):
            assert all(unquote(link) in files for link in re.findall(r"(?<!\\)\]\(([^)]+)\)", prose_of(text)))


def test_markup_in_names_and_messages_is_text() -> None:
    files = report_files(hostile())
    of_cluster = {name.rpartition(".")[2]: text for name, text in files.items() if "script" in name}
    page = Page(of_cluster["html"])
    assert " ".join(HOSTILE.split()) in " ".join(page.text.split())
    assert "49" not in page.text.partition("7 * 7")[0]
    prose = prose_of(of_cluster["md"])
    assert not re.search(r"(?<!\\)<", prose)
    assert not re.search(r"(?<!\\)`", prose)
    rows = [line for line in prose.splitlines() if line.startswith("| ")]
    assert rows
    # As many cells as the heads of the two tables have.
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {4, 7}


def test_the_data_is_the_report() -> None:
    run = report(recovered())
    assert json.loads(report_files(run)["report.json"]) == json.loads(json.dumps(run.as_data()))


def test_of_several_clusters_there_is_one_page_with_the_worst_first() -> None:
    files = report_files(fleet())
    assert set(files) == {
        "report.html",
        "report.md",
        "report.json",
        *(f"cluster-connect-{number}.{kind}" for number in (1, 2, 3) for kind in ("html", "md")),
    }
    page = Page(files["report.html"])
    assert page.links[1:4] == [f"cluster-connect-{number}.html" for number in (2, 3, 1)]
    assert "Kafka Connect cannot be reached at http://connect-2:8083: connection refused." in page.text
    # Nobody follows a link to a file that is not there yet.
    assert list(files)[-1] == "report.html"


def test_a_preview_says_that_it_is_one() -> None:
    for name, text in report_files(previewed()).items():
        assert ("Nothing was changed" in text) == (not name.endswith(".json"))
    assert "Nothing was changed" not in "".join(report_files(report(recovered())).values())


def test_the_command_that_goes_back_can_be_copied_whole() -> None:
    run = report(recovered())
    command = "\n".join(run.clusters[0].connectors[0].rollback_command)
    assert NAME in command
    assert command in Page(report_files(run)["report.html"]).text


def test_a_page_of_one_cluster_that_cannot_be_made_leaves_those_of_the_others() -> None:
    made = report(recovered("eu-1"), recovered("eu-2"))
    first, second = made.clusters
    (connector,) = second.connectors
    broken = replace(second, connectors=(replace(connector, partitions=(None,)),))  # type: ignore[arg-type]
    files = report_files(replace(made, clusters=(first, broken)))
    whole = report_files(made)
    assert files.keys() == whole.keys()
    assert files["cluster-eu-1.html"] == whole["cluster-eu-1.html"]
    assert "Cluster 'eu-2': an unexpected error" in Page(files["cluster-eu-2.html"]).text
