# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connector's offsets seen twice, over REST and in the offsets topic; where the two disagree there is a finding."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ansible_collections.connectops.recovery.plugins.module_utils.core.durations import show_moment
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import (
    Offset,
    Partition,
    StoredOffset,
    same_offset,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.keys import (
    difference,
    is_addressable,
    rest_key,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord
from ansible_collections.connectops.recovery.plugins.module_utils.core.report.text import wrapped

# In the order in which they are shown.
CODES = (
    "two_keys",
    "key_not_addressable",
    "two_topic_partitions",
    "other_topic",
    "deleted_under_another_key",
    "rest_stale",
    "ghost_partition",
)
_SHOWN_OF_A_CODE = 3

_Item = TypeVar("_Item")
_Key = TypeVar("_Key")


@dataclass(frozen=True)
class Finding:
    """Something about a connector's offsets that a person has to know: a code to act on, and one sentence.

    ``facts`` are JSON: always ``records`` (what the topic holds, newest first), the rest belongs to the code.
    """

    code: str
    message: str
    connector: str
    partition: Partition | None
    facts: Mapping[str, Any]

    def as_data(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "connector": self.connector,
            "partition": None if self.partition is None else self.partition.as_dict(),
            "facts": dict(self.facts),
        }


def compare(
    connector: str,
    rest: Sequence[StoredOffset] | None,
    records: Sequence[OffsetRecord],
    expected_topic: str,
    rest_after: Sequence[StoredOffset] | None = None,
) -> tuple[Finding, ...]:
    """The findings about one connector, by code and partition.

    ``rest`` is what REST listed before the topics were read, ``rest_after`` what it listed after that: with both, only
    what REST shows unmoved is held against it. None: REST was not asked. ``records`` are the last ones of each key
    from each topic partition of each topic that was read; those of other connectors are left out.
    ``expected_topic`` is the one that the connector reads.
    """
    mine = _newest_first(record for record in records if record.connector == connector)
    views = [{entry.partition: entry.offset for entry in view} for view in (rest, rest_after) if view is not None]
    comparison = _Comparison(
        connector,
        here=[record for record in mine if record.topic == expected_topic],
        elsewhere=[record for record in mine if record.topic != expected_topic],
        views=views,
        topic=expected_topic,
    )
    return tuple(sorted(comparison.findings(), key=lambda finding: (CODES.index(finding.code), str(finding.partition))))


def offsets_from_records(records: Iterable[OffsetRecord]) -> tuple[StoredOffset, ...]:
    """One connector's offsets as its topic alone shows them: of each partition the newest record that holds one."""
    newest = {partition: group[0] for partition, group in _by_partition(_live(_newest_first(records))).items()}
    return tuple(
        StoredOffset(record.partition, record.offset, record.committed_at)
        for record in sorted(newest.values(), key=lambda record: str(record.partition))
    )


def with_commit_times(offsets: Iterable[StoredOffset], records: Iterable[OffsetRecord]) -> tuple[StoredOffset, ...]:
    """The offsets with the times at which they were last stored; None where the topic holds none of the partition."""
    stored_at = {entry.partition: entry.committed_at for entry in offsets_from_records(records)}
    return tuple(replace(entry, committed_at=stored_at.get(entry.partition)) for entry in offsets)


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """The findings for a person; of many with one code the first ones, and how many more there are."""
    lines = []
    for code, alike in _grouped(findings, lambda finding: finding.code).items():
        for finding in alike[:_SHOWN_OF_A_CODE]:
            lines += wrapped(f"{code}: {finding.message}")
        if len(alike) > _SHOWN_OF_A_CODE:
            lines += wrapped(f"{code}: and {len(alike) - _SHOWN_OF_A_CODE} more.")
    return lines


@dataclass(frozen=True)
class _Comparison:
    """``here`` are the records of the topic that is read, newest first; ``views`` REST's lists, earlier first."""

    connector: str
    here: Sequence[OffsetRecord]
    elsewhere: Sequence[OffsetRecord]
    views: Sequence[Mapping[Partition, Offset | None]]
    topic: str

    def findings(self) -> Iterator[Finding]:
        yield from self._two_keys()
        yield from self._not_addressable()
        yield from self._two_topic_partitions()
        yield from self._other_topic()
        yield from self._deleted_under_another_key()
        yield from self._rest_stale()
        yield from self._ghost_partitions()

    def _two_keys(self) -> Iterator[Finding]:
        for partition, records in _by_partition(_live(self.here)).items():
            keys = list(dict.fromkeys(record.key for record in records))
            if len(keys) == 1:
                continue
            newest = records[0]
            reached = next((record.key for record in records if is_addressable(record)), None)
            if reached is None:
                advice = (
                    "REST reaches none of these keys: reset the offset with kafka_bootstrap_servers, which writes it"
                    " to the topic under each key."
                )
            elif reached == newest.key:
                advice = (
                    "REST reads and changes the newest key. That is right, unless REST also wrote it: let the connector "
                    "run, see which key moves, and delete the other key in the topic."
                )
            else:
                advice = (
                    f"REST reads and changes {_text(reached)}, which the connector no longer uses. Do not change the "
                    "offset over REST alone: reset it with kafka_bootstrap_servers, which writes it to the topic under each key."
                )
            yield self._finding(
                "two_keys",
                f"{partition} is stored under {len(keys)} keys, last ({_when(newest)}) under {_text(newest.key)}. {advice}",
                partition,
                records,
                newest_key=_text(newest.key),
                rest_key=None if reached is None else _text(reached),
            )

    def _not_addressable(self) -> Iterator[Finding]:
        for partition, records in _by_partition(_live(self.here)).items():
            stored = records[0]
            how = difference(stored)
            if how is None or any(record.key != stored.key for record in records):
                continue
            # What REST shows it has reached, whatever was predicted.
            if any(same_offset(view.get(partition), record.offset) for view in self.views for record in records):
                continue
            because = {
                "order": "its fields are in another order than REST writes them",
                "text": "a number, an escape or a blank in it is not written as REST writes it",
            }[how]
            built = _text(rest_key(stored.connector, stored.partition))
            yield self._finding(
                "key_not_addressable",
                f"{partition} is stored under {_text(stored.key)}, which REST cannot reach, because {because}: REST builds"
                f" {built}. Connect would answer a change over REST with 200, but the connector would never read that change."
                " Reset the offset with kafka_bootstrap_servers, which writes it to the topic under the stored key.",
                partition,
                records,
                rest_key=built,
                difference=how,
            )

    def _two_topic_partitions(self) -> Iterator[Finding]:
        for key, records in _grouped(self.here, lambda record: record.key).items():
            # A null next to an offset is as ambiguous as two offsets; two nulls need no finding.
            if len(records) == 1 or not _live(records):
                continue
            numbers = " and ".join(str(number) for number in sorted(record.topic_partition for record in records))
            yield self._finding(
                "two_topic_partitions",
                f"{records[0].partition} is stored under one key in the topic partitions {numbers} of"
                f" {records[0].topic}, because its writers choose topic partitions differently. Nothing defines"
                " which record counts after a worker's restart. Stop the connector, set the offset over REST, and"
                " delete the key in the topic partition that did not change.",
                records[0].partition,
                records,
                key=_text(key),
            )

    def _other_topic(self) -> Iterator[Finding]:
        read = _grouped(_live(self.here), lambda record: record.key)
        for (topic, key), records in _grouped(_live(self.elsewhere), lambda record: (record.topic, record.key)).items():
            there = records[0]
            if key not in read:
                what = f"has an offset in {topic} and none in {self.topic}"
                so = "its task will start without one"
            else:
                # Connect copies what it writes to a connector's own topic into the common one: neither this copy
                # nor an outdated one is a finding.
                mine = read[key][0]
                if same_offset(mine.offset, there.offset) or there.committed_at <= mine.committed_at:
                    continue
                what = f"has a newer offset in {topic} ({_when(there)}) than in {self.topic} ({_when(mine)})"
                so = "the newer one will not be used"
            yield self._finding(
                "other_topic",
                f"{there.partition} {what}, the topic that this connector reads, so {so}: if {_shown(there.offset)} is right,"
                " stop the connector and set it over REST, which writes it to the topic that is read.",
                there.partition,
                [*records, *read.get(key, ())],
                expected_topic=self.topic,
            )

    def _deleted_under_another_key(self) -> Iterator[Finding]:
        for partition, records in self._hidden().items():
            used = _live(records)[0]
            yield self._finding(
                "deleted_under_another_key",
                f"{partition} was deleted under {_text(records[0].key)} ({_when(records[0])}), so REST does not list it. The"
                f" task still uses {_shown(used.offset)} under {_text(used.key)}. Stop the connector, then restore a backup. To "
                "delete the offset instead, write a null under that key in the topic.",
                partition,
                records,
                used_key=_text(used.key),
            )

    def _hidden(self) -> Mapping[Partition, list[OffsetRecord]]:
        """The partitions that REST could reach but does not list, as a newer record deletes them under other key bytes."""
        return {
            partition: records
            for partition, records in _by_partition(self.here).items()
            if self.views
            and records[0].offset is None
            and not any(partition in view for view in self.views)
            and any(
                record.offset is not None and is_addressable(record) and record.key != records[0].key
                for record in records
            )
        }

    def _rest_stale(self) -> Iterator[Finding]:
        stored = _by_partition(self.here)
        hidden = self._hidden()
        for partition in dict.fromkeys([*stored, *(partition for view in self.views for partition in view)]):
            records = stored.get(partition, [])
            reached = [record for record in records if is_addressable(record)]
            # Any record of its key may be shown, and that of a key which was wrongly predicted to be out of reach.
            known = reached or records
            right = [record.offset for record in known]
            if not _live(reached):
                right.append(None)
            shown = [view.get(partition) for view in self.views]
            is_right = any(same_offset(one, other) for one in shown for other in right)
            if partition in hidden:
                continue
            # What moved between two looks is not stale; the topic was read somewhere between them.
            has_moved = any(not same_offset(shown[0], one) for one in shown)
            if is_right or has_moved or not shown:
                continue
            if not known:
                truth = "holds no record of it"
            elif known[0].offset is None:
                truth = f"shows it as deleted ({_when(known[0])})"
            else:
                truth = f"holds {_shown(known[0].offset)} ({_when(known[0])})"
            yield self._finding(
                "rest_stale",
                f"REST shows {_shown(shown[0])} for {partition} while {self.topic} {truth}: before you reset anything, "
                "run identify again; if they still differ, restart the worker that answered, or check whether the workers use"
                " another topic or Kafka cluster.",
                partition,
                records,
                rest=None if shown[0] is None else dict(shown[0]),
            )

    def _ghost_partitions(self) -> Iterator[Finding]:
        newest = [group[0] for group in _by_partition(_live(self.here)).values()]
        for records in _grouped(newest, lambda record: _without_types(record.partition)).values():
            if len(records) == 1:
                continue
            last = records[0]
            alike = " and ".join(_shown(record.partition.as_dict()) for record in records)
            yield self._finding(
                "ghost_partition",
                f"{alike} differ only in the JSON type of a value, so Connect keeps an offset for each. The connector "
                f"reads one of them, probably {_shown(last.partition.as_dict())}, which was stored last ({_when(last)}). Let the"
                " connector run, see which one moves, and delete the other: a mistyped write has probably made it.",
                last.partition,
                records,
            )

    def _finding(
        self, code: str, words: str, partition: Partition, records: Sequence[OffsetRecord], **facts: Any
    ) -> Finding:
        held = [_record_data(record) for record in records]
        return Finding(code, words, self.connector, partition, {"records": held, **facts})


def _without_types(partition: Partition) -> frozenset[tuple[str, str]]:
    """Equal for partitions that look alike: ``0``, ``"0"`` and ``0.0``, but not ``"0"`` and ``"00"``."""
    return frozenset(
        (name, value if isinstance(value, str) else json.dumps(value).removesuffix(".0"))
        for name, value in partition.fields
    )


def _record_data(record: OffsetRecord) -> dict[str, Any]:
    return {
        **record.as_data(),
        "partition": record.partition.as_dict(),
        "offset": None if record.offset is None else dict(record.offset),
        "addressable": is_addressable(record),
    }


def _newest_first(records: Iterable[OffsetRecord]) -> list[OffsetRecord]:
    return sorted(records, key=lambda record: (record.committed_at, record.position), reverse=True)


def _live(records: Iterable[OffsetRecord]) -> list[OffsetRecord]:
    return [record for record in records if record.offset is not None]


def _by_partition(records: Iterable[OffsetRecord]) -> dict[Partition, list[OffsetRecord]]:
    return _grouped(records, lambda record: record.partition)


def _grouped(items: Iterable[_Item], key: Callable[[_Item], _Key]) -> dict[_Key, list[_Item]]:
    groups: dict[_Key, list[_Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _shown(offset: Offset | None) -> str:
    return "no offset" if offset is None else json.dumps(dict(offset), ensure_ascii=False)


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")


def _when(record: OffsetRecord) -> str:
    return show_moment(int(record.committed_at))
