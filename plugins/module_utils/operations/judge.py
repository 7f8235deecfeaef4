# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging one connector by its kind: the part of its facts that says how it is, and the same in lines for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import Kinds, kind_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits, Verdict
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError

# Each asks the accounts of its connector; a cluster's connectors are judged side by side.
_MOST_AT_ONCE = 8


@dataclass(frozen=True)
class Judged:
    """``facts`` are JSON; ``recovers``: whether a recovery may choose the connector without its name.

    ``verdicts`` and ``outlook`` are those of the kind's judgement; without one there are none.
    """

    facts: Mapping[str, Any]
    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    recovers: bool = False
    verdicts: tuple[Verdict, ...] = ()
    outlook: Outlook | None = None


@dataclass(frozen=True)
class Judge:
    """What all verdicts of a task depend on; ``requests`` are compared with the remedies that need no more than a name."""

    cluster: str
    limits: Limits
    kinds: Kinds
    requests: Sequence[ResetRequest] = ()

    def __call__(self, read: Read) -> Judged:
        connector = read.connector
        if connector.problem is not None:
            return self._not_judged(connector, connector.problem)
        kind = kind_of(self.kinds, connector)
        try:
            judgement = kind.judge(kind.read_outside(read), self.limits, self.requests)
        except RecoveryError as error:
            # One connector with a config that cannot be read must not hide the others.
            return self._not_judged(connector, error.sentence)
        facts = judgement.as_data(kind.name, connector.state)
        lines = (*self._headline(connector, kind.remark(facts)), "", *kind.state_lines(facts))
        return Judged(facts, lines, judgement.warnings, kind.recovers, judgement.verdicts, judgement.outlook)

    def all(self, reads: Iterable[Read]) -> list[Judged]:
        """Judge many connectors, in their order."""
        with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
            return list(pool.map(self, reads))

    def _not_judged(self, connector: Connector, why: str) -> Judged:
        return Judged(
            {"profile": "generic", "verdict": "unknown", "verdicts": []},
            (*self._headline(connector), *wrapped(why)),
            (f"Connector '{connector.name}' cannot be judged: {why}",),
        )

    def _headline(self, connector: Connector, remark: str = "") -> list[str]:
        return headline(self.cluster, connector.name, connector.state, [task.state for task in connector.tasks], remark)
