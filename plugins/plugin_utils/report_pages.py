# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report: pages and texts by the templates beside this module, and the data. Whatever is shown is escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.backups.documents import part_of_path
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    EARLIEST_EPOCH_SECONDS,
    LATEST_EPOCH_SECONDS,
    show_day,
    show_moment,
    show_seconds,
    show_span,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.charts import (
    data_chart,
    run_chart,
    shown_delivery,
    walk_chart,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.cluster import without_report
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.figures import (
    figures,
    redelivered_of,
    skipped_of,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.history_chart import (
    history_chart,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import (
    ClusterReport,
    PartitionReport,
    RunReport,
    SettingReport,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.outcomes import TONES, in_words
from ansible_collections.connectops.recovery.plugins.module_utils.core.settings import show_setting
from ansible_collections.connectops.recovery.plugins.module_utils.core.version import VERSION
from jinja2 import Environment, FileSystemLoader, StrictUndefined

PAGE, TEXT, DATA = "report.html", "report.md", "report.json"
# What Markdown, or HTML in it, could take for its own.
_BREAKS = re.compile(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def report_files(run: RunReport) -> dict[str, str]:
    """The text of each file by its name, those first that others link to.

    Of a single cluster there is one page and one text; of several there is a page and a text of each, and one of all.
    """
    if len(run.clusters) == 1:
        files = _of_cluster(run, run.clusters[0], PAGE, TEXT, None)
    else:
        files = {}
        pages, texts = {}, {}
        for cluster in run.clusters:
            stem = f"cluster-{part_of_path(cluster.label)}"
            pages[cluster.label], texts[cluster.label] = f"{stem}.html", f"{stem}.md"
            files.update(_of_cluster(run, cluster, f"{stem}.html", f"{stem}.md", PAGE))
        files[TEXT] = _render("fleet.md.j2", run=run, files={label: _linked(name) for label, name in texts.items()})
        linked = {label: _linked(name) for label, name in pages.items()}
        files[PAGE] = _render("fleet.html.j2", run=run, files=linked, text_file=TEXT, data_file=DATA)
    data = json.dumps(run.as_data(), indent=1, ensure_ascii=False, allow_nan=False)
    return {DATA: f"{data}\n", **files}


def _of_cluster(run: RunReport, cluster: ClusterReport, page: str, text: str, fleet: str | None) -> dict[str, str]:
    try:
        return _rendered(run, cluster, page, text, fleet)
    except Exception as error:
        # An error in one page must not prevent the other pages. The JSON has everything.
        return _rendered(run, without_report(cluster.label, error, cluster.outcome), page, text, fleet)


def _rendered(run: RunReport, cluster: ClusterReport, page: str, text: str, fleet: str | None) -> dict[str, str]:
    charts = {
        one.name: {
            "data": data_chart(one),
            "history": history_chart(one),
            "walk": walk_chart(one),
            "runs": run_chart(one, cluster.read_at),
        }
        for one in cluster.connectors
    }
    known = {"run": run, "cluster": cluster, "figures": figures(cluster)}
    links = {"text_file": _linked(text), "data_file": DATA, "fleet_file": fleet}
    return {
        text: _render("cluster.md.j2", **known),
        page: _render("cluster.html.j2", **known, **links, charts=charts),
    }


def _linked(name: str) -> str:
    """A file's name in a link: it may hold percent signs itself."""
    return name.replace("%", "%25")


def _render(template: str, **values: Any) -> str:
    text: str = _environment(is_html=".html" in template).get_template(template).render(version=VERSION, **values)
    # The sections that are left out leave their blank lines.
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment(*, is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("report_templates")),
        autoescape=is_html,
        finalize=None if is_html else _in_markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        code=_in_code,
        delivered=shown_delivery,
        day=show_day,
        iso=lambda at: show_moment(at).replace(" ", "T"),
        moment=show_moment,
        offset=_offset,
        redelivered=lambda one: redelivered_of(list(one.partitions)),
        seconds=show_seconds,
        skipped=lambda one: skipped_of(list(one.partitions)),
        plain=_Plain,
        span=lambda span: show_span(*span),
        tone=lambda outcome: TONES.get(outcome, "calm"),
        value=_value,
        words=in_words,
    )
    return environment


class _Plain(str):
    """What a template writes into Markdown as it is."""

    __slots__ = ()


def _in_code(lines: Iterable[str]) -> _Plain:
    """A block of code, which no text within it can end."""
    return _Plain("\n".join(f"    {part}" for line in lines for part in line.splitlines()))


def _in_markdown(value: object) -> str:
    """A value as text in one line, with nothing in it that has a meaning in Markdown."""
    return value if isinstance(value, _Plain) else _MARKDOWN.sub(r"\\\1", _BREAKS.sub(" ", str(value)))


def _value(setting: SettingReport, when: str) -> str:
    return show_setting(setting.key, setting.before if when == "before" else setting.after)


def _offset(partition: PartitionReport, when: str, *, in_words: bool) -> str:
    """What the change writes of an offset, or what was there in its place; the fields that stay are left out.

    ``in_words``: whether its large numbers are known to be moments.
    """
    before, after = partition.offset_before or {}, partition.offset_after or {}
    offset, other = (before, after) if when == "before" else (after, before)
    if not offset:
        return "(none)"
    shown = {name: value for name, value in sorted(offset.items()) if other.get(name, ...) != value}
    return " ".join(f"{name}={_shown(value, in_words=in_words)}" for name, value in shown.items()) or "(as before)"


def _shown(value: Any, *, in_words: bool) -> str:
    if in_words and isinstance(value, int) and EARLIEST_EPOCH_SECONDS <= value <= LATEST_EPOCH_SECONDS:
        return f"{value} ({show_day(value)})"
    return value if isinstance(value, str) else json.dumps(value)
