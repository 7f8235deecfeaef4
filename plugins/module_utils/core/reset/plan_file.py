# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan file: the plans of all clusters of a run in one JSON document, made in one run and carried out by another.

``docs/plan-file.schema.json`` describes it for other programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import (
    iso_moment,
    iso_seconds,
    show_milliseconds,
    show_moment,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.identity import digest
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan_data import checked_plan
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

FORMAT = 1
_MADE_BY = "connectops.recovery"
# The clocks of two control nodes.
_CLOCK_TOLERANCE_SECONDS = 300
_AGAIN = "make it again with --check"


@dataclass(frozen=True)
class ClusterPlans:
    """What was planned for one cluster. ``plans``: data of each plan that changes something, by connector.

    ``not_planned``: why, by connector. ``problem``: why the cluster as a whole has no plans; None if it has been planned.
    ``preview``: the lines that a person was shown.
    """

    plans: Mapping[str, Mapping[str, Any]]
    not_planned: Mapping[str, str]
    preview: tuple[str, ...]
    problem: str | None = None

    @classmethod
    def of(cls, connectors: Mapping[str, Any], preview: list[str], problem: str | None) -> ClusterPlans:
        """From what a reset in check mode returned."""
        return cls(
            plans={
                name: one["plan"]
                for name, one in sorted(connectors.items())
                if not one.get("failed") and not one["plan"]["is_empty"]
            },
            not_planned={name: str(one.get("msg")) for name, one in sorted(connectors.items()) if one.get("failed")},
            preview=tuple(preview),
            problem=problem,
        )

    def as_data(self) -> dict[str, Any]:
        return {
            "plans": dict(self.plans),
            "not_planned": dict(self.not_planned),
            "problem": self.problem,
            "preview": list(self.preview),
        }


@dataclass(frozen=True)
class PlanFile:
    """The document. ``made_at`` is epoch seconds; ``clusters`` has every cluster of the run by its label."""

    made_at: int
    clusters: Mapping[str, ClusterPlans]

    @property
    def count(self) -> int:
        """The number of plans."""
        return sum(len(one.plans) for one in self.clusters.values())

    def as_data(self) -> dict[str, Any]:
        clusters = {label: one.as_data() for label, one in sorted(self.clusters.items())}
        return {
            "format": FORMAT,
            "made_by": _MADE_BY,
            "made_at": iso_moment(self.made_at),
            "content": digest(clusters),
            "clusters": clusters,
        }

    @classmethod
    def from_data(cls, data: Any, where: str) -> PlanFile:
        """Read what :meth:`as_data` made. Raises InputError with one sentence that begins with ``where``."""
        if not is_plan_file(data):
            raise InputError(
                f"{where} is not a plan file of this collection: name the file that a run with --check wrote."
            )
        if data.get("format") != FORMAT or isinstance(data["format"], bool):
            raise InputError(
                f"{where} is of format {data.get('format')}, and this version reads format {FORMAT}: {_AGAIN}."
            )
        made_at = iso_seconds(data["made_at"]) if isinstance(data.get("made_at"), str) else None
        clusters = data.get("clusters")
        if made_at is None or not isinstance(clusters, Mapping):
            what = "made_at is not a moment" if made_at is None else "clusters is not a map"
            raise InputError(f"{where} is damaged ({what}): {_AGAIN}.")
        found = {label: _cluster(label, one, f"{where}: cluster {label}") for label, one in clusters.items()}
        if data.get("content") != digest(clusters):
            raise InputError(f"{where} was altered after it was written: {_AGAIN}.")
        return cls(int(made_at), found)

    def check_age(self, now: float, longest_milliseconds: int, where: str) -> None:
        """Raises InputError, which begins with ``where``, when the plans have expired at ``now`` (epoch seconds)."""
        check_age(self.made_at, now, longest_milliseconds, where)


def is_plan_file(data: Any) -> bool:
    """Whether the data says that it is a plan file, whole or not."""
    return isinstance(data, Mapping) and data.get("made_by") == _MADE_BY and "clusters" in data


def check_age(made_at: float, now: float, longest_milliseconds: int, where: str) -> None:
    """Raises InputError, which begins with ``where``, when plans of ``made_at`` have expired. Times in epoch seconds."""
    made = show_moment(round(made_at))
    if made_at > now + _CLOCK_TOLERANCE_SECONDS:
        raise InputError(f"{where} was made at {made}, which is in the future: check the clocks.")
    if (now - made_at) * 1000 > longest_milliseconds:
        raise InputError(
            f"{where} has expired: it was made at {made}, more than {show_milliseconds(longest_milliseconds)} ago"
            " (connectops_plan_max_age); plan again with --check."
        )


def _cluster(label: str, data: Any, where: str) -> ClusterPlans:
    entry = data if isinstance(data, Mapping) else {}
    plans, not_planned, preview, problem = (entry.get(name) for name in ("plans", "not_planned", "preview", "problem"))
    if (
        not isinstance(plans, Mapping)
        or not isinstance(not_planned, Mapping)
        or not isinstance(preview, list)
        or not (problem is None or isinstance(problem, str))
    ):
        raise InputError(f"{where} is damaged: {_AGAIN}.")
    checked = {name: checked_plan(plan, f"{where}: the plan of {name}") for name, plan in plans.items()}
    for name, plan in checked.items():
        if (plan["cluster"], plan["connector"]) != (label, name):
            raise InputError(
                f"{where} was altered: under {name} is the plan of {plan['connector']} of {plan['cluster']}; {_AGAIN}."
            )
    return ClusterPlans(checked, dict(not_planned), tuple(preview), problem)
