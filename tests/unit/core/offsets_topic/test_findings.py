# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where REST and the offsets topic disagree on a connector's offsets, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.connectops.recovery.plugins.module_utils.core.model import Partition, StoredOffset
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.findings import (
    CODES,
    Finding,
    compare,
    finding_lines,
    offsets_from_records,
    with_commit_times,
)
from ansible_collections.connectops.recovery.plugins.module_utils.core.offsets_topic.records import OffsetRecord, decode
from unit.connectors.stripe_reporting.cases import at

PAGE = Path(__file__).parents[4] / "docs/findings.md"
COMMON, OWN = "connect-offsets", "c-offsets"
NOON = at("2026-11-23T12:00")

PST = {"timezone": "PST", "report_type": "t"}
# As REST writes it, and in the order that REST never writes.
PST_KEY = '{"timezone":"PST","report_type":"t"}'
TURNED_KEY = '{"report_type":"t","timezone":"PST"}'
# Two names in one bucket of a HashMap: REST reaches either order, depending on the request.
ONE_BUCKET = {"Aa": 1, "BB": 2}

Rest = Sequence[tuple[Mapping[str, Any], float | None]]


def record(
    partition: str,
    end: int | None,
    minute: int = 0,
    *,
    topic: str = COMMON,
    topic_partition: int = 0,
    connector: str = "c",
) -> OffsetRecord:
    """A record with the partition's text in its key, stored some minutes after noon; ``end`` None is a tombstone."""
    value = None if end is None else json.dumps({"end": end}).encode()
    key = f'["{connector}",{partition}]'.encode()
    decoded = decode(topic, topic_partition, minute, NOON + 60 * minute, key, value)
    assert decoded is not None
    return decoded


def listed(entries: Rest | None) -> tuple[StoredOffset, ...] | None:
    if entries is None:
        return None
    return tuple(
        StoredOffset(Partition.of(partition), None if end is None else {"end": end}) for partition, end in entries
    )


def found(
    records: Sequence[OffsetRecord], rest: Rest | None = None, after: Rest | None = None, topic: str = COMMON
) -> tuple[Finding, ...]:
    return compare("c", listed(rest), records, topic, listed(after))


@dataclass(frozen=True)
class Case:
    codes: tuple[str, ...]
    records: Sequence[OffsetRecord]
    rest: Rest | None = None
    after: Rest | None = None
    topic: str = COMMON


