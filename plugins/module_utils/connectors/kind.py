# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection knows about a class of connectors: the only interface between the general code and such a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.sharing import Sharing
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Offset, SinkPosition
from ansible_collections.connectops.recovery.plugins.module_utils.core.recovery.delivery import Delivery
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.found import Results
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.document.model import KindReport
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.request import OffsetTargets, ResetRequest
from ansible_collections.connectops.recovery.plugins.module_utils.core.states import State
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.outlook import Outlook
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import Limits, Verdict, worst

Data = Mapping[str, Any]
S = TypeVar("S")


@dataclass(frozen=True)
class Read:
    """What the task has read of one connector. ``now`` is epoch seconds.

    ``log``: lines of the workers' logs, oldest first, of all connectors. ``positions``: how far a sink's consumer group is,
    None where Kafka was not asked.
    """

    connector: Connector
    now: float
    log: Sequence[str] = ()
    positions: tuple[SinkPosition, ...] | None = None


@dataclass(frozen=True)
class Judgement:
    """The verdicts on the partitions of a connector, and what else its kind found out.

    ``facts`` are JSON and become part of the connector's facts. General code reads these, where a kind has them: ``blocker``
    (:class:`~.BlockerFacts`), ``measures`` (:class:`~.Measures`), ``available`` (for each ``partition`` its ``available_to``),
    ``rounds_behind``, and ``remedies``, which are shown in short. ``warnings`` are sentences. ``outlook``: what the connector
    still has to do, None for a kind that cannot know it.
    """

    verdicts: tuple[Verdict, ...]
    facts: Data = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    outlook: Outlook | None = None

    def as_data(self, profile: str, state: State) -> dict[str, Any]:
        """The judgement as part of a connector's facts. ``profile``: see :meth:`ConnectorKind.profile_of`.

        A STOPPED connector delivers nothing, whatever its offsets say; ``verdict_after_resume`` says what it would be.
        """
        verdict = worst(verdict.verdict for verdict in self.verdicts)
        is_stopped = state == "STOPPED"
        verdicts = [
            one._replace(verdict="stopped") if is_stopped and one.verdict != "orphaned" else one
            for one in self.verdicts
        ]
        return {
            "profile": profile,
            "verdict": worst(one.verdict for one in verdicts),
            "verdict_after_resume": verdict if is_stopped else None,
            "verdicts": [one.as_data() for one in verdicts],
            **self.facts,
        }


@dataclass(frozen=True)
class Decision:
    """What a reset writes, and what the connector will do then.

    ``forecast`` is JSON, None for a kind that cannot forecast. General code reads its ``partitions``, of each the ``partition``
    and its :class:`~.Cost`. ``warnings`` are sentences; ``remark`` stands in the headline of the plan. ``needs_restart``: the
    tasks must be restarted, even when nothing is written. ``epoch_fields``: the fields of its offsets that are epoch seconds.
    ``holds_until``: when another decision may be due although nothing has changed, in epoch seconds; None if never.
    """

    targets: OffsetTargets
    forecast: Data | None = None
    warnings: tuple[str, ...] = ()
    remark: str = ""
    needs_restart: bool = False
    epoch_fields: frozenset[str] = frozenset()
    holds_until: float | None = None


class ConnectorKind(Protocol[S]):
    """One class of connectors. Its situation ``S`` is made once for each connector and passed whole.

    ``name`` appears as the profile of its connectors, unless :meth:`profile_of` returns another. ``recovers``: whether a
    recovery may choose such a connector without its name, because it is known what its offsets mean and that only Kafka
    Connect keeps them. ``default_floors``: the settings that a recovery raises unless others are named, as in ``at_least``.
    ``settings``: those on which its verdicts and plans depend; no other values are shown.
    """

    name: ClassVar[str]

    @property
    def recovers(self) -> bool: ...

    @property
    def default_floors(self) -> Mapping[str, str]: ...

    @property
    def settings(self) -> frozenset[str]: ...

    @classmethod
    def read(cls, params: Mapping[str, Any], shared: Sharing) -> ConnectorKind[S]:
        """The kind with its options from a task's parameters. Raises InputError for an option that cannot work.

        ``shared``: what the tasks of a run share.
        """

    @staticmethod
    def libraries(params: Mapping[str, Any]) -> Sequence[str]:
        """The modules outside of the standard library that a task with these parameters may import for this kind."""
        return ()

    @staticmethod
    def report(results: Results) -> KindReport:
        """What a report on a run says of such a connector besides what holds for every kind. By default nothing."""
        return KindReport()

    def fits(self, connector: Connector) -> bool:
        """Whether the connector is of this kind, by its type and config."""

    def profile_of(self, connector: Connector) -> str:
        """The name of what the connector is judged by."""
        return self.name

    def secrets(self) -> frozenset[str]:
        """Values of the kind's own options that must not appear in any message."""

    def read_outside(self, read: Read) -> S:
        """The situation: the connector, and what must be read elsewhere to judge it. The only step that does I/O.

        Raises InputError for a config that the connector itself could not work with.
        """

    def delivery(self, connector: Connector) -> Delivery:
        """Where the connector delivers, and what its log says meanwhile. By default neither is known."""
        return Delivery()

    def delivered_to(self, connector: Connector, offset: Offset) -> int | None:
        """Up to where (epoch seconds) a partition with this offset has delivered; None where that does not follow from it."""
        return None

    def floors(self, situation: S) -> Mapping[str, str]:
        """``default_floors``, with higher values where what was read asks for them."""
        return self.default_floors

    def judge(self, situation: S, limits: Limits, requests: Sequence[ResetRequest]) -> Judgement:
        """The verdicts. ``requests``: resets to compare besides those that need only the name of their strategy."""

    def state_lines(self, facts: Data) -> list[str]:
        """The facts of a connector for people, without its headline."""

    def remark(self, facts: Data) -> str:
        """A remark for the headline of a connector; may be empty."""

    def decide(self, situation: S, request: ResetRequest) -> Decision:
        """The targets of a reset and their forecast. Raises InputError for what would harm or cannot be decided."""

    def plan_lines(self, plan: Data, forecast: Data | None, config: Mapping[str, str]) -> list[str]:
        """A plan for people; ``config`` is the present one."""
