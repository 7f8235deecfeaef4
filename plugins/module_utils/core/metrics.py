# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a cluster as metrics: names, units and labels as Prometheus wants them. All moments are epoch seconds."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from ansible_collections.connectops.recovery.plugins.module_utils.core.measures import Measures, PartitionMeasures
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition
from ansible_collections.connectops.recovery.plugins.module_utils.core.verdicts.verdict import VERDICTS

Value = Union[int, float]
# Metrics of the look itself. When a look fails, they are written again, and all others are kept.
OF_THE_LOOK = "connectops_look_"
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Family:
    """One metric, a gauge, with its samples: the values of ``labels``, in their order, and the number."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: list[tuple[tuple[str, ...], Value]] = field(default_factory=list)


def look_families(cluster: str, now: float, took_seconds: float, *, has_succeeded: bool) -> list[Family]:
    """The metrics of the look itself."""
    of_cluster = ("cluster",)
    families = [
        Family("connectops_look_success", "Whether the last look at the cluster succeeded (1) or not (0).", of_cluster),
        Family(
            "connectops_look_timestamp_seconds", "When the cluster was looked at last, in epoch seconds.", of_cluster
        ),
        Family("connectops_look_duration_seconds", "How long the last look took, in seconds.", of_cluster),
    ]
    for family, value in zip(families, (int(has_succeeded), now, took_seconds), strict=True):
        family.samples.append(((cluster,), value))
    return families


def cluster_families(cluster: str, facts: Mapping[str, Any], most_partitions: int) -> list[Family]:
    """The metrics of a cluster from its facts. Of each connector at most ``most_partitions`` are shown, the worst first."""
    made = _Families(cluster)
    made.add(
        "connectops_last_good_look_timestamp_seconds",
        "When the last look at the cluster succeeded, in epoch seconds.",
        (),
        facts["read_at"],
    )
    for name, connector in facts["connectors"].items():
        _add_connector(made, name, connector, most_partitions)
    return made.families


class _Families:
    """Gathers samples by metric. Each has the label ``cluster``."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._by_name: dict[str, Family] = {}

    @property
    def families(self) -> list[Family]:
        return list(self._by_name.values())

    def add(self, name: str, text: str, labels: Iterable[tuple[str, str]], value: Value | None) -> None:
        """One sample; nothing for a value that is not known."""
        if value is None:
            return
        pairs = (("cluster", self._cluster), *labels)
        names = tuple(label for label, _text in pairs)
        family = self._by_name.setdefault(name, Family(name, text, names))
        family.samples.append((tuple(text for _label, text in pairs), value))


def _add_connector(made: _Families, name: str, connector: Mapping[str, Any], most_partitions: int) -> None:
    of = (("connector", name),)
    for known in VERDICTS:
        labels = (*of, ("verdict", known))
        made.add(
            "connectops_connector_verdict",
            "Whether this is the verdict on the connector (1) or not (0).",
            labels,
            int(connector["verdict"] == known),
        )
        made.add(
            "connectops_connector_partitions",
            "Number of source partitions of the connector with this verdict.",
            labels,
            connector["counts"].get(known, 0),
        )
    measures = Measures.of(connector.get("measures"))
    for metric, text, value in (
        ("rounds_behind", "Number of rounds that the connector is behind.", connector.get("rounds_behind")),
        (
            "timeouts",
            "Number of polls that failed because their data was not ready in time, in the workers' logs since the task's start.",
            measures.timeouts,
        ),
        (
            "failed_runs",
            "Number of runs of the source that failed, of those asked for in the 24 hours before the look.",
            measures.failed_runs,
        ),
    ):
        made.add(f"connectops_connector_{metric}", text, of, value)
    shown = _worst_first(connector["verdicts"])[:most_partitions]
    made.add(
        "connectops_connector_partitions_left_out",
        "Number of source partitions of the connector that have no metrics of their own.",
        of,
        len(connector["verdicts"]) - len(shown),
    )
    for verdict in shown:
        measured = measures.partitions.get(Partition.of(verdict["partition"]), PartitionMeasures())
        _add_partition(made, (*of, ("partition", partition_label(verdict["partition"]))), verdict, measured)


def _worst_first(verdicts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(verdicts, key=lambda one: VERDICTS.index(one["verdict"]), reverse=True)


def _add_partition(
    made: _Families, of: Iterable[tuple[str, str]], verdict: Mapping[str, Any], measured: PartitionMeasures
) -> None:
    of = tuple(of)
    made.add(
        "connectops_partition_verdict_info",
        "The verdict on the source partition, as a label; the value is 1.",
        (*of, ("verdict", verdict["verdict"])),
        1,
    )
    for metric, text, value in _of_partition(verdict["delivered_to"], verdict["committed_at"], measured):
        made.add(f"connectops_partition_{metric}", text, of, value)


def _of_partition(
    delivered_to: int | None, committed_at: float | None, measured: PartitionMeasures
) -> Iterator[tuple[str, str, Value | None]]:
    available_to = measured.available_to
    behind = None if delivered_to is None or available_to is None else max(0, available_to - delivered_to)
    yield "delivered_to_timestamp_seconds", "End of the delivered data, in epoch seconds.", delivered_to
    yield "available_to_timestamp_seconds", "End of the data that the source has, in epoch seconds.", available_to
    yield "behind_seconds", "Distance between the delivered and the available data, in seconds of data.", behind
    yield "committed_timestamp_seconds", "When the newest offset was stored, in epoch seconds.", committed_at
    yield (
        "run_created_timestamp_seconds",
        "When the oldest run of the source that is pending was asked for, in epoch seconds.",
        measured.run_created,
    )


def partition_label(partition: Mapping[str, Any]) -> str:
    """A source partition as the value of a label: its fields in the order of their names.

    A very long one is cut, with a checksum at its end, so that two of them are never one.
    """
    text = json.dumps(dict(partition), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if len(text) <= _LONGEST_LABEL:
        return text
    return f"{text[:_LONGEST_LABEL]}...{zlib.crc32(text.encode()):08x}"
