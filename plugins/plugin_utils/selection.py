# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connectors a run over several clusters may change: those that are named, agreed to, or found to be stuck."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sized
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Selection:
    """Of one cluster. ``connectors``: each connector to plan, without repeats; it is changed if its plan changes anything.

    ``stuck_after_resume``: STOPPED connectors that would be stuck after a resume, and that nobody has asked to recover or to
    leave alone. ``not_agreed``: connectors that are stuck, and of which no plan was agreed to.
    """

    connectors: tuple[str, ...] = ()
    stuck_after_resume: tuple[str, ...] = ()
    not_agreed: tuple[str, ...] = ()

    @classmethod
    def of_reset(
        cls, facts: Data, named: Collection[str], agreed: Collection[str] | None, stay_stopped: Collection[str]
    ) -> Selection:
        """For a reset. ``facts``: those of connect_offsets_facts, empty if the cluster could not be read.

        ``named``: the connectors that the user has named, if any. ``agreed``: those of the agreed plans; None without such.
        """
        found = list(dict.fromkeys([*facts.get("recoverable", ()), *facts.get("unfinished", ())]))
        chosen = list(agreed) if agreed is not None else list(named) or found
        stopped = () if named else facts.get("stuck_after_resume", ())
        settled = {*facts.get("unfinished", ()), *(agreed or ()), *stay_stopped}
        return cls(
            tuple(dict.fromkeys(chosen)) if facts else (),
            tuple(name for name in stopped if name not in settled),
            () if agreed is None else tuple(name for name in found if name not in agreed),
        )

    @classmethod
    def of_rollback(cls, named: Collection[str], agreed: Collection[str] | None) -> Selection:
        """For a rollback, which finds no connectors itself."""
        return cls(tuple(dict.fromkeys(named if agreed is None else agreed)))

    @classmethod
    def of_fixes(cls, look: Data) -> Selection:
        """For fixes of what breaks the policy. ``look``: the result of connect_policy_info, empty if it has none."""
        return cls(tuple(dict.fromkeys(name for fix in look.get("fixes") or () for name in fix["connectors"])))

    def as_data(self) -> dict[str, list[str]]:
        return {
            "connectors": list(self.connectors),
            "stuck_after_resume": list(self.stuck_after_resume),
            "not_agreed": list(self.not_agreed),
        }


def selection_lines(clusters: Mapping[str, Selection]) -> list[str]:
    """What is stuck and is left alone, because no plan of it was agreed to."""
    left = {label: one.not_agreed for label, one in clusters.items() if one.not_agreed}
    if not left:
        return []
    lines = wrapped("Not among the agreed plans, so not changed:", indent="")
    for label, names in left.items():
        lines += wrapped(f"{label}: {', '.join(names)}")
    return [*lines, *wrapped("To plan it, run this playbook with --check and without the agreed plans."), ""]


@dataclass(frozen=True)
class TooMany:
    """More connectors than one run may change. ``counts``: how many of each cluster; ``most``: how many it may."""

    counts: Mapping[str, int]
    most: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def sentence(self) -> str:
        """What is said of each cluster. Short, as there may be hundreds."""
        return (
            f"Not changed: this run may change {self.total} connectors, and connectops_max_changes allows {self.most}."
        )

    @property
    def lines(self) -> list[str]:
        """What is said once: where they are, and what to do."""
        worst = sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))[:3]
        return [
            *wrapped(
                f"This run may change {self.total} connectors of {len(self.counts)} clusters, and connectops_max_changes allows"
                f" {self.most}: nothing is changed. Most are in {', '.join(f'{label} ({count})' for label, count in worst)}.",
                indent="",
            ),
            *wrapped(
                f"Limit the run to some clusters (--limit), or set connectops_max_changes to {self.total} to allow that many."
            ),
            "",
        ]


def too_many(clusters: Mapping[str, Sized], most: int) -> TooMany | None:
    """Whether the run would change too many connectors; None if it would not. ``clusters``: the connectors of each."""
    found = TooMany({label: len(names) for label, names in clusters.items() if names}, most)
    return found if found.total > most else None
