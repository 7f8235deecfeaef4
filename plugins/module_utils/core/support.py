# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a support bundle is made of, and the page in it that says so."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted, quoted_data
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import HIDDEN
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped

PAGE = "README.txt"
# What each file holds, in the order of the page.
FILES = {
    "versions.json": "versions of Kafka Connect, this collection, Ansible, Python and the libraries",
    "verdicts.txt": "the verdicts with their reasons, and what each remedy would do, for a person",
    "facts.json": "the same as data: offsets, verdicts, findings, records of the offsets topics",
    "status.json": "the state of each connector and of its tasks, with the traces of those that FAILED",
    "settings.json": f"the settings of each connector; a secret has only its name and {HIDDEN}",
    "workers.json": "the workers that are known, and whether each of them answers",
    "plugins.json": "the plugins of a worker with their versions",
    "backups.json": "backups with the offsets before each change, what was written, unfinished changes",
    "log.txt": "the last lines of the workers' logs",
}
# What the page says of it.
_HIDDEN = (
    (
        "Settings that the plugin declares as PASSWORD, or whose names say that they are secrets. Where the plugin could not be"
        " asked, all settings except those that explain a verdict."
    ),
    "References to config providers, such as ${file:/run/secrets:key}, are visible.",
    (
        "In all texts: the known secrets of the connectors and of this run, and what looks like a secret: the user of a URL,"
        " password=..., bearer tokens, private keys."
    ),
    (
        "A value that a config provider has filled in cannot be recognized if a trace or a log repeats it, unless"
        " it looks like a secret. Names of hosts, topics and tables are not hidden. Look through the files before you send them."
    ),
)


@dataclass(frozen=True)
class Part:
    """One file of the bundle. ``content``: text, or JSON data; None where ``problem`` says why it is missing.

    ``is_wanted``: whether that it is missing is a fault, not the user's choice.
    """

    file: str
    content: Any = None
    problem: str | None = None
    is_wanted: bool = True

    def text(self, secrets: Collection[str]) -> str:
        """The content without ``secrets`` and without what looks like a secret."""
        if isinstance(self.content, str):
            return quoted(self.content, secrets)
        return json.dumps(quoted_data(self.content, secrets), indent=1, ensure_ascii=False) + "\n"

    def as_data(self) -> dict[str, Any]:
        return {"file": self.file, "about": FILES[self.file], "problem": self.problem}


@dataclass(frozen=True)
class Bundle:
    """All parts of the bundle of one cluster. ``made_at`` is epoch seconds, ``warnings`` those of the reading."""

    cluster: str
    made_at: float
    parts: Sequence[Part]
    warnings: Sequence[str] = ()

    @property
    def stamp(self) -> str:
        """The time as a part of a file's name, in UTC."""
        return datetime.fromtimestamp(self.made_at, timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")

    @property
    def missing(self) -> list[Part]:
        return [part for part in self.parts if part.problem is not None]

    def files(self, secrets: Collection[str]) -> dict[str, str]:
        """The text of each file by its name. ``secrets`` are in none of them."""
        texts = {part.file: part.text(secrets) for part in self.parts if part.problem is None}
        return {PAGE: "\n".join((*self._page(secrets), "")), **texts}

    def lines(self, path: str, *, is_written: bool) -> list[str]:
        """The bundle for a person, on a terminal."""
        head = "support bundle" if is_written else "the support bundle would be"
        return [
            f"{self.cluster}: {head} {path}",
            "",
            *self._contents(),
            "",
            *wrapped("Secrets are hidden. Look through it before you send it."),
        ]

    def _page(self, secrets: Collection[str]) -> Iterable[str]:
        yield f"Support bundle of the Kafka Connect cluster {self.cluster}"
        yield f"made at {self.stamp} by connectops.recovery"
        yield ""
        yield from self._contents(secrets)
        yield ""
        yield "Hidden"
        for sentence in _HIDDEN:
            yield from wrapped(sentence)
        yield ""
        yield "Left out"
        yield from wrapped("Records of the connectors' topics, settings of the workers, credentials of this run.")
        if self.warnings:
            yield ""
            yield "Warnings"
            for warning in self.warnings:
                yield from wrapped(quoted(warning, secrets))

    def _contents(self, secrets: Collection[str] = ()) -> Iterable[str]:
        for part in self.parts:
            about = FILES[part.file] if part.problem is None else f"missing: {quoted(part.problem, secrets)}"
            yield from wrapped(f"{part.file}: {about}")
