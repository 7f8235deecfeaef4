# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding a reset for any connector: what is asked, and what can be done without knowing the connector."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import parse_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Connector,
    JsonScalar,
    Offset,
    Partition,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.plan import RETURNING, PlanStrategy
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.selection import (
    choose_one,
    choose_partitions,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.reset.values import check_types, check_values
from ansible_collections.connectops.recovery.plugins.module_utils.errors import InputError

OffsetTargets = Mapping[Partition, "Mapping[str, JsonScalar] | None"]


@dataclass(frozen=True)
class ResetRequest:
    """What the user wants of the offsets. ``moment`` is epoch seconds.

    ``offset`` is for each of the ``partitions``, ``offsets`` has pairs of one partition's fields and its own offset.
    ``backup``: the offsets that restore and a rollback bring back; None for a partition whose offset a rollback deletes.
    ``is_edited``: the file that they come from is not as it was written, so they are checked as those of a user.
    """

    strategy: PlanStrategy
    partitions: tuple[Mapping[str, Any], ...] = ()
    moment: int | None = None
    offset: Mapping[str, JsonScalar] | None = None
    backup: Mapping[Partition, Offset | None] | None = None
    allow_gap: bool = False
    offsets: tuple[tuple[Mapping[str, Any], Offset], ...] = ()
    is_edited: bool = False

    @classmethod
    def read(
        cls,
        strategy: PlanStrategy,
        partitions: Sequence[Mapping[str, Any]],
        timestamp: str | None,
        offset: Mapping[str, Any] | None,
        backup: Mapping[Partition, Offset] | None,
        allow_gap: bool,
        offsets: Sequence[Mapping[str, Any]] = (),
        *,
        is_edited: bool = False,
    ) -> ResetRequest:
        """Check the options against each other. Raises InputError."""
        pairs = tuple(_pair(entry, f"offsets[{number}]") for number, entry in enumerate(offsets))
        if pairs:
            _refuse_beside_offsets(strategy, partitions, offset)
        given = {"timestamp": timestamp, "offset": pairs or offset, "restore": backup}
        for owner, value in given.items():
            if (value is not None) != (strategy == owner):
                option = "backup_file" if owner == "restore" else owner
                verb = "needs" if strategy == owner else "does not use"
                raise InputError(f"The strategy {strategy} {verb} the option {option}.")
        if offset is not None:
            check_values(offset, "offset")
        for partition, stored in (backup or {}).items():
            check_values(stored, f"backup_file: the offset of {partition}")
        moment = None if timestamp is None else parse_moment(timestamp, "timestamp")
        return cls(strategy, tuple(partitions), moment, offset, backup, allow_gap, pairs, is_edited)


def _pair(entry: Mapping[str, Any], where: str) -> tuple[Mapping[str, Any], Offset]:
    partition, offset = entry.get("partition"), entry.get("offset")
    if set(entry) != {"partition", "offset"} or not isinstance(partition, Mapping) or not isinstance(offset, Mapping):
        raise InputError(f"{where} is not a map of partition and offset, each of which is a map.")
    check_values(offset, f"{where}.offset")
    return partition, offset


def _refuse_beside_offsets(
    strategy: PlanStrategy, partitions: Sequence[Mapping[str, Any]], offset: Mapping[str, Any] | None
) -> None:
    if strategy != "offset":
        raise InputError(f"The strategy {strategy} does not use the option offsets.")
    if offset is not None or partitions:
        other = "partitions" if offset is None else "offset"
        raise InputError(f"offsets names each partition with its own offset: leave {other} out.")


def refuse_without_offsets(connector: Connector, strategy: PlanStrategy) -> None:
    """Raise InputError for a strategy that would do nothing, and look like success, because no offset is listed."""
    if connector.stored or strategy in ("continue", *RETURNING):
        return
    raise InputError(
        f"Connect lists no offset of connector '{connector.name}', so the strategy {strategy} has nothing to change: let the"
        " connector run until it has stored one, or use restore. If the connector nevertheless continues from an earlier"
        " position, REST does not show its offsets: run identify with connectops_kafka_bootstrap_servers and read the findings."
    )


def generic_targets(
    connector: Connector, request: ResetRequest, also_known: Collection[Partition] = ()
) -> OffsetTargets:
    """Targets of the strategies that need no knowledge of the connector. Raises InputError for the others.

    ``also_known``: partitions that the connector may work on, besides those that Connect lists.
    """
    stored = connector.stored
    if request.strategy in RETURNING and request.backup is not None:
        # A rollback leaves what its change did not touch; restore deletes what has come since.
        everything = {**(dict.fromkeys(stored) if request.strategy == "restore" else {}), **request.backup}
        chosen = choose_partitions(tuple(everything), request.partitions, connector.name)
        targets = {partition: everything[partition] for partition in chosen}
        if request.is_edited:
            _check_edited(connector, targets, also_known)
        return targets
    if request.strategy in ("offset", "delete"):
        refuse_without_offsets(connector, request.strategy)
    if request.offsets:
        return _separate_offsets(connector, request)
    chosen = choose_partitions(tuple(stored), request.partitions, connector.name)
    if request.strategy == "offset" and request.offset is not None:
        if len(chosen) > 1 and not request.partitions:
            raise InputError(
                f"Connector '{connector.name}' has {len(chosen)} partitions, and offset is one value: name in partitions which of"
                " them get it, or set offsets to a value for each."
            )
        for partition in chosen:
            check_types(partition, stored[partition], request.offset, "offset")
        return dict.fromkeys(chosen, request.offset)
    if request.strategy == "delete":
        return dict.fromkeys(chosen, None)
    if request.strategy == "continue":
        return {}
    raise InputError(
        f"The strategy {request.strategy} needs to know which field of an offset is time, which is not known for"
        f" {connector.connector_class or 'this connector'}: use offset, delete or restore, and name the partitions."
    )


def _separate_offsets(connector: Connector, request: ResetRequest) -> OffsetTargets:
    stored = connector.stored
    targets: dict[Partition, Offset] = {}
    for number, (fields, offset) in enumerate(request.offsets):
        where = f"offsets[{number}]"
        partition = choose_one(tuple(stored), fields, f"{where}.partition", connector.name)
        if partition in targets:
            raise InputError(
                f"{where} is for {partition}, for which another entry of offsets gives an offset already: keep one of them."
            )
        check_types(partition, stored[partition], offset, f"{where}.offset")
        targets[partition] = offset
    return targets


def _check_edited(connector: Connector, targets: OffsetTargets, also_known: Collection[Partition]) -> None:
    """Raise InputError where a backup that was edited by hand holds what ``offset`` would not write either."""
    stored = connector.stored
    for partition, target in targets.items():
        if target is None:
            continue
        if partition not in stored and partition not in also_known:
            raise InputError(
                f"backup_file was edited by hand, and connector '{connector.name}' has no partition {partition}: correct the"
                " file, or use another backup."
            )
        if partition in stored:
            where = f"backup_file was edited by hand; the offset of {partition}"
            check_types(partition, stored[partition], target, where)