CASES = {
    "both views agree": Case((), [record(PST_KEY, 1)], [(PST, 1)]),
    "REST was not asked": Case((), [record(PST_KEY, 1)]),
    "nothing is stored, nothing is listed": Case((), [], []),
    "another connector's records are none of its business": Case((), [record(TURNED_KEY, 1, connector="d")], []),
    "a deleted offset is listed as null for a moment": Case((), [record(PST_KEY, None)], [(PST, None)]),
    "a deleted offset is not listed": Case((), [record(PST_KEY, None)], []),
    # two_keys
    "two orders of one partition": Case(("two_keys",), [record(PST_KEY, 1), record(TURNED_KEY, 2, 1)], [(PST, 1)]),
    "the other order was deleted": Case((), [record(PST_KEY, 1), record(TURNED_KEY, None, 1)], [(PST, 1)]),
    "two orders that REST reaches both": Case(
        ("two_keys",), [record('{"Aa":1,"BB":2}', 1), record('{"BB":2,"Aa":1}', 2)], [(ONE_BUCKET, 1)]
    ),
    # key_not_addressable
    "fields in another order": Case(("key_not_addressable",), [record(TURNED_KEY, 1)], [(PST, None)]),
    "the same, REST was not asked": Case(("key_not_addressable",), [record(TURNED_KEY, 1)]),
    "after a deletion over REST": Case(
        ("key_not_addressable",), [record(TURNED_KEY, 1), record(PST_KEY, None, 1)], [(PST, None)]
    ),
    "a number in another form": Case(("key_not_addressable",), [record('{"a":1.00}', 1)], [({"a": 1.0}, None)]),
    "a key that was already deleted": Case((), [record(TURNED_KEY, None)], []),
    "REST shows it nevertheless": Case((), [record('{"a":1.00}', 1)], [({"a": 1.0}, 1)]),
    # two_topic_partitions
    "one key in two topic partitions": Case(
        ("two_topic_partitions",), [record(PST_KEY, 1), record(PST_KEY, 2, topic_partition=3)], [(PST, 1)]
    ),
    "REST shows either": Case(
        ("two_topic_partitions",), [record(PST_KEY, 1), record(PST_KEY, 2, topic_partition=3)], [(PST, 2)]
    ),
    "an offset and a null": Case(
        ("two_topic_partitions",), [record(PST_KEY, 1), record(PST_KEY, None, topic_partition=3)], [(PST, None)]
    ),
    "deleted in both": Case((), [record(PST_KEY, None), record(PST_KEY, None, topic_partition=3)], []),
    # deleted_under_another_key
    "hidden by a null in another order": Case(
        ("deleted_under_another_key",), [record(PST_KEY, 1), record(TURNED_KEY, None, 1)], []
    ),
    "hidden by a null with a blank": Case(
        ("deleted_under_another_key",), [record(PST_KEY, 1), record(PST_KEY.replace(",", ", "), None, 1)], [], []
    ),
    "a null in another order that is older": Case(
        ("rest_stale",), [record(PST_KEY, 1, 1), record(TURNED_KEY, None)], []
    ),
    "hidden, REST was not asked": Case((), [record(PST_KEY, 1), record(TURNED_KEY, None, 1)]),
    # rest_stale
    "an older offset": Case(("rest_stale",), [record(PST_KEY, 2)], [(PST, 1)]),
    "the same number as a float": Case(("rest_stale",), [record(PST_KEY, 1)], [(PST, 1.0)]),
    "null in place of an offset": Case(("rest_stale",), [record(PST_KEY, 2)], [(PST, None)]),
    "an offset that is not listed": Case(("rest_stale",), [record(PST_KEY, 2)], []),
    "an offset that was deleted": Case(("rest_stale",), [record(PST_KEY, None)], [(PST, 1)]),
    "an offset that the topic does not have": Case(("rest_stale",), [], [(PST, 1)]),
    "right before": Case((), [record(PST_KEY, 2)], [(PST, 2)], [(PST, 3)]),
    "right after": Case((), [record(PST_KEY, 2)], [(PST, 1)], [(PST, 2)]),
    "stale before and after": Case(("rest_stale",), [record(PST_KEY, 2)], [(PST, 1)], [(PST, 1)]),
    "moving faster than one can read": Case((), [record(PST_KEY, 2)], [(PST, 1)], [(PST, 3)]),
    "new meanwhile": Case((), [], [], [(PST, 1)]),
    "deleted meanwhile": Case((), [record(PST_KEY, None)], [(PST, 1)], []),
    "stale with two keys": Case(("two_keys", "rest_stale"), [record(PST_KEY, 2), record(TURNED_KEY, 3, 1)], [(PST, 1)]),
    # other_topic
    "the common topic has a copy": Case((), [record(PST_KEY, 1, topic=OWN), record(PST_KEY, 1, 1)], topic=OWN),
    "the copy is out of date": Case((), [record(PST_KEY, 2, 1, topic=OWN), record(PST_KEY, 1)], topic=OWN),
    "the copy is newer": Case(("other_topic",), [record(PST_KEY, 1, topic=OWN), record(PST_KEY, 2, 1)], topic=OWN),
    "only the common topic has it": Case(("other_topic",), [record(PST_KEY, 1)], [(PST, None)], topic=OWN),
    "deleted in its own topic": Case(
        ("other_topic",), [record(PST_KEY, 1), record(PST_KEY, None, 1, topic=OWN)], [(PST, None)], topic=OWN
    ),
    "only a topic that is not read any more has it": Case(("other_topic",), [record(PST_KEY, 1, topic=OWN)], []),
    "the topic of before was left behind": Case((), [record(PST_KEY, 1, topic=OWN), record(PST_KEY, 2, 1)], [(PST, 2)]),
    "deleted elsewhere": Case((), [record(PST_KEY, 1), record(PST_KEY, None, 1, topic=OWN)], [(PST, 1)]),
    # ghost_partition
    "a number and its text": Case(
        ("ghost_partition",), [record('{"a":0}', 1), record('{"a":"0"}', 1)], [({"a": 0}, 1), ({"a": "0"}, 1)]
    ),
    "an integer and a float": Case(("ghost_partition",), [record('{"a":1}', 1), record('{"a":1.0}', 1)]),
    "true and its text": Case(("ghost_partition",), [record('{"a":true}', 1), record('{"a":"true"}', 1)]),
    "null and its text": Case(("ghost_partition",), [record('{"a":null}', 1), record('{"a":"null"}', 1)]),
    "three at once": Case(("ghost_partition",), [record(f'{{"a":{zero}}}', 1) for zero in ("0", '"0"', "0.0")]),
    "a ghost that was deleted": Case((), [record('{"a":0}', 1), record('{"a":"0"}', None)]),
    "texts that differ": Case((), [record('{"a":"0"}', 1), record('{"a":"00"}', 1)]),
    "numbers that differ": Case((), [record('{"a":1}', 1), record('{"a":10}', 1), record('{"a":true}', 1)]),
    "one has a field more": Case((), [record('{"a":0}', 1), record('{"a":"0","b":1}', 1)]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_disagreement_is_one_finding_and_agreement_is_none(case: Case) -> None:
    findings = found(case.records, case.rest, case.after, case.topic)
    assert tuple(finding.code for finding in findings) == case.codes


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_order_in_which_records_were_read_is_of_no_account(case: Case) -> None:
    one, other = (found(records, case.rest, case.after, case.topic) for records in (case.records, case.records[::-1]))
    assert [finding.code for finding in one] == [finding.code for finding in other]


# What is said: the case, then parts that its message must contain.
WORDS = {
    "two orders of one partition": (
        "report_type=t timezone=PST is stored under 2 keys",
        f'last (2026-11-23 12:01Z) under ["c",{TURNED_KEY}]',
        f'REST reads and changes ["c",{PST_KEY}], which the connector no longer uses. Do not change the offset over REST',
    ),
    "two orders that REST reaches both": ("REST reads and changes the newest key", "see which key moves"),
    "fields in another order": (
        f'is stored under ["c",{TURNED_KEY}], which REST cannot reach',
        f'its fields are in another order than REST writes them: REST builds ["c",{PST_KEY}]',
        "Reset the offset with kafka_bootstrap_servers, which writes it to the topic under the stored key",
    ),
    "a number in another form": ("not written as REST writes it", 'REST builds ["c",{"a":1.0}]'),
    "one key in two topic partitions": (
        "in the topic partitions 0 and 3 of connect-offsets",
        "Nothing defines which record counts after a worker's restart",
        "set the offset over REST, and delete the key in the topic partition that did not change",
    ),
    "an older offset": (
        'REST shows {"end": 1} for report_type=t timezone=PST',
        'while connect-offsets holds {"end": 2} (2026-11-23 12:00Z)',
        "restart the worker that answered",
    ),
    "null in place of an offset": ("REST shows no offset for", 'holds {"end": 2}'),
    "an offset that was deleted": ("connect-offsets shows it as deleted (2026-11-23 12:00Z)",),
    "an offset that the topic does not have": ("connect-offsets holds no record of it",),
    "stale with two keys": ('while connect-offsets holds {"end": 2}',),
    "the copy is newer": (
        "has a newer offset in connect-offsets (2026-11-23 12:01Z) than in c-offsets (2026-11-23 12:00Z)",
        'the newer one will not be used: if {"end": 2} is right, stop the connector and set it over REST',
    ),
    "only the common topic has it": (
        "has an offset in connect-offsets and none in c-offsets, the topic that this connector reads",
        "its task will start without one",
    ),
    "a number and its text": (
        '{"a": 0} and {"a": "0"} differ only in the JSON type of a value',
        "delete the other: a mistyped write has probably made it",
    ),
}


@pytest.mark.parametrize("name, parts", WORDS.items(), ids=WORDS)
def test_a_finding_says_what_it_means_and_what_to_do(name: str, parts: tuple[str, ...]) -> None:
    case = CASES[name]
    words = found(case.records, case.rest, case.after, case.topic)[-1].message
    for part in parts:
        assert part in words
    assert words.endswith(".")


def test_two_keys_name_the_newest_and_the_one_that_rest_addresses() -> None:
    case = CASES["two orders of one partition"]
    [finding] = found(case.records, case.rest)
    assert finding.as_data() == {
        "code": "two_keys",
        "message": finding.message,
        "connector": "c",
        "partition": PST,
        "facts": {
            "records": [
                {
                    "key": f'["c",{TURNED_KEY}]',
                    "partition": PST,
                    "offset": {"end": 2},
                    "topic": COMMON,
                    "topic_partition": 0,
                    "position": 1,
                    "committed_at": NOON + 60,
                    "addressable": False,
                },
                {
                    "key": f'["c",{PST_KEY}]',
                    "partition": PST,
                    "offset": {"end": 1},
                    "topic": COMMON,
                    "topic_partition": 0,
                    "position": 0,
                    "committed_at": NOON,
                    "addressable": True,
                },
            ],
            "newest_key": f'["c",{TURNED_KEY}]',
            "rest_key": f'["c",{PST_KEY}]',
        },
    }


def test_two_keys_of_which_rest_reaches_none() -> None:
    [finding] = found([record('{"a":1.00}', 1), record('{"a":1.000}', 2, 1)], [({"a": 1.0}, None)])
    assert finding.code == "two_keys"
    assert finding.facts["rest_key"] is None
    assert "REST reaches none of these keys" in finding.message


@pytest.mark.parametrize("name, case", CASES.items(), ids=CASES)
def test_findings_are_json(name: str, case: Case) -> None:
    for finding in found(case.records, case.rest, case.after, case.topic):
        assert json.loads(json.dumps(finding.as_data())) == finding.as_data(), name


def test_findings_come_by_code_and_partition() -> None:
    records = [
        record('{"b":0}', 1),
        record('{"b":"0"}', 1),
        *(record(f'{{"report_type":"t","timezone":"{zone}"}}', 1) for zone in ("PST", "Africa/Cairo")),
        record(PST_KEY, 1),
    ]
    findings = found(records)
    assert [(finding.code, finding.partition and finding.partition.get("timezone")) for finding in findings] == [
        ("two_keys", "PST"),
        ("key_not_addressable", "Africa/Cairo"),
        ("ghost_partition", None),
    ]


def test_of_many_findings_alike_a_person_sees_three_and_their_number() -> None:
    records = [record(f'{{"report_type":"t","timezone":"{zone}"}}', 1) for zone in "abcde"]
    lines = finding_lines(found([*records, record(PST_KEY, 1), record(TURNED_KEY, 2, 1)]))
    starts = [line.strip().partition(" ")[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert starts == ["two_keys:", *["key_not_addressable:"] * 4]
    assert lines[-1] == "  key_not_addressable: and 2 more."


def test_no_findings_take_no_lines() -> None:
    assert finding_lines(()) == []


def test_every_code_has_its_section_on_the_page_of_findings() -> None:
    headings = [line.removeprefix("## ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "## "]
    assert [heading for heading in headings if heading in CODES] == list(CODES)
    assert {code for case in CASES.values() for code in case.codes} == set(CODES)


def test_the_topic_alone_tells_the_offsets_by_the_newest_record_of_each_partition() -> None:
    records = [
        record(TURNED_KEY, 2, 5),
        record(PST_KEY, 1, 4),
        record(PST_KEY, None, 9, topic_partition=1),
        record('{"a":0}', None, 1),
        record('{"Aa":1}', 3, 2),
    ]
    assert offsets_from_records(records) == (
        StoredOffset(Partition.of({"Aa": 1}), {"end": 3}, NOON + 120),
        StoredOffset(Partition.of(PST), {"end": 2}, NOON + 300),
    )
    assert [list(entry.partition.as_dict()) for entry in offsets_from_records(records)] == [
        ["Aa"],
        ["report_type", "timezone"],
    ]


def test_offsets_get_the_time_of_the_newest_record_of_their_partition() -> None:
    offsets = listed([(PST, 1), ({"a": 0}, 2), ({"a": "0"}, None)])
    assert offsets is not None
    records = [record(TURNED_KEY, 3, 7), record(PST_KEY, 1, 2), record('{"a":"0"}', None, 3)]
    timed = with_commit_times(offsets, records)
    assert [(entry.partition, entry.offset) for entry in timed] == [(e.partition, e.offset) for e in offsets]
    assert [entry.committed_at for entry in timed] == [NOON + 420, None, None]
