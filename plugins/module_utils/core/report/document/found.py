# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run has left of one cluster, as the tasks returned it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Data = Mapping[str, Any]
NO_DATA: Data = {}


def is_without_change(verified: Data) -> bool:
    """Whether a verification of all that was changed has found that nothing ever was. ``verified``: what its task returned."""
    return bool(verified.get("without_change"))


@dataclass(frozen=True)
class Results:
    """What the steps have returned about one connector, as in :class:`Found`; each may be empty."""

    facts: Data = field(default_factory=dict)
    change: Data = field(default_factory=dict)
    recovery: Data = field(default_factory=dict)
    policy: Data = field(default_factory=dict)

    @property
    def profiles(self) -> frozenset[str]:
        """By what it was judged, and the class of its policy, which has the same name where both are built in."""
        names = [one.get("profile") for one in (self.facts, self.change, self.recovery)]
        return frozenset(str(one) for one in (*names, self.policy.get("class")) if one)


@dataclass(frozen=True)
class Found:
    """JSON data without secrets; empty where the run has no such step, or never came to it.

    ``offsets``: the facts of connect_offsets_facts. ``planned``, ``changed``: the results of a reset or a rollback, in check
    mode and without. ``verified``: the result of connect_recovery_info. ``prevented``: that of a check of the settings by a
    policy; ``not_fixed``: why the settings of a connector that deviate were not fixed, by its name. ``problem``: why the run
    failed for the cluster. ``stuck_after_resume``: the connectors that nobody has asked to recover. ``is_not_agreed``: whether
    the run had agreed plans for other clusters alone.
    """

    label: str
    offsets: Data = field(default_factory=dict)
    planned: Data = field(default_factory=dict)
    changed: Data = field(default_factory=dict)
    verified: Data = field(default_factory=dict)
    prevented: Data = field(default_factory=dict)
    not_fixed: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    stuck_after_resume: tuple[str, ...] = ()
    is_not_agreed: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no step has left anything, so that the run never came to the cluster."""
        return not any((self.offsets, self.planned, self.changed, self.verified, self.prevented))

    @property
    def is_plainly_healthy(self) -> bool:
        """Whether the results say that nothing failed and nothing was left STOPPED. Where they do not, something may be wrong."""
        results = ((self.changed or self.planned).get("connectors") or NO_DATA).values()
        return (
            self.problem is None
            and not self.stuck_after_resume
            and not self.offsets.get("left_stopped")
            and self.verified.get("recovered", True) is True
            and not any(
                "failed" in one or (one.get("plan") or NO_DATA).get("final_state") == "STOPPED" for one in results
            )
        )

    @property
    def names(self) -> list[str]:
        """The connectors of which anything is known, in the order of the steps."""
        results = (self.offsets, self.planned, self.changed, self.verified, self.prevented)
        return list(dict.fromkeys(name for one in results for name in one.get("connectors") or NO_DATA))

    @property
    def warnings(self) -> list[str]:
        """Each warning of any step, once. Those that are not text are Ansible's own."""
        found: Iterable[Any] = (
            warning
            for one in (self.planned, self.changed, self.verified, self.prevented)
            for warning in one.get("warnings") or ()
        )
        return list(dict.fromkeys(one for one in found if isinstance(one, str)))

    def of(self, name: str) -> Results:
        return Results(self.facts(name), self.change(name), self.recovery(name), self.policy(name))

    def facts(self, name: str) -> Data:
        return _of(self.offsets, name)

    def change(self, name: str) -> Data:
        """What was done to a connector, or else what was planned for it."""
        return _of(self.changed, name) or _of(self.planned, name)

    def recovery(self, name: str) -> Data:
        return _of(self.verified, name)

    def policy(self, name: str) -> Data:
        return _of(self.prevented, name)


def _of(result: Data, name: str) -> Data:
    found: Data = (result.get("connectors") or NO_DATA).get(name) or NO_DATA
    return found
