# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is known of one Stripe reporting connector at one moment: read once, then passed whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.accounts import (
    expected_partitions,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.evidence import (
    NO_EVIDENCE,
    Evidence,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.offsets import (
    ReportOffset,
    ReportPartition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.connectors.stripe_reporting.walk import (
    StripeState,
    WalkSettings,
    worked_round,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import DAY_SECONDS
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Connector, Partition


class Delivered(NamedTuple):
    """What a partition has delivered: everything up to ``to`` (epoch seconds), and rows of an open run.

    ``open_rows``: how many of the run ``run_id`` were delivered.
    """

    partition: ReportPartition
    to: int
    run_id: str | None
    open_rows: int


@dataclass(frozen=True)
class Situation:
    """One connector, and what Stripe says of each of its partitions. ``now`` and all rounds are epoch seconds.

    ``partitions`` are those that the config makes the connector work on, in the order of its walk; ``stripe`` has each of
    them. ``offsets`` and ``sources`` (the partition as Connect lists it) are what is stored, whether the connector works on
    it or not.
    ``problems``: one sentence for each thing that Stripe could not be asked.
    """

    connector: Connector
    settings: WalkSettings
    partitions: tuple[ReportPartition, ...]
    offsets: Mapping[ReportPartition, ReportOffset]
    sources: Mapping[ReportPartition, Partition]
    stripe: Mapping[ReportPartition, StripeState]
    now: float
    evidence: Evidence = NO_EVIDENCE
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, connector: Connector, now: float, timezones: Sequence[str] = ()) -> Situation:
        """The situation before Stripe is asked: its data is assumed to end with yesterday (UTC).

        ``timezones`` are used where the config does not show them. Raises InputError for a config that the connector
        itself could not work with.
        """
        settings = WalkSettings.read(connector.config)
        sources: dict[ReportPartition, Partition] = {}
        offsets: dict[ReportPartition, ReportOffset] = {}
        for source, offset in connector.stored.items():
            partition = ReportPartition.of(source)
            if partition is not None:
                sources[partition] = source
                offsets[partition] = ReportOffset.read(offset)
        types = set(settings.report_types)
        if settings.hides_types:
            types.update(settings.initial_loads, (partition.report_type for partition in sources))
        partitions = expected_partitions(connector.config, types, sources, timezones)
        yesterdays_end = int(now) // DAY_SECONDS * DAY_SECONDS
        assumed = dict.fromkeys(partitions, StripeState(yesterdays_end, asked=False))
        return cls(connector, settings, partitions, offsets, sources, assumed, now)

    @cached_property
    def configured(self) -> frozenset[ReportPartition]:
        """The ``partitions``, to ask whether one is among them."""
        return frozenset(self.partitions)

    def source_of(self, partition: ReportPartition) -> Partition:
        """The partition as Connect lists it, or would list it once the connector stores an offset for it."""
        return self.sources.get(partition) or Partition.of(
            {"report_type": partition.report_type, "timezone": partition.timezone}
        )

    @cached_property
    def is_working(self) -> bool:
        """Whether a task of the connector runs; it is assumed to where Connect could not be asked."""
        connector = self.connector
        if connector.state == "UNKNOWN":
            return True
        return connector.state == "RUNNING" and any(task.state == "RUNNING" for task in connector.tasks)

    @cached_property
    def current_round(self) -> int:
        return self.settings.rounds.last(self.now)

    @cached_property
    def delivered(self) -> Mapping[ReportPartition, Delivered]:
        """For each of the partitions."""
        return {partition: self._delivered(partition) for partition in self.partitions}

    def _delivered(self, partition: ReportPartition) -> Delivered:
        stripe = self.stripe[partition]
        stored = self.offsets.get(partition)
        # The delivered data follows from the meaning of the offset, even where the connector misreads it.
        offset = ReportOffset() if stored is None else stored.as_meant()
        to = offset.delivered_to
        if to is None:
            # Nothing is known to be delivered, so nothing can be read twice, and all since the initial load is still due.
            to = self.settings.initial_loads.get(partition.report_type, stripe.available_to)
        # Before it Stripe has no data that could be left out.
        to = max(to, stripe.data_start)
        return Delivered(partition, to, offset.run_id, 0 if offset.run_id is None else offset.next_row)

    @cached_property
    def startable(self) -> tuple[ReportPartition, ...]:
        """The partitions that a task works on after its start, which drops a timezone whose API key Stripe refuses."""
        return tuple(one for one in self.partitions if one.timezone not in self.evidence.refused)

    @cached_property
    def deciding(self) -> tuple[ReportPartition, ...]:
        """The partitions whose offsets decide the round of a task that starts: all of them where none can start now."""
        return self.startable or self.partitions

    @cached_property
    def worked_round(self) -> int:
        """The round that a task which starts with the stored offsets works on."""
        return worked_round(self.settings, self.offsets, self.deciding, self.now)
