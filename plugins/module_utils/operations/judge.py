# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging one connector by its kind: the part of its facts that says how it is, and the same in lines for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.kind import Read
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.registry import Kinds, kind_of
from ansible_collections.connectops.recovery.plugins.module_utils.core.details import Details
from ansible_collections.connectops.recovery.plugins.module_utils.core.log_lines import last_problem
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector
from ansible_collections.connectops.recovery.plugins.module_utils.core.quoting import quoted_log
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.redaction import secret_values
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.state_text import headline
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import counted, wrapped
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits, Verdict, counts
from ansible_collections.connectops.recovery.plugins.module_utils.errors import RecoveryError, unexpected

# Each may ask services outside Connect; a cluster's connectors are judged side by side.
_MOST_AT_ONCE = 8
_LONGEST_LOG_PROBLEM = 400


@dataclass(frozen=True)
class Judged:
    """One connector's facts (JSON values), its lines for a person, and whether a reset can recover it.

    ``verdicts`` and ``outlook`` are those of the kind's judgement; without one there are none. ``head`` and ``body`` make the
    lines from facts.
    """

    facts: Mapping[str, Any]
    head: Callable[[str], list[str]]
    body: Callable[[Mapping[str, Any]], list[str]]
    warnings: tuple[str, ...] = ()
    recovers: bool = False
    verdicts: tuple[Verdict, ...] = ()
    outlook: Outlook | None = None

    def lines(self, details: Details) -> list[str]:
        """The lines with the partitions that are listed by ``details``, the others counted."""
        verdict, verdicts = self.facts["verdict"], self.facts["verdicts"]
        if details == "none" or (details == "problems" and verdict == "ok"):
            found = counts(one["verdict"] for one in verdicts)
            shown = ", ".join(f"{number} {one}" for one, number in found.items()) or "none"
            return self.head(f"{verdict} (partitions: {shown})")
        listed = [one for one in verdicts if one["verdict"] != "ok"]
        if details == "all" or not listed:
            return self.body(self.facts)
        lines = self.body({**self.facts, "verdicts": listed})
        well = len(verdicts) - len(listed)
        return (
            [*lines, "", f"  {counted(well, 'more partition')} {'is' if well == 1 else 'are'} ok."] if well else lines
        )


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
            return self._not_judged(read, connector.problem)
        kind = kind_of(self.kinds, connector)
        try:
            judgement = kind.judge(kind.read_outside(read), self.limits, self.requests)
        except RecoveryError as error:
            # One connector with a config that cannot be read must not hide the others.
            return self._not_judged(read, error.sentence, kind.profile_of(connector))
        except ImportError:
            raise
        except Exception as error:
            return self._not_judged(read, unexpected(connector.name, error).sentence, kind.profile_of(connector))
        facts = judgement.as_data(kind.profile_of(connector), connector.state)
        logged = None if facts["verdict"] == "ok" else _last_log_problem(read, kind.delivery(connector))
        facts["last_log_problem"] = logged

        def body(listed: Mapping[str, Any]) -> list[str]:
            lines = [*self._headline(connector, kind.remark(facts)), "", *kind.state_lines(listed)]
            return [*lines, *_log_lines(logged)]

        return Judged(
            facts,
            partial(self._headline, connector),
            body,
            judgement.warnings,
            kind.recovers,
            judgement.verdicts,
            judgement.outlook,
        )

    def all(self, reads: Iterable[Read]) -> list[Judged]:
        """Judge many connectors, in their order."""
        with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
            return list(pool.map(self, reads))

    def _not_judged(self, read: Read, why: str, profile: str = "generic") -> Judged:
        connector, logged = read.connector, _last_log_problem(read, Delivery())
        lines = [*self._headline(connector), *wrapped(why), *_log_lines(logged)]
        return Judged(
            {"profile": profile, "verdict": "unknown", "verdicts": [], "last_log_problem": logged},
            lambda _remark: lines,
            lambda _facts: lines,
            (f"Connector '{connector.name}' cannot be judged: {why}",),
        )

    def _headline(self, connector: Connector, remark: str = "") -> list[str]:
        return headline(self.cluster, connector.name, connector.state, [task.state for task in connector.tasks], remark)


def _last_log_problem(read: Read, delivery: Delivery) -> str | None:
    """The last warning or error of the connector in the workers' logs, without secrets; None where there is none."""
    signs = [one for one in (delivery.failure, delivery.timeout) if one is not None]
    found = last_problem(read.log, read.connector.name, signs)
    return None if found is None else quoted_log(found, secret_values(read.connector.config))[:_LONGEST_LOG_PROBLEM]


def _log_lines(problem: str | None) -> list[str]:
    return [] if problem is None else ["", *wrapped(f"Last warning or error in the workers' logs: {problem}")]
